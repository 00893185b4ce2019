"""What a finite nudge falsifies: the bias of every estimator against β, at three points of a run.

    python scripts/studies/bias_of_the_nudge.py [-o FIGURE]

A Hopfield network 64-16-10 of sigmoid units learns 200 digits. At its start, in the middle and at
the end ‖estimate − dL‖/‖dL‖ is measured at nudges β over three decades, dL by implicit
differentiation, for each estimator with the cost itself pulling and with its force frozen at the
free state. Of a random sign one draw is one-sided; the mean over both signs is measured beside it.
Slopes are fitted below a fifth of the radius within which powers of β converge.
"""

from typing import NamedTuple

import numpy as np
from command import command

import flownet as fn
from flownet.desk.plot._style import STYLE, below_all, line

SIZES, SAMPLES, STEPS, BATCH = [64, 16, 10], 200, 600, 20
FORCES = {"moving": "the cost pulls", "frozen": "its force at the free state pulls"}
INSIDE = 0.2  # of the radius
FLOOR = 1e-11  # of what relaxations leave


class Way(NamedTuple):
    """An estimator, its order, and whether it is the mean of its answers at β and −β."""

    name: str
    estimator: object
    order: int
    mean: bool = False


WAYS = (
    Way("one-sided, or one random sign", "one-sided", 1),
    Way("random sign, mean of both", "one-sided", 2, mean=True),
    Way("symmetric", "symmetric", 2),
    Way("Richardson", "richardson", 4),
    Way("contour of 4 points", {"kind": "contour", "points": 4}, 4),
)


def points():
    """Potential, and parameters at the start, in the middle and at the end of a run, by losses."""
    data = fn.data.load("digits", limit=SAMPLES)
    system = fn.Hopfield(SIZES, "sigmoid4")
    potential = fn.Equilibrium(system, fn.Quadratic(), data, nudge=0.1)
    run = fn.train(
        potential, fn.Aristotle(0.5), W0=0.5 * system.init(0), steps=STEPS, batch_size=BATCH,
        progress=False,
    )  # fmt: skip
    return potential, {
        "start": run.parameters[0],
        "middle": run.parameters[STEPS // 4],
        "end": run.parameters[-1],
    }


def bias(potential, W, way, nudge):
    """‖estimate − dL‖/‖dL‖."""
    nudges = (nudge, -nudge) if way.mean else (nudge,)
    words = {"estimator": way.estimator}
    estimate = np.mean(
        [potential.changed(nudge=b, **words).differential(W)[1] for b in nudges], axis=0
    )
    dL = potential.exact(W)[1]
    return float(np.linalg.norm(estimate - dL) / np.linalg.norm(dL))


def slope(nudges, errors, radius):
    """The order seen: of the three least nudges whose bias stands well above rounding."""
    seen = np.flatnonzero((errors > 100 * FLOOR) & (nudges <= INSIDE * radius))[:3]
    if len(seen) < 3:
        return np.nan
    return np.polyfit(np.log(nudges[seen]), np.log(errors[seen]), 1)[0]


def draw(found, radii, losses, nudges):
    """A panel for each point and force."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(12.0, 7.4), layout="constrained")
        panels = figure.subplots(len(FORCES), len(radii), sharex=True, sharey=True)
        for row, (force, told) in zip(panels, FORCES.items()):
            for axis, where in zip(row, radii):
                for i, way in enumerate(WAYS):
                    line(axis, i, nudges, found[force, where, way.name], way.name)
                axis.axvline(radii[where], color="black", lw=0.8)
                axis.axvline(INSIDE * radii[where], color="black", lw=0.8, linestyle=":")
                orders = [
                    slope(nudges, found[force, where, way.name], radii[where]) for way in WAYS
                ]
                told_slopes = "slopes " + ", ".join(f"{order:.2f}" for order in orders)
                axis.text(
                    0.98, 0.04, told_slopes, transform=axis.transAxes, ha="right",
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
                )  # fmt: skip
                axis.set(xscale="log", yscale="log", ylim=(1e-14, 3))
                if force == "moving":
                    axis.set_title(f"{where} of the run, L = {losses[where]:.3g}")
                else:
                    axis.set_xlabel("nudge β")
            row[0].set_ylabel(f"{told}\n‖estimate − dL‖ / ‖dL‖")
        below_all(figure, panels[0, 0], ncols=5, title="upright lines: R and, dotted, R/5")
    return figure


def main():
    """Measure, say the slopes, and draw."""
    options = command(__file__, __doc__).parse_args()
    potential, where = points()
    nudges, found = np.logspace(-3, 0, 25), {}
    seen = {name: potential.meters(W) for name, W in where.items()}
    radii = {name: meters.radius for name, meters in seen.items()}
    losses = {name: potential.value(W) for name, W in where.items()}
    print("slopes of the bias below R/5" + "".join(f"{name:>10}" for name in where))
    print(f"{'loss L':<28}" + "".join(f"{losses[name]:>10.3g}" for name in where))
    print(
        f"{'softness of the energy':<28}" + "".join(f"{m.softness:>10.3g}" for m in seen.values())
    )
    print(f"{'radius R':<28}" + "".join(f"{radii[name]:>10.3g}" for name in where))
    for force, told in FORCES.items():
        print(told)
        of = potential.changed(force=force)
        for way in WAYS:
            slopes = []
            for name, W in where.items():
                errors = np.array([bias(of, W, way, nudge) for nudge in nudges])
                found[force, name, way.name] = errors
                slopes.append(slope(nudges, errors, radii[name]))
            print(f"  {way.name:<26}" + "".join(f"{each:>10.2f}" for each in slopes))
    draw(found, radii, losses, nudges).savefig(options.output, dpi=86)
    print(f"figure in {options.output}")


if __name__ == "__main__":
    main()
