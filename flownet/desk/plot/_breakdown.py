"""Promise and delivery along a run, and along several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...linearization.breakdown import breakdown as _breakdown, kept
from ..report._measured import drawn_interval
from ._style import TIME, below, line, losses, panels, power_of_ten, styled, trend

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

    from ...store.trajectory import Trajectory


@styled
def breakdown(run: Trajectory, series: Any = None) -> Figure:
    """Three panels: loss; promised against delivered; second order over first, against time."""
    series = series or _series(run)
    figure, axes = panels(3, (13.5, 4.4))
    losses(axes[0], run)
    promises(axes[1], series)
    _ratio(axes[2], [(series, "each step (line: running median)")])
    for axis in axes:
        below(axis)
    return figure


@styled
def comparison(runs: Mapping[str, Trajectory], title: str, every: int | None = None) -> Figure:
    """Two panels for several labelled runs, `{label: run}`: loss, and second order over first."""
    figure, axes = panels(2, (11, 4.4))
    broken = []
    for i, (label, run) in enumerate(runs.items()):
        record = run.observables["loss"]
        line(axes[0], i, record.time, record.value, label)
        broken.append((_series(run, every), label))
    axes[0].set_yscale("log")
    axes[0].set(xlabel=TIME, ylabel="loss L", title="Loss")
    _ratio(axes[1], broken)
    below(axes[0])
    below(axes[1], title="dots: steps; lines: running median")
    figure.suptitle(title)
    return figure


def promises(axis, series, names=("linear", "actual", "second"), size=3, width=15):
    """What steps promised and delivered."""
    labels = {
        "linear": "promised (first order)",
        "actual": "delivered",
        "second": "second order, exact",
    }
    for i, name in enumerate(names):
        # columns of a breakdown are its attributes
        trend(axis, i, series.time, getattr(series, name), labels[name], size, width)
    size = np.abs(series.linear)
    axis.set_yscale(
        "symlog", linthresh=power_of_ten(max(0.1 * np.median(size), 1e-6 * np.max(size)) or 1.0)
    )
    axis.axhline(0, color="#555555", linewidth=0.8)
    axis.set(
        xlabel=TIME,
        ylabel="change of the loss in one step",
        title="What a step promised and delivered",
    )


def _ratio(axis, broken):
    """Second order over first against time, with the line where the linearization is lost."""
    for i, (series, label) in enumerate(broken):
        trend(axis, i, series.time, np.maximum(series.ratio, 1e-12), label)
    axis.axhline(1, color="#222222", linewidth=1.0)
    axis.set_yscale("log")
    axis.set_ylim(top=max(4.0, axis.get_ylim()[1]))
    axis.annotate(
        "beyond the critical step",
        (0.99, 1.15),
        xycoords=("axes fraction", "data"),
        ha="right",
        va="bottom",
        fontsize=9,
    )
    axis.set(
        xlabel=TIME, ylabel="|second order| / |first order|", title="Second order against first"
    )


def _series(run, every=None):
    """The breakdown kept with a run where it is fine enough and reaches its end, or a new one."""
    series, every = kept(run), every or drawn_interval(run)
    if (
        series is None
        or len(series) < len(run.step) // every // 2
        or (series.iteration[-1] + 2 * every < len(run.step) - 1)
    ):
        series = _breakdown(run, every=every)
    return series
