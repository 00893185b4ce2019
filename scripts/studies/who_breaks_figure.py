"""The figure of *who breaks the step?*: six panels, lines and marks that differ in grey too."""

import numpy as np

from flownet.desk.plot._style import DASHES, INK, STYLE

MARKS = "osD^v"
SHORT = {
    "1-30-20-1 on T₆": "1-30-20-1 on T₆, 701 parameters",
    "64-16-10, quadratic": "64-16-10 digits, quadratic, 1210",
    "64-16-10, cross-entropy": "64-16-10 digits, cross-entropy, 1210",
}


def draw(studies, cells):
    """Six panels of the studies {name: Study} and of the grid's cells."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(15, 8.6), layout="constrained")
        (losses, along, bases), (chance, modes, grid) = figure.subplots(2, 3)
        first = next(iter(studies.values()))
        _losses(losses, first)
        _along(along, first)
        _bases(bases, studies)
        _chance(chance, studies, cells)
        _modes(modes, studies)
        _grid(grid, cells)
        figure.suptitle(
            "Who breaks the step? Pairs of parameters, but no more than in a random "
            "basis; in every basis, a few directions of high curvature",
            fontsize=13,
        )
    return figure


def _losses(axis, study):
    for i, (name, run) in enumerate(study.runs.items()):
        step = run.step[0]
        time = step * np.arange(len(run.loss))
        axis.plot(
            time,
            run.loss,
            color=INK[i],
            linestyle=DASHES[i],
            linewidth=1.2,
            label=f"{name}: step {step:.3g} = {step / study.edge:.3g}·2/λ",
        )
        chosen = [a.iteration for (who, _), a in study.accounts.items() if who == name]
        axis.plot(
            time[chosen],
            run.loss[chosen],
            MARKS[i],
            color=INK[i],
            markersize=6,
            markeredgecolor="white",
            zorder=3,
        )
    axis.set(
        yscale="log",
        ylim=(0.04, 6),
        yticks=(0.1, 1),
        yticklabels=("0.1", "1"),
        xlabel="time t = Σ step",
        ylabel="loss L",
        title=f"a  Three steps: {study.problem.name}",
    )
    axis.legend(title="λ: sharpness at the start; marks: steps taken apart", loc="upper right")


def _along(axis, study):
    """Delivered along the catapult's first step: together, top alone, each parameter alone."""
    b = study.breakdown
    s = np.linspace(0, 1.2, 25)
    modes, delta = b.split("eigen"), b.taken.delta
    u = modes.directions[modes.top]
    alone = [sum(b.taken.delivered(t * d) for d in np.diag(delta)) for t in s[::4]]
    for i, (x, y, label) in enumerate(
        (
            (s, b.curve(s), "all parameters together"),
            (s, [b.taken.delivered(t * (u @ delta) * u) for t in s], "top eigendirection alone"),
            (s[::4], alone, "each parameter alone, summed"),
        )
    ):
        axis.plot(
            x,
            100 * b.share(np.array(y)),
            color=INK[i],
            linestyle=DASHES[i],
            label=label,
            marker="" if i < 2 else MARKS[i],
            markersize=4,
            linewidth=2,
        )
    axis.plot(s, -100 * s, color="#222222", linewidth=0.9, label="promised (first order)")
    axis.axhline(0, color="#555555", linewidth=0.8)
    axis.axvline(1, color="#555555", linewidth=0.8, linestyle=":")
    axis.set(
        xlabel=f"share s of the step ({b.step:.3g}: 1.5 times the edge)",
        ylabel="change of the loss, % of the promise",
        title=f"b  Its first step past the edge: {study.problem.name}",
    )
    axis.legend(loc="lower left")


def _bases(axis, studies):
    """Share of pairs in the second order of a catapult's worst step, in five bases."""
    names = ["parameters", "random\nbasis", "neurons", "layers", "eigen-\ndirections"]
    for i, (name, study) in enumerate(studies.items()):
        a = study.accounts["catapult", "worst"]
        second = a.shares["second"]
        pairs = [
            a.shares["pairs"] / second,
            a.shares["chance_pairs"] / second,
            1 - a.blocks["neurons"][0],
            1 - a.blocks["layers"][0],
            0.0,
        ]
        axis.plot(
            names,
            100 * np.array(pairs),
            color=INK[i],
            linestyle=DASHES[i],
            marker=MARKS[i],
            label=SHORT[name],
        )
    axis.set(
        ylabel="share of pairs in the second order, %",
        ylim=(-4, 106),
        title="c  Pairs of what? The worst step of each catapult run",
    )
    axis.legend(loc="lower left")


def _chance(axis, studies, cells):
    """Self terms against those of a random basis: above the line, fewer pairs than by chance."""
    points = {
        SHORT[name].rsplit(",", 1)[0]: [
            (1 - census.chance, 1 - census.pairs) for census in study.censuses.values()
        ]
        for name, study in studies.items()
    }
    for loss in dict.fromkeys(cell.loss for cell in cells):
        shares = [cell.account.shares for cell in cells if cell.loss == loss]
        points[f"grid, {loss}"] = [
            (
                [s["chance_self"] / s["second"] for s in shares],
                [s["self"] / s["second"] for s in shares],
            )
        ]
    for i, (label, pairs) in enumerate(points.items()):
        x, y = np.hstack([np.array(pair) for pair in pairs])
        axis.plot(
            100 * x,
            100 * y,
            MARKS[i],
            color=INK[i],
            markersize=4 + (i > 2),
            label=label,
            alpha=0.8 if i > 2 else 0.5,
            markerfacecolor="none" if i > 2 else INK[i],
        )
    line = np.array([1e-3, 30])
    axis.plot(line, line, color="#222222", linewidth=0.9)
    axis.annotate("fewer pairs\nthan by chance", (0.03, 0.97), xycoords="axes fraction", va="top")
    below = sum(int(np.sum(np.array(y) <= 0)) for pairs in points.values() for _, y in pairs)
    axis.annotate(
        f"{below} below 0 not shown" if below else "",
        (0.03, 0.03),
        fontsize=8,
        xycoords="axes fraction",
    )
    axis.annotate("more pairs", (18, 2), ha="right", va="top")
    axis.set(
        xscale="log",
        yscale="log",
        xlim=(2e-3, 20),
        ylim=(1e-2, 40),
        xlabel="self terms in a random basis, % of second order",
        ylabel="self terms of the parameters, %",
        title="d  Pairs against chance: every broken step",
    )
    axis.legend(loc="lower right", fontsize=8)


def _modes(axis, studies):
    """How many of the broken steps have at most so many modes."""
    i = 0
    for _name, study in studies.items():
        for run, census in study.censuses.items():
            if not len(census.participation):
                continue
            x = np.sort(census.participation)
            axis.plot(
                np.r_[1, x, 20],
                np.r_[0, np.arange(1, len(x) + 1) / len(x), 1] * 100,
                drawstyle="steps-post",
                marker=MARKS[i // 2],
                markevery=0.25,
                markersize=5,
                markerfacecolor="white" if i % 2 else INK[i // 2],
                color=INK[i // 2],
                linestyle=DASHES[i % 2],
                label=f"{study.problem.short} {run}: {census.broken} steps",
            )
            i += 1
    axis.set(
        xscale="log",
        xlim=(0.98, 20),
        xticks=(1, 2, 3, 5, 10, 20),
        xticklabels=("1", "2", "3", "5", "10", "20"),
        ylim=(0, 103),
        xlabel="participation number of eigendirections in the second order",
        ylabel="broken steps with at most as many, %",
        title="e  A broken step has few modes (delivered < ½ promised)",
    )
    axis.minorticks_off()
    axis.legend(loc="lower right", fontsize=8)


def _grid(axis, cells):
    """Participation over width and depth, at the critical step from the start."""
    for j, loss in enumerate(dict.fromkeys(cell.loss for cell in cells)):
        for i, hidden in enumerate(dict.fromkeys(cell.hidden for cell in cells)):
            chosen = [cell for cell in cells if (cell.loss, cell.hidden) == (loss, hidden)]
            axis.plot(
                [cell.width for cell in chosen],
                [cell.account.modes["participation"] for cell in chosen],
                color=INK[2 * j],
                linestyle=DASHES[i],
                marker=MARKS[i],
                markersize=5,
                markerfacecolor="white" if j else INK[0],
                label=f"{loss}, {hidden} hidden",
            )
    widths = sorted({cell.width for cell in cells})
    axis.set(
        xscale="log",
        yscale="log",
        xticks=widths,
        xticklabels=map(str, widths),
        yticks=(1, 2, 5, 10, 20, 50),
        yticklabels=("1", "2", "5", "10", "20", "50"),
        xlabel="width",
        ylabel="participation number",
        title="f  The first step at its critical length, digits",
    )
    axis.minorticks_off()
    axis.set_ylim(0.9, 110)
    axis.legend(loc="upper left", ncol=2, fontsize=8)
