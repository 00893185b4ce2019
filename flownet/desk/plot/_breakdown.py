"""Promise and delivery along a run, and along several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError, shown
from ...linearization.breakdown import breakdown as _breakdown, kept
from ..report._measured import drawn_interval
from ._canvas import panels, styled, titled, whole
from ._style import (
    MOST,
    TIME,
    below,
    below_all,
    beside_axis,
    dots_and_line,
    line,
    log_if_wide,
    losses,
    power_of_ten,
    title_of,
    trend,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure, FigureBase

    from ..._types import Pair
    from ...store.trajectory import Trajectory


@styled
def breakdown(
    run: Trajectory,
    series: Any = None,
    *,
    figure: FigureBase | None = None,
    size: Pair | None = None,
    title: str | None = None,
) -> Figure:
    """Three panels: loss; promised against delivered; second order over first, against time.

    Parameters
    ----------
    run : Trajectory
    series : Breakdowns, optional
        What is drawn, such as ``fn.breakdown(run, every=10)``; by default what is stored with the
        run, or as many steps as take some two seconds.
    figure : Figure or SubFigure, optional
        Where to draw; by default a new figure.
    size : (float, float), optional
        Width and height of a new figure in inches.
    title : str, optional
        In place of the run's own; "" for none.

    Returns
    -------
    Figure
        The new one, which a notebook shows, or the one that holds what was given.

    Raises
    ------
    FlownetError
        When the run keeps no two consecutive states.
    """
    series = series or _series(run)
    figure, axes = panels(3, (13.5, 4.4), size=size, figure=figure)
    losses(axes[0], run)
    axes[0].set(title="Loss")
    promises(axes[1], series)
    _ratio(axes[2], [(series, dots_and_line(len(series)))])
    for axis in axes:
        below(axis)
    titled(figure, f"{title_of(run)}, {counted(run)}", title)
    return whole(figure)


@styled
def comparison(
    runs: Mapping[str, Trajectory],
    title: str | None = None,
    every: int | None = None,
    *,
    figure: FigureBase | None = None,
    size: Pair | None = None,
) -> Figure:
    """Two panels for several labelled runs: their losses, and second order over first.

    A run has the same look in both, and one legend below names it.

    Parameters
    ----------
    runs : dict
        {label: Trajectory}.
    title : str, optional
        By default none.
    every : int, optional
        Interval of the steps that are broken down.
    figure, size
        As in `flownet.plot.breakdown`.

    Returns
    -------
    Figure
        The new one, which a notebook shows, or the one that holds what was given.

    Raises
    ------
    FlownetError
        When there is no run, or one keeps no two consecutive states.
    """
    if not isinstance(runs, dict) or not runs:
        raise FlownetError(f"runs is {shown(runs)}; it has to be a table {{label: run}} of runs.")
    figure, axes = panels(2, (11, 4.4), size=size, figure=figure)
    broken, values = [], []
    for i, (label, run) in enumerate(runs.items()):
        record = run.observables["loss"]
        drawn = np.abs(record.value) < MOST
        values.append(record.value[drawn])
        line(axes[0], i, record.time[drawn], values[-1], str(label))
        broken.append((_series(run, every), str(label)))
    log_if_wide(axes[0], np.concatenate(values))
    axes[0].set(xlabel=TIME, ylabel="loss L", title="Loss")
    _ratio(axes[1], broken)
    many = max(len(series) for series, _ in broken)
    below_all(figure, axes[0], title=dots_and_line(many))
    titled(figure, "", title)
    return whole(figure)


def counted(run):
    """How many steps a run took."""
    return f"{len(run.step)} step{'s' * (len(run.step) != 1)}"


def promises(axis, series, names=("linear", "actual", "second"), size=3):
    """What steps promised and delivered."""
    labels = {
        "linear": "promised (first order)",
        "actual": "delivered",
        "second": "second order, exact",
    }
    for i, name in enumerate(names):
        # columns of a breakdown are its attributes
        trend(axis, i, series.time, getattr(series, name), labels[name], size)
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
    beside_axis(axis, 1, "critical\nstep")
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
