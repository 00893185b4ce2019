"""Does the order of seven estimators, found on convolutional networks, hold for a dense one?

    python scripts/studies/seven_estimators.py [--data mnist] [--epochs 5] [--seeds 3] [-o FIGURE]

A comparative study (2312.15103) trained convolutional Hopfield networks by contrastive learning,
and by equilibrium propagation and coupled learning with a positive, a negative and a symmetric
nudge. All did alike on MNIST; on harder sets negative nudges beat positive ones and the symmetric
nudge of equilibrium propagation was best. Here a dense one, 784-512-10 of clipped neurons and
linear outputs, learns Fashion-MNIST by the same seven, each at its best step of a grid, by a part
of the training set that is held out. The four published files of Fashion-MNIST have to be at hand.

Outputs are linear, since a clipped one that a negative nudge pushes further off at its bound does
not move, and says nothing.
"""

import numpy as np
from command import command
from error_curves import said

import flownet as fn
from flownet import FlownetError, _progress
from flownet.desk.plot._style import STYLE, below, line

SIZES, BATCH, NUDGE, DECAY, HELD_OUT = [784, 512, 10], 32, 0.25, 0.97, 1 / 6
NAMES = {"fashion-mnist": "Fashion-MNIST", "mnist": "MNIST"}
SWEEPS = {"sweeps": 20, "nudged_sweeps": 20, "fixed": True}
STEPS = (0.05, 0.1, 0.2)
COUPLED = {"kind": "coupled"}
#: estimator, and the sign of the nudge
WAYS = {
    "contrastive": ("contrastive", 1),
    "equilibrium, positive": ("one-sided", 1),
    "equilibrium, negative": ("one-sided", -1),
    "equilibrium, symmetric": ("symmetric", 1),
    "coupled, positive": (COUPLED, 1),
    "coupled, negative": (COUPLED, -1),
    "coupled, symmetric": ({**COUPLED, "symmetric": True}, 1),
}


def first_weights(system, seed):
    """Weights of the law U(±0.7/√n_in), no biases."""
    random, W = np.random.default_rng(seed), np.zeros(system.size, system.dtype)
    for part in system.network.parts(W):
        bound = 0.7 / np.sqrt(part.weights.shape[1])
        part.weights[:] = random.uniform(-bound, bound, part.weights.shape)
    return W


def errors(way, step, seed, epochs, train, seen):
    """Errors (epochs+1,) on some data of a run by one of the seven."""
    estimator, sign = WAYS[way]
    system = fn.Hopfield(SIZES, output="identity", dtype="float32")
    potential = fn.Equilibrium(
        system, fn.Quadratic(), train, nudge=sign * NUDGE, estimator=estimator, **SWEEPS
    )
    per_epoch = -(-train.m // BATCH)
    run = fn.train(
        potential,
        fn.Aristotle(fn.Exponential(step, DECAY, over=per_epoch)),
        W0=first_weights(system, seed),
        epochs=epochs,
        batch_size=BATCH,
        seed=seed,
        record_every=per_epoch * epochs,
        observe={"accuracy": (per_epoch, fn.Accuracy(potential.with_data(seen)))},
        progress=False,
    )
    found = 1 - np.asarray(run.observables["accuracy"].value)
    return found if run.diverged_at is None else np.ones(epochs + 1)


def best_step(way, epochs, train):
    """Of the grid that with the least error on data held out, after one seed's run."""
    inner, held_out = train.split(test_size=HELD_OUT, stratified=True)
    last = [errors(way, step, 0, epochs, inner, held_out)[-1] for step in STEPS]
    return STEPS[int(np.argmin(last))]


def draw(found, name):
    """Test errors over the epochs, and the last ones side by side."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(11.5, 5.0), layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=[1.4, 1])
        for i, (way, (_, curves)) in enumerate(found.items()):
            curves = 100 * curves
            line(left, i, np.arange(1, curves.shape[1]), curves[:, 1:].mean(axis=0), way)
            last = curves[:, -1]
            right.plot(last, np.full(len(last), i), "o", color=left.lines[-1].get_color(), ms=4)
            right.plot(last.mean(), i, "|", color="black", ms=16)
        left.xaxis.get_major_locator().set_params(integer=True)
        left.set(xlabel="epochs", ylabel="test error (%)", title=f"{NAMES[name]}, {_shape()}")
        right.set(xlabel="test error at the end (%)", title="dots: seeds; strokes: their mean")
        right.set_yticks(range(len(found)), list(found))
        right.invert_yaxis()
        below(left, ncols=3)
    return figure


def _shape():
    return "-".join(map(str, SIZES))


def main():
    """Choose steps, train all seven from all seeds, say their order, and draw it."""
    parser = command(__file__, __doc__)
    parser.add_argument("--data", choices=NAMES, default="fashion-mnist")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--limit", type=int, help="samples, for a look")
    options = parser.parse_args()
    try:
        train, test = (
            fn.data.load(options.data, split=split, limit=options.limit)
            for split in ("train", "test")
        )
    except FlownetError as error:
        raise SystemExit(f"{error} Its two t10k files are wanted as well.") from None
    steps, found = {}, {}
    with _progress.bar(len(WAYS) * (len(STEPS) + options.seeds), what="runs") as show:
        for done, way in enumerate(WAYS):
            steps[way] = best_step(way, options.epochs, train)
            found[way] = steps[way], np.array([
                errors(way, steps[way], seed, options.epochs, train, test)
                for seed in range(options.seeds)
            ])  # fmt: skip
            show((done + 1) * (len(STEPS) + options.seeds))
    print(f"{NAMES[options.data]}, {_shape()}")
    for way, (step, curves) in sorted(found.items(), key=lambda item: item[1][1][:, -1].mean()):
        print(f"{said(way, curves, options.epochs)}, step {step:g}")
    draw(found, options.data).savefig(options.output)
    print(f"figure in {options.output}")


if __name__ == "__main__":
    main()
