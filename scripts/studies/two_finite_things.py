"""Which finite thing breaks first, the step or the nudge? A map over both.

    python scripts/studies/two_finite_things.py [--side 32] [--steps 200] [-o FIGURE]

A layered Hopfield network of tanh units learns XOR by one-sided equilibrium propagation, at steps
η and nudges β over three decades each. Every fifth step is broken down: what the bias of the nudge
changes of the promise −η‖dL‖², and what second order and beyond take of what was promised. The
first of the two to reach half of the promise broke that run; beside it stands the loss at its end.
"""

import numpy as np
from command import command

import flownet as fn
from flownet import _progress
from flownet.desk.plot._style import STYLE

SIZES, SEED, EVERY, BROKEN = [2, 8, 1], 1, 5, 0.5
STEPS, NUDGES = (-2.0, 0.7), (-2.5, 0.5)  # log₁₀
NEITHER, NUDGE, STEP, LOST = range(4)
NAMES = ("neither", "the nudge", "the step", "no state to settle in")
COLOURS = ("#e8e4da", "#2a9d8f", "#8f2d56", "#111111")


def runs_and_verdicts(side, steps):
    """Losses at the end and who broke first, both (side, side) over nudges and steps; the axes."""
    system, data = fn.Hopfield(SIZES, "tanh", init=[0.5, 0.3]), fn.data.load("xor")
    nudges, lengths = np.logspace(*NUDGES, side), np.logspace(*STEPS, side)
    losses, first = np.full((side, side), np.nan), np.full((side, side), NEITHER)
    with _progress.bar(side * side, what="runs") as show, np.errstate(all="ignore"):
        for i, nudge in enumerate(nudges):
            potential = fn.Equilibrium(
                system, fn.Quadratic(), data, nudge=nudge, estimator="one-sided", sweeps=400
            )
            for j, length in enumerate(lengths):
                losses[i, j], first[i, j] = one_run(potential, length, steps)
                show(i * side + j + 1)
    return nudges, lengths, losses, first


def one_run(potential, length, steps):
    """The loss at the end of a run, and which finite thing first took half of a promise."""
    W = potential.init(SEED)
    run = fn.train(potential, fn.Aristotle(length), W0=W, steps=steps, progress=False)
    loss = potential.value(run.parameters[-1]) if run.diverged_at is None else np.inf
    for k in range(0, len(run.step), EVERY):
        W, V = run.parameters[k], run.parameters[k + 1] - run.parameters[k]
        promise = float(potential.exact(W)[1] @ potential.exact(W)[1]) * length
        linear = potential.pushforward(W, V)
        beyond = abs(potential.difference(W, V) - linear)
        bias = abs(linear + promise)
        if not np.isfinite([promise, linear, beyond]).all():
            return loss, LOST
        if max(bias, beyond) > BROKEN * promise:
            return loss, NUDGE if bias > beyond else STEP
    return loss, NEITHER


def draw(nudges, lengths, losses, first):
    """Two maps: the loss at the end, and who broke first."""
    import matplotlib
    from matplotlib.colors import ListedColormap, LogNorm
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    with matplotlib.rc_context({**STYLE, "axes.grid": False}):
        figure = Figure(figsize=(11.0, 5.2), layout="constrained")
        left, right = figure.subplots(1, 2, sharey=True)
        shown = np.where(np.isfinite(losses), np.clip(losses, 1e-4, 10), 10)
        drawn = left.pcolormesh(
            lengths, nudges, shown, norm=LogNorm(1e-4, 10), cmap="cividis", rasterized=True
        )
        figure.colorbar(drawn, ax=left, label="loss L at the end")
        right.pcolormesh(
            lengths, nudges, first, cmap=ListedColormap(COLOURS), vmin=-0.5, vmax=3.5,
            rasterized=True,
        )  # fmt: skip
        there = [i for i in range(len(NAMES)) if (first == i).any()]
        right.legend(
            handles=[Patch(facecolor=COLOURS[i], edgecolor="#555555") for i in there],
            labels=[NAMES[i] for i in there],
            loc="upper center",
            bbox_to_anchor=(0.5, -0.14),
            ncols=4,
        )
        for axis, title in (
            (left, "where the run ends"),
            (right, "what first takes half of a promise"),
        ):
            axis.set(xscale="log", yscale="log", xlabel="step η", title=title)
        left.set_ylabel("nudge β")
    return figure


def main():
    """Run the map, say what is seen, and draw it."""
    parser = command(__file__, __doc__)
    parser.add_argument("--side", type=int, default=32, help="pixels of each side")
    parser.add_argument("--steps", type=int, default=200, help="of each run")
    options = parser.parse_args()
    nudges, lengths, losses, first = runs_and_verdicts(options.side, options.steps)
    for which, name in enumerate(NAMES):
        part = first == which
        ends = np.median(losses[part]) if part.any() else np.nan
        print(
            f"{name}: {part.mean():.0%} of {first.size} runs; median loss at their end {ends:.2g}"
        )
    draw(nudges, lengths, losses, first).savefig(options.output)
    print(f"figure in {options.output}")


if __name__ == "__main__":
    main()
