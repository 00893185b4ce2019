"""Intrinsic flow, extrinsic step: one network in several charts of its parameter space.

A chart writes the weights as W(u): W = scale·sinh u, weight normalisation w = g·v/‖v‖, other units
W = factors·u. With the metric of W seen there the flow is the same curve in all of them. A finite
step u + hV is not: it leaves the step of W by the Christoffel term ½h²Γ(V,V), slope 2 in h. Its
second order corrected, the slope is 3; a step along the geodesic is the step of W to rounding, and
so is any step in other units, where Γ = 0. Without that metric not even the flows agree.

On 64-16-10 digits the plain step of length 1 misses that of W by 24 % of its length in the sinh
chart, by 8 % in weight normalisation. Twenty of them end 0.2 of the flow's path from those of W,
farther than the 0.14 by which these have left the flow; their losses are 0.357, 0.451 and 0.381.
"""

import numpy as np
from command import command

import flownet as fn
from flownet.desk.plot._style import DASHES, INK, STYLE, TIME

SCALE = 0.05  # of the sinh chart, half the size of a weight
KINDS = {
    "plain": fn.Aristotle,
    "second order": lambda step: fn.Geodesic(step, order=2),
    "geodesic": fn.Geodesic,
}
STRAIGHT = "other units"
OTHER = "flow, plain metric of u"
LEAST = 1e-17  # drawn
LOOKS = {
    "plain": (DASHES[0], "o"),
    "second order": (DASHES[1], "s"),
    "geodesic": (DASHES[2], "^"),
    "flow": (DASHES[0], ""),
    OTHER: (DASHES[3], ""),
}


def digits(samples=300, hidden=16):
    """Potential of a 64-hidden-10 tanh network on digits, cross-entropy."""
    return fn.Potential(
        fn.Network([64, hidden, 10], "tanh"),
        fn.CrossEntropy(),
        fn.data.load("digits", limit=samples),
    )


def charts(potential):
    """Name to chart."""
    return {
        "sinh": fn.Sinh(SCALE),
        "weight normalisation": fn.WeightNormalisation(potential.network),
        STRAIGHT: fn.Rescaling(np.geomspace(0.5, 2, potential.size)),
    }


def seen(potential, chart):
    """The potential in a chart, and the plain metric of W seen there."""
    return fn.Charted(potential, chart), fn.PulledBack(chart, fn.Euclidean(potential.size))


def one_step(potential, chart, W0, steps):
    """Distance (len(steps),) of W after one step in a chart from W's own step, by kind of step."""
    there, metric = seen(potential, chart)
    dL, u0 = potential.differential(W0)[1], there.to_u(W0)

    def distance(mechanics, h):
        u = fn.train(there, mechanics, W0=u0, steps=1, metric=metric).parameters[1]
        return np.linalg.norm(there.to_W(u) - (W0 - h * dL))

    return {name: np.array([distance(kind(h), h) for h in steps]) for name, kind in KINDS.items()}


def slope(steps, distances):
    """Slope in log-log axes over the shorter half of the steps; nan where it is rounding."""
    half = slice(None, len(steps) // 2 + 1)
    if (distances[half] < 1e-13).all():
        return np.nan
    return np.polyfit(np.log(steps[half]), np.log(distances[half]), 1)[0]


def paths(potential, chart, W0, step, steps, rtol=1e-8):
    """W (steps+1, D) at the times of the run: along the flow in a chart, along the one that the
    plain metric of u has, and along runs of each kind of step."""
    there, metric = seen(potential, chart)
    u0, time = there.to_u(W0), step * np.arange(steps + 1)
    words = dict(W0=u0, time=time[-1], at=time, rtol=rtol, atol=rtol / 100)
    found = {"flow": fn.flow(there, metric=metric, **words), OTHER: fn.flow(there, **words)}
    for name, kind in KINDS.items():
        found[name] = fn.train(there, kind(step), W0=u0, steps=steps, metric=metric)
    return {name: there.to_W(run.parameters[:]) for name, run in found.items()}


class Study:
    """The run and the flow of W, and by chart the single steps and the paths."""

    def __init__(self, potential, step=1.0, steps=20, points=9):
        self.potential, self.step = potential, step
        W0, self.lengths = potential.network.init(seed=0), np.geomspace(1e-2, 1, points) * step
        run = fn.train(potential, fn.Aristotle(step), W0=W0, steps=steps)
        flow = fn.flow(potential, W0=W0, time=run.time[-1], at=run.time, rtol=1e-10, atol=1e-12)
        self.time, self.W, self.flow = run.time, run.parameters[:], flow.parameters[:]
        self.path = apart(self.flow[1:], self.flow[:-1]).sum()
        self.length = step * np.linalg.norm(potential.differential(W0)[1])
        self.single = {
            name: one_step(potential, chart, W0, self.lengths)
            for name, chart in charts(potential).items()
        }
        self.paths = {
            name: paths(potential, chart, W0, step, steps)
            for name, chart in charts(potential).items()
        }

    def from_flow(self, rows):
        """Distance (steps+1,) of a path from the flow of W, over that one's length."""
        return apart(rows, self.flow) / self.path

    def from_run(self, rows):
        """Distance (steps+1,) of a path from the run of W, over the flow's length."""
        return apart(rows, self.W) / self.path

    def losses(self, rows):
        """L (steps+1,) along a path."""
        return np.array([self.potential.value(W) for W in rows])


def apart(one, other):
    """Distances (T,) of two paths, row by row."""
    return np.linalg.norm(one - other, axis=1)


def told(rise):
    """A slope, in words where there is none."""
    return "rounding" if np.isnan(rise) else f"slope {rise:.2f}"


def table(study):
    """Slopes and shares of single steps, then where the runs end."""
    lines = [
        "one step of h: distance from the step of W, its slope in h, and what it is at "
        f"h = {study.lengths[-1]:g}",
        f"{'':28}" + "".join(f"{kind:>24}" for kind in KINDS),
    ]
    for name, single in study.single.items():
        cells = (
            f"{told(slope(study.lengths, far))}, {100 * far[-1] / study.length:.2g} %"
            for far in single.values()
        )
        lines.append(f"{name:28}" + "".join(f"{cell:>24}" for cell in cells))
    lines += [
        "",
        f"{len(study.W) - 1} steps of {study.step:g}: distance at the end over the path "
        f"of the flow, {study.path:.3g}",
        f"{'':28}{'from the flow of W':>24}{'from the run of W':>24}{'loss':>12}",
    ]
    rows = {"W": None, "  flow": study.flow, "  plain": study.W}
    for name, found in study.paths.items():
        rows |= {name: None} | {f"  {kind}{' ' * len(rows)}": W for kind, W in found.items()}
    for name, W in rows.items():
        lines.append(
            name
            if W is None
            else f"{name.rstrip():28}{study.from_flow(W)[-1]:>24.1e}"
            f"{study.from_run(W)[-1]:>24.1e}{study.losses(W[-1:])[0]:>12.5f}"
        )
    return "\n".join(lines)


def draw(study):
    """Single steps against their length; then, in time, distances from W's flow, from W's run, and
    the loss. One legend below: colours are charts, dashes and marks what moves in them."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(12, 9.6), layout="constrained")
        single, flows, runs, losses = figure.subplots(2, 2).ravel()
        _draw_single(single, study)
        _draw_paths(flows, study, study.from_flow, 1)
        _draw_paths(losses, study, study.losses, 0)
        for i, name in _bent(study):
            for kind in KINDS:
                far = study.from_run(study.paths[name][kind])
                line(runs, i, kind, study.time[1:], far[1:])
        share = "distance over the path of the flow"
        flows.set(
            yscale="log",
            ylim=(1e-12, 10),
            xlabel=TIME,
            ylabel=share,
            title="Flows coincide, runs part: how far from the flow of W",
        )
        flows.text(study.time[-1] / 2, 1e-8, "the flow in both charts: its tolerance", ha="center")
        runs.set(
            yscale="log",
            ylim=(LEAST, 10),
            xlabel=TIME,
            ylabel=share,
            title=f"Runs of step {study.step:g}: how far from the run of W",
        )
        losses.set(
            yscale="log",
            xlabel=TIME,
            ylabel="loss L",
            title="Loss: of both flows one curve, of each run its own",
        )
        _draw_legend(figure, study)
        sizes, m = "-".join(map(str, study.potential.network.sizes)), study.potential.data.m
        figure.suptitle(
            "Only the flow is intrinsic: a finite step depends on the chart, a geodesic"
            f" step does not (digits, {sizes} tanh, {m} samples)"
        )
    return figure


def _bent(study):
    """Number and name of the charts whose coordinates are curved."""
    return [(i, name) for i, name in enumerate(study.paths) if name != STRAIGHT]


def _draw_single(axis, study):
    """One step of each kind in each chart, and the slopes of their lines."""
    for i, (name, single) in enumerate(study.single.items()):
        for kind, far in single.items():
            if name != STRAIGHT or kind == "plain":
                line(axis, i, kind, study.lengths, far)
    words = ["slope in h: " + ", ".join(name for _, name in _bent(study))]
    for kind in KINDS:
        rises = [slope(study.lengths, study.single[name][kind]) for _, name in _bent(study)]
        known = not np.isnan(rises).any()
        words.append(f"{kind}: " + (", ".join(f"{r:.2f}" for r in rises) if known else "rounding"))
    axis.text(study.lengths[-1], 1e-8, "\n".join(words), ha="right", va="top")
    axis.set(
        xscale="log",
        yscale="log",
        xlabel="step h",
        ylim=(LEAST, 10),
        ylabel="distance of W after the step",
        title="One step: how far from the step of W",
    )


def _draw_paths(axis, study, measure, begin):
    """What is measured along the run of W, and along run and flows in each chart."""
    line(axis, None, "plain", study.time[begin:], measure(study.W)[begin:])
    for i, name in _bent(study):
        for kind in ("plain", "flow", OTHER):
            line(axis, i, kind, study.time[begin:], measure(study.paths[name][kind])[begin:])


def _draw_legend(figure, study):
    from matplotlib.lines import Line2D

    names = ["W itself", *study.single]
    handles = [Line2D([], [], **_ink(i), marker="o", markersize=4) for i in (None, 0, 1, 2)]
    for kind, (dash, mark) in LOOKS.items():
        names.append(f"{kind} step" if kind in KINDS else kind)
        handles.append(Line2D([], [], color="#555555", linestyle=dash, marker=mark, markersize=4))
    figure.legend(handles, names, loc="outside lower center", ncols=5)


def line(axis, i, kind, x, y):
    """A chart's colour, W's black and hollow; dashes and mark of a kind of path."""
    dash, mark = LOOKS[kind]
    width = 3.5 if kind == "flow" and i == 0 else 1.4  # flows lie on each other
    style = dict(linestyle=dash, marker=mark, markersize=4, linewidth=width, **_ink(i))
    axis.plot(x, np.maximum(y, LEAST), **style)


def _ink(i):
    return dict(color="k", markerfacecolor="w", zorder=3) if i is None else dict(color=INK[i])


def main(output, samples=300, hidden=16, **options):
    """Measure, print the tables, draw."""
    study = Study(digits(samples, hidden), **options)
    print(table(study))
    draw(study).savefig(output, dpi=92)
    print(f"figure in {output}")


if __name__ == "__main__":
    main(command(__file__, __doc__).parse_args().output)
