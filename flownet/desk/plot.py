"""Figures of runs: `flownet.plot.loss(run)`, `flownet.plot.breakdown(run)`; each returns a Figure.

Lines differ in brightness and in dashes, so that they can be told apart in grey.
"""

from functools import wraps

import numpy as np

from .._errors import FlownetError, shown
from ..linearization import breakdown as _breakdown
from ..linearization import kept
from ..store import Trajectory

_MOST_POINTS = 300  # steps broken down for a figure
_INK = ("#1f3b73", "#2a9d8f", "#e07a2f", "#8f2d56", "#7a7a7a")
_DASHES = ("-", (0, (6, 2)), (0, (2, 1.5)), "-.", ":")
_STYLE = {
    "font.size": 10, "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True,
    "grid.color": "#dddddd", "grid.linewidth": 0.6, "axes.axisbelow": True, "lines.linewidth": 1.6,
    "legend.frameon": False, "figure.dpi": 150, "axes.titlesize": 11,
}


def _styled(draw):
    """Draw in the house style; matplotlib is imported only here."""

    @wraps(draw)
    def drawn(runs, *args, **options):
        import matplotlib

        for run in runs.values() if isinstance(runs, dict) else [runs]:
            if not isinstance(run, Trajectory):
                raise FlownetError(f"{shown(run)} cannot be drawn: a run is wanted, such as "
                                   "flownet.Trajectory.open('run.h5').")
        with matplotlib.rc_context(_STYLE):
            return draw(runs, *args, **options)

    return drawn


def _figure(columns, size):
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.subplots(1, columns, squeeze=False)[0]


def _line(axis, i, x, y, label=None, **style):
    axis.plot(x, y, color=_INK[i % len(_INK)], linestyle=_DASHES[i % len(_DASHES)], label=label,
              **style)


def _trend(axis, i, x, y, label=None):
    """Every value a faint dot, their running median a line."""
    axis.plot(x, y, ".", color=_INK[i % len(_INK)], alpha=0.35, markersize=3)
    _line(axis, i, x, _running_median(y), label)


def _below(axis):
    """Legend under the axis, where no line can run through it."""
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncol=2)


@_styled
def loss(run):
    """Loss against time, with losses observed beside it; other observables in a second panel."""
    kinds = {name: table["kind"] for name, table in run.experiment.get("observe", {}).items()}
    losses = [name for name in kinds if kinds[name] == "loss"]
    others = [name for name in kinds if kinds[name] != "loss"
              and run.observables[name].value.ndim == 1]
    figure, axes = _figure(1 + bool(others), (6.4 + 5 * bool(others), 4.2))
    record = run.observables["loss"]
    _trend(axes[0], 0, record.time, record.value, "each step (line: running median)")
    for i, name in enumerate(losses, 1):
        _line(axes[0], i, run.observables[name].time, run.observables[name].value, name)
    _log_if_wide(axes[0], record.value)
    axes[0].set(xlabel="time t = Σ step", ylabel=_loss_label(run), title=_title(run))
    for i, name in enumerate(others):
        observed = run.observables[name]
        _line(axes[1], i, observed.time, observed.value, name, marker="o", markersize=3)
    if others:
        axes[1].set(xlabel="time t = Σ step", ylabel=others[0] if len(others) == 1 else "value",
                    title="Observables")
    for axis in axes:
        _below(axis)
    return figure


@_styled
def breakdown(run, series=None):
    """Three panels: loss; promised against delivered; second order over first, against time."""
    series = series or _series(run)
    figure, axes = _figure(3, (13.5, 4.4))
    record = run.observables["loss"]
    _trend(axes[0], 0, record.time, record.value, "each step (line: running median)")
    _log_if_wide(axes[0], record.value)
    axes[0].set(xlabel="time t = Σ step", ylabel=_loss_label(run), title=_title(run))
    _below(axes[0])

    for i, (name, label) in enumerate((("linear", "promised (first order)"),
                                       ("actual", "delivered"),
                                       ("second", "second order, exact"))):
        _trend(axes[1], i, series.time, getattr(series, name), label)
    largest = np.max(np.abs(series.linear)) or 1.0
    axes[1].set_yscale("symlog", linthresh=1e-3 * largest)
    axes[1].axhline(0, color="#555555", linewidth=0.8)
    axes[1].set(xlabel="time t = Σ step", ylabel="change of the loss in one step",
                title="What a step promised and delivered")
    _below(axes[1])

    _ratio(axes[2], [(series, "each step (line: running median)")])
    _below(axes[2])
    return figure


@_styled
def comparison(runs, title, every=None):
    """Two panels for several labelled runs, `{label: run}`: loss, and second order over first."""
    figure, axes = _figure(2, (11, 4.4))
    broken = []
    for i, (label, run) in enumerate(runs.items()):
        record = run.observables["loss"]
        _line(axes[0], i, record.time, record.value, label)
        broken.append((_series(run, every), label))
    axes[0].set_yscale("log")
    axes[0].set(xlabel="time t = Σ step", ylabel="loss L", title="Loss")
    axes[0].legend()
    _ratio(axes[1], broken)
    axes[1].legend(loc="lower left", title="dots: steps; lines: running median")
    figure.suptitle(title)
    return figure


def _ratio(axis, broken):
    """Second order over first against time, with the line where the linearization is lost."""
    for i, (series, label) in enumerate(broken):
        _trend(axis, i, series.time, np.maximum(series.ratio, 1e-12), label)
    axis.axhline(1, color="#222222", linewidth=1.0)
    axis.set_yscale("log")
    axis.set_ylim(top=max(4.0, axis.get_ylim()[1]))
    axis.annotate("beyond the critical step", (0.99, 1.15), xycoords=("axes fraction", "data"),
                  ha="right", va="bottom", fontsize=9)
    axis.set(xlabel="time t = Σ step", ylabel="|second order| / |first order|",
             title="Second order against first")


def _running_median(values, width=15):
    """Median of the `width` values around each; of a few values they themselves."""
    if len(values) < 4 * width:
        return values
    padded = np.pad(values, width // 2, mode="edge")
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, width), axis=1)


def _series(run, every=None):
    """The breakdown kept with a run where it is fine enough and reaches its end, or a new one."""
    series, every = kept(run), every or interval(run)
    if series is None or len(series) < len(run.step) // every // 2 or (
            series.iteration[-1] + 2 * every < len(run.step) - 1):
        series = _breakdown(run, every=every)
    return series


def interval(run):
    """Interval that gives a figure's number of points."""
    return max(1, len(run.step) // _MOST_POINTS)


def _log_if_wide(axis, values):
    positive = values[values > 0]
    if len(positive) == len(values) and positive.size and positive.max() > 20 * positive.min():
        axis.set_yscale("log")


def _loss_label(run):
    batch = run.experiment["run"].get("batch_size")
    return "loss L" if batch is None else f"loss of each mini-batch of {batch}"


def _title(run):
    tables = run.experiment
    data = tables.get("data", {}).get("name", "")
    sizes = "-".join(map(str, tables["network"]["sizes"])) if "network" in tables else "potential"
    step = tables["mechanics"]["step"]
    return f"{data} {sizes}, step {step if isinstance(step, str) else format(step, 'g')}".strip()
