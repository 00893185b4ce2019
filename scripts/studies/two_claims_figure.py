"""The figure of *two claims*: who gets there, and how well it does on samples held out."""

import numpy as np
from two_claims_numbers import ADAPTIVE, FIRST, INERTIA, column, first_claim, ratio, second_claim

from flownet.desk.plot._style import INK, STYLE

LINES = [
    ("#222222", "-"),
    (INK[1], (0, (1, 1.2))),
    (INK[0], (0, (4, 1.5))),
    (INK[0], (0, (8, 1.5, 1, 1.5))),
    (INK[2], "-"),
    (INK[3], (0, (4, 1, 1, 1, 1, 1))),
]
_FARTHEST = 200.0  # ratio to Aristotle that is drawn
WIDTHS = [2.6, 1.8, 1.8, 1.8, 1.4, 1.8]


def draw(found, problems):
    """A column for each problem: seeds that reached the target, and held-out losses."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(15, 8.4), layout="constrained")
        rows = figure.subplots(2, len(problems), height_ratios=(1, 1))
        for i, problem in enumerate(problems):
            _reached(rows[0, i], found[problem.name], problem)
            _held_out(rows[1, i], found[problem.name])
        rows[0, 0].set_ylabel("seeds that have reached the target, %")
        rows[1, 0].set_ylabel("test loss over Aristotle's (above 1: worse)")
        handles, labels = rows[0, 0].get_legend_handles_labels()
        marks, words = rows[1, 0].get_legend_handles_labels()
        figure.legend(
            handles + marks, labels + words, loc="outside lower center", ncol=4, handlelength=4.5
        )
        figure.suptitle(title(found), fontsize=13)
    return figure


def title(found):
    """What is found, in numbers."""
    speed, often = first_claim(found, INERTIA)
    worse = [second_claim(found, ADAPTIVE, purpose) for purpose in ("equal", "stopped")]
    return (
        f"Inertia: faster in {speed.yes} of {speed.of} comparisons, slower in {speed.no}; more "
        f"often in {often.yes} of {often.of}, less often in {often.no}.   Adaptive: test loss "
        f"worse in {worse[0].yes + worse[1].yes} of {worse[0].of + worse[1].of}, better in "
        f"{worse[0].no + worse[1].no}"
    )


def _reached(axis, results, problem):
    for (name, result), (color, dashes), width in zip(results.items(), LINES, WIDTHS):
        steps = np.sort(column(result.outcomes["fast"], "equal", "iteration"))
        share = 100 * np.arange(1, len(steps) + 1) / len(steps)
        there = np.isfinite(steps)
        x = np.concatenate([[problem.every], np.maximum(steps[there], 1), [problem.steps]])
        y = np.concatenate([[0], share[there], [share[there][-1] if there.any() else 0]])
        axis.plot(
            x, y, drawstyle="steps-post", color=color, linestyle=dashes, linewidth=width, label=name
        )
    axis.set(
        xscale="log",
        xlabel="steps",
        ylim=(-3, 103),
        title=f"{problem.name}: training loss ≤ {problem.target:g}",
    )


def _held_out(axis, results):
    from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

    others = [name for name in results if name != FIRST]
    axis.axhline(1, color="#222222", linewidth=1.2)
    for shift, (purpose, mark, face, label) in zip(
        (-0.13, 0.13),
        (
            ("equal", "o", INK[0], "test loss at equal training loss (bars: 99 %)"),
            ("stopped", "s", "white", "test loss where best stopped (bars: 99 %)"),
        ),
    ):
        for i, name in enumerate(others):
            m = ratio(results, name, purpose, purpose, "loss")
            bars = None if np.isnan(m.low) else [[m.value - m.low], [m.high - m.value]]
            axis.errorbar(
                i + shift,
                m.value,
                bars,
                fmt=mark,
                color=INK[0],
                markerfacecolor=face,
                markersize=6,
                capsize=3,
                linewidth=1.4,
                label=label if not i else None,
            )
    low, high = axis.get_ylim()
    low, high = max(low, 1 / _FARTHEST), min(high, _FARTHEST)
    axis.set(yscale="log", xticks=range(len(others)), ylim=(low, high))
    axis.set_xticklabels([name.replace("Newton ", "Newton\n") for name in others])
    axis.margins(x=0.08)
    axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)) if high > 4 * low else MaxNLocator(6))
    axis.yaxis.set_major_formatter("{x:g}")
    axis.yaxis.set_minor_formatter(NullFormatter())
