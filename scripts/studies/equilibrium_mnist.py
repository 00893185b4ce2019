"""What error do physical systems come to on MNIST, learning from a free and a nudged state?

    python scripts/studies/equilibrium_mnist.py [--only NAME …] [--seeds 3] [--epochs N] [-o FIGURE]

Published settings, dense and layered, each system trained from a few seeds:

- DHN-1H: a Hopfield network 784-1024-10 of clipped units, symmetric nudges ±0.2, 15 sweeps each;
- DRN-XS: resistors and ideal diodes 784-100-10, inputs doubled and times 100, nudges ±1, 4 sweeps;
- universal DRN-1H: 784-1024-10, times 480, momentum 0.9, nudges ±0.5, sweeps upwards when free and
  downwards when nudged.

MNIST has to be at hand (`fn.data.load("mnist")`). The first seed of each takes the longest part of
a minute to compile its kernels.
"""

from dataclasses import dataclass, field
from time import perf_counter

import numpy as np
from command import command
from error_curves import draw, said

import flownet as fn

DECAY = 0.99  # of the step, an epoch


@dataclass(frozen=True)
class Case:
    """One system with the settings that were published for it."""

    name: str
    system: fn.equilibrium.Energy
    step: float
    batch: int
    epochs: int
    widths: list  # of the law ±width/√n_in of each layer's first weights
    momentum: float = 0.0
    words: dict = field(default_factory=dict)


CASES = [
    Case(
        "DHN-1H", fn.Hopfield([784, 1024, 10], dtype="float32"), 0.05, 16, 10, [0.7, 0.7],
        words={"nudge": 0.2, "sweeps": 15, "nudged_sweeps": 15},
    ),
    Case(
        "DRN-XS", fn.Resistive([784, 100, 10], gain=100.0, dtype="float32"), 0.006, 4, 10, [1, 1],
        words={"nudge": 1.0, "sweeps": 4, "nudged_sweeps": 4},
    ),
    Case(
        "universal DRN-1H", fn.Resistive([784, 1024, 10], gain=480.0, dtype="float32"), 0.005, 32,
        15, [1, 1], momentum=0.9,
        words={
            "nudge": 0.5, "sweeps": 4, "nudged_sweeps": 4,
            "order": "upwards", "nudged_order": "downwards",
        },
    ),
]  # fmt: skip


def first_weights(case, seed):
    """Weights of the law U(±width/√n_in), conductances without their negative ones; no biases."""
    random, system = np.random.default_rng(seed), case.system
    W = np.zeros(system.size, system.dtype)
    for part, width in zip(system.network.parts(W), case.widths):
        bound = width / np.sqrt(part.weights.shape[1])
        part.weights[:] = random.uniform(-bound, bound, part.weights.shape)
    system.project(W)
    return W


def errors(case, seed, epochs, train, test):
    """Test errors (epochs+1,) of one run, and its seconds an epoch."""
    potential = fn.Equilibrium(case.system, fn.Quadratic(), train, fixed=True, **case.words)
    per_epoch = -(-train.m // case.batch)
    step = fn.Exponential(case.step, DECAY, over=per_epoch)
    mechanics = (
        fn.Newton.from_momentum(step, case.momentum) if case.momentum else fn.Aristotle(step)
    )
    began = perf_counter()
    run = fn.train(
        potential,
        mechanics,
        W0=first_weights(case, seed),
        epochs=epochs,
        batch_size=case.batch,
        seed=seed,
        record_every=per_epoch * epochs,
        observe={"accuracy": (per_epoch, fn.Accuracy(potential.with_data(test)))},
    )
    spent = (perf_counter() - began) / epochs
    return 1 - np.asarray(run.observables["accuracy"].value), spent


def main():
    """Train all cases, say what came out, and draw it."""
    parser = command(__file__, __doc__)
    names = [case.name for case in CASES]
    parser.add_argument("--only", nargs="+", choices=names, default=names)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, help="in place of the published number")
    parser.add_argument("--limit", type=int, help="samples, for a look")
    options = parser.parse_args()
    train, test = (
        fn.data.load("mnist", split=split, limit=options.limit) for split in ("train", "test")
    )
    found = {}
    for case in (case for case in CASES if case.name in options.only):
        epochs = options.epochs or case.epochs
        runs = [errors(case, seed, epochs, train, test) for seed in range(options.seeds)]
        curves = np.array([curve for curve, _ in runs])
        found[case.name] = np.arange(epochs + 1), curves
        each = np.median([spent for _, spent in runs])
        print(f"{said(case.name, curves, epochs)}, {each:.1f} s an epoch")
    draw(found, "MNIST by equilibrium propagation").savefig(options.output)
    print(f"figure in {options.output}")


if __name__ == "__main__":
    main()
