"""Figures of runs: `flownet.plot.loss(run)`, `flownet.plot.breakdown(run)`; each returns a Figure.

Lines differ in brightness and in dashes, so that they can be told apart in grey.
"""

from functools import wraps

import numpy as np

from ..linearization import breakdown as _breakdown
from ..linearization import kept

_MOST_POINTS = 300  # steps broken down for a figure
_INK = ("#1f3b73", "#2a9d8f", "#e07a2f", "#8f2d56", "#7a7a7a")
_DASHES = ("-", (0, (6, 2)), (0, (2, 1.5)), "-.", ":")
_STYLE = {
    "font.size": 10, "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True,
    "grid.color": "#dddddd", "grid.linewidth": 0.6, "axes.axisbelow": True, "lines.linewidth": 1.6,
    "legend.frameon": False, "figure.dpi": 110, "savefig.dpi": 160, "axes.titlesize": 11,
}


def _styled(draw):
    """Draw in the house style; matplotlib is imported only here."""

    @wraps(draw)
    def drawn(*args, **options):
        import matplotlib

        with matplotlib.rc_context(_STYLE):
            return draw(*args, **options)

    return drawn


def _figure(columns, size):
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.subplots(1, columns, squeeze=False)[0]


def _line(axis, i, x, y, label=None, **style):
    axis.plot(x, y, color=_INK[i % len(_INK)], linestyle=_DASHES[i % len(_DASHES)], label=label,
              **style)


@_styled
def loss(run):
    """Loss against time, with every observable of the same kind the run recorded."""
    figure, axes = _figure(1, (6.4, 4))
    axis = axes[0]
    record = run.observables["loss"]
    _line(axis, 0, record.time, record.value, "loss, each step", alpha=0.9)
    others = [n for n in run.observables if n not in ("loss", "step")]
    for i, name in enumerate(others, 1):
        other = run.observables[name]
        if other.value.ndim == 1:
            _line(axis, i, other.time, other.value, name)
    _log_if_wide(axis, record.value)
    axis.set(xlabel="time t = Σ step", ylabel="loss L", title=_title(run))
    axis.legend()
    return figure


@_styled
def breakdown(run, series=None):
    """Three panels: loss; promised against delivered; second order over first, against time."""
    series = series or kept(run) or _breakdown(run, every=interval(run))
    figure, axes = _figure(3, (13, 4))
    record = run.observables["loss"]
    _line(axes[0], 0, record.time, record.value)
    _log_if_wide(axes[0], record.value)
    axes[0].set(xlabel="time t = Σ step", ylabel="loss L", title=_title(run))

    for i, (name, label) in enumerate((("linear", "promised (first order)"),
                                       ("actual", "delivered"),
                                       ("second", "second order, exact"))):
        _line(axes[1], i, series.time, getattr(series, name), label)
    largest = np.max(np.abs(series.linear)) or 1.0
    axes[1].set_yscale("symlog", linthresh=1e-3 * largest)
    axes[1].axhline(0, color="#555555", linewidth=0.8)
    axes[1].set(xlabel="time t", ylabel="change of the loss in one step",
                   title="What a step promised and delivered")
    axes[1].legend()

    _ratio(axes[2], [(series, "")])
    return figure


@_styled
def comparison(runs, title, every=None):
    """Two panels for several labelled runs, `{label: run}`: loss, and second order over first."""
    figure, axes = _figure(2, (11, 4.4))
    broken = []
    for i, (label, run) in enumerate(runs.items()):
        record = run.observables["loss"]
        _line(axes[0], i, record.time, record.value, label)
        broken.append((kept(run) or _breakdown(run, every=every or interval(run)), label))
    axes[0].set_yscale("log")
    axes[0].set(xlabel="time t = Σ step", ylabel="loss L", title="Loss")
    axes[0].legend()
    _ratio(axes[1], broken)
    figure.suptitle(title)
    return figure


def _ratio(axis, broken):
    """Second order over first against time: each step a faint dot, their running median a line."""
    for i, (series, label) in enumerate(broken):
        ratio = np.maximum(series.ratio, 1e-12)
        axis.plot(series.time, ratio, ".", color=_INK[i % len(_INK)], alpha=0.25, markersize=3)
        _line(axis, i, series.time, _running_median(ratio), label)
    axis.axhline(1, color="#222222", linewidth=1.0)
    axis.set_yscale("log")
    axis.set_ylim(top=max(30.0, axis.get_ylim()[1]))
    axis.annotate("beyond the critical step", (0.99, 1.15), xycoords=("axes fraction", "data"),
                  ha="right", va="bottom", fontsize=9)
    axis.set(xlabel="time t = Σ step", ylabel="|second order| / |first order|",
             title="Second order against first (dots: steps; lines: running median)")
    if len(broken) > 1:
        axis.legend(loc="lower left")


def _running_median(values, width=15):
    """Median of the `width` values around each."""
    padded = np.pad(values, width // 2, mode="edge")
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, width), axis=1)


def interval(run):
    """Interval that gives a figure's number of points."""
    return max(1, len(run.step) // _MOST_POINTS)


def _log_if_wide(axis, values):
    positive = values[values > 0]
    if len(positive) == len(values) and positive.size and positive.max() > 20 * positive.min():
        axis.set_yscale("log")


def _title(run):
    tables = run.experiment
    data = tables.get("data", {}).get("name", "")
    sizes = "-".join(map(str, tables["network"]["sizes"])) if "network" in tables else "potential"
    return f"{data} {sizes}, step {tables['mechanics']['step']:g}".strip()
