"""From a minimum to chaos: where finite steps go for each step h, in a double well and on XOR.

In the double well (W² − 1)²/8 the minimum W = 1 holds up to h = 2, where its multiplier 1 − h·L″ is
−1. In r = h/2 the period then doubles at 1, at √5 − 1 = 1.236068, at 1.288032 and at 1.299228, each
step found from the multiplier of the cycle itself; the distances shrink by Feigenbaum's 4.669 in
the limit. Chaos begins at r = 1.3, is torn by windows of periods 6, 5, 3 and 4, spreads over both
wells at r = 1.6, and ends at r = 2: there the map is the third Chebyshev polynomial, whose exponent
is ln 3, and beyond it every start is lost.

A 2-4-1 tanh network, tanh at its output too, does the same on XOR. With a weight decay of 0.03 its
minimum holds up to h = 3.1355, twice the inverse of its sharpness. There a cycle of period 2
begins, and it doubles at 3.9527, 4.1494 and 4.1920: the distances shrink by 4.15 and 4.61, as those
of the well do. Beyond h = 4.2 the loss never comes to rest, but for windows: it swings above that
of the minimum, and two runs that begin as neighbours part by a factor of up to 1.5 a step.

The network is that of scripts/experiments/bifurcation.toml. Writes one figure.
"""

from pathlib import Path

import numpy as np
from command import command
from matplotlib.figure import Figure

import flownet as fn

EXPERIMENT = Path(__file__).parents[1] / "experiments" / "bifurcation.toml"


def well(steps):
    """The double well, from W = 0.3."""
    return fn.bifurcation(fn.DoubleWell(), np.linspace(1.6, 4.04, steps), W0=[0.3])


def network(steps):
    """XOR, as the experiment says it, for many steps h."""
    words = fn.Experiment.load(EXPERIMENT)
    potential, mechanics, metric, _ = words.parts()
    return fn.bifurcation(
        potential,
        np.linspace(2.8, 4.8, steps),
        mechanics=mechanics,
        metric=metric,
        transient=words.tables["run"]["steps"],
        observe="loss",
    )


def cascade():
    """The first doublings of the well in r = h/2, and the ratios of their distances."""
    brackets = {
        1: (1.5, 2.4),
        2: (2.1, 2.56),
        4: (2.5, 2.59),
        8: (2.578, 2.61),
        16: (2.5987, 2.605),
    }
    found = [
        fn.period_doubling(fn.DoubleWell(), W0=[0.3], bracket=bracket, period=period).step / 2
        for period, bracket in brackets.items()
    ]
    gaps = np.diff(found)
    return found, gaps[:-1] / gaps[1:]


def main(output, quick=False):
    """Follow the cascade, take the steps, draw."""
    steps, ratios = cascade()
    print("the double well doubles at r =", ", ".join(f"{r:.7f}" for r in steps))
    print("distances shrink by", ", ".join(f"{ratio:.3f}" for ratio in ratios))
    edge = fn.lyapunov(fn.DoubleWell(), fn.Aristotle(4.0), W0=[0.3], steps=100_000)
    print(
        f"exponent at r = 2: {edge.exponents[0]:.5f} ± {edge.error[0]:.0e}, ln 3 = {np.log(3):.5f}"
    )
    found = [well(150 if quick else 1200), network(80 if quick else 500)]
    for one in found:
        print(one)
    doublings = np.array([d.step for d in found[1].doublings if d.period in (1, 2, 4, 8)])
    gaps = np.diff(doublings)
    print("on XOR distances shrink by", ", ".join(f"{r:.2f}" for r in gaps[:-1] / gaps[1:]))
    figure = Figure(figsize=(13, 6), layout="constrained")
    titles = "The double well (W² − 1)²/8", "XOR, 2-4-1 tanh, weight decay 0.03"
    for part, one, title in zip(figure.subfigures(1, 2), found, titles):
        fn.plot.bifurcation(one, figure=part, title=title)
    figure.savefig(output, dpi=115)
    print(f"figure in {output}")


if __name__ == "__main__":
    arguments = command(__file__, __doc__)
    arguments.add_argument("--quick", action="store_true", help="fewer steps, for a look")
    given = arguments.parse_args()
    main(given.output, given.quick)
