"""Curves of several runs in one panel: losses and observables, smoothed where they scatter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..._errors import FlownetError, shown
from ..._registry import unknown
from ...store.trajectory import Record, Trajectory
from ._canvas import one_panel, styled
from ._style import MOST, TIME, below, line, log_if_wide, loss_label, title_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

    from ..._types import Pair

_POINTS = 2000  # at which a running mean is worked out
_PALE = {"alpha": 0.25, "linewidth": 0.8, "zorder": 1.5}
_ABSCISSAE = {"iteration": "iteration", "epoch": "epoch", "time": TIME}


@styled
def curves(
    runs: Trajectory | Mapping[str, Trajectory],
    *,
    x: Literal["iteration", "epoch", "time"] = "time",
    y: str = "loss",
    smooth: int | None = None,
    ax: Axes | None = None,
    figure: FigureBase | None = None,
    size: Pair | None = None,
    title: str | None = None,
) -> Any:
    """Losses of several runs in one panel, or one of their observables.

    What scatters is smoothed by a running mean, with the raw curve pale behind it. The axis is
    logarithmic where the values span more than a factor of 20. Flows are drawn too.

    Parameters
    ----------
    runs : dict or Trajectory
        {name: Trajectory}, or one run.
    x : {"time", "iteration", "epoch"}
        Epochs are those of mini-batches; of a full batch each step is one.
    y : str
        "loss", "step", or the name of an observable of all these runs.
    smooth : int, optional
        Iterations that a running mean is taken over, 1 for none; by default losses of mini-batches
        are smoothed over an epoch, or over a tenth of the run where that is shorter.
    ax : Axes, optional
        Where to draw; by default in a new figure.
    figure : Figure or SubFigure, optional
        Where to draw, as its one panel.
    size : (float, float), optional
        Width and height of a new figure in inches.
    title : str, optional
        In place of the figure's own; "" for none.

    Returns
    -------
    Figure or Axes
        The figure, which a notebook shows where it is new; the axes, if they were given.

    Raises
    ------
    FlownetError
        When a run lacks what is asked for, or it is no number a step.
    """
    runs = {"": runs} if isinstance(runs, Trajectory) else runs
    _check(runs, x, y, smooth)
    records = {name: _record(name, run, x, y) for name, run in runs.items()}
    made, ax = one_panel((7.2, 4.6), ax, size, figure)
    drawn = [
        _curve(ax, i, str(name), run, records[name], smooth if y != "loss" else _width(run, smooth))
        for i, (name, run) in enumerate(runs.items())
    ]
    if any(map(len, drawn)):
        log_if_wide(ax, np.concatenate(drawn))
    ax.set(xlabel=_ABSCISSAE[x], ylabel=_ylabel(runs, y))
    if text := _title(runs, y) if title is None else title:
        ax.set_title(text)
    if len(runs) > 1:
        below(ax, ncol=min(3, len(runs)))
    return made


def _check(runs, x, y, smooth):
    if not isinstance(runs, dict) or not runs:
        raise FlownetError(
            f"runs is {shown(runs)}; it has to be a run, or a table {{name: run}} of several."
        )
    if x not in _ABSCISSAE:
        raise FlownetError(f"x is {shown(x)}; it has to be one of {', '.join(_ABSCISSAE)}.")
    if not isinstance(y, str):
        raise FlownetError(f"y is {shown(y)}; it has to be a name, such as 'loss'.")
    whole = isinstance(smooth, (int, np.integer)) and not isinstance(smooth, bool)
    if smooth is not None and not (whole and smooth >= 1):
        raise FlownetError(
            f"smooth is {shown(smooth)}; it has to be a whole number of iterations from 1 up."
        )


def _record(name, run, x, y):
    """What is drawn of a run: abscissae (n,), values (n,), and iterations (n,)."""
    if y not in run.observables:
        where = f"run {name!r}: " if name else ""
        raise FlownetError(where + unknown("observable", y, list(run.observables)))
    record = run.observables[y]
    value = np.asarray(record.value)
    if value.ndim != 1 or np.iscomplexobj(value):
        what = f"{value.shape[1:]} numbers" if value.ndim != 1 else "a complex number"
        raise FlownetError(f"{y!r} is {what} a step: a curve takes one real number.")
    if y == "loss" and run.is_batched and run.finished:
        record = Record(*(part[:-1] for part in record))  # the last is that of all data
    return Record(record.iteration, _abscissae(run, record, x), np.asarray(record.value, float))


def _abscissae(run, record, x):
    if x == "time":
        return record.time
    if x == "epoch":
        if run.is_flow:
            raise FlownetError("a flow has no epochs: draw it against x='time'.")
        return record.iteration / _per_epoch(run)
    return record.iteration


def _per_epoch(run):
    """Iterations of an epoch."""
    return run.batches.per_epoch if run.is_batched else 1


def _width(run, smooth):
    """Iterations that a loss is smoothed over."""
    if smooth is not None or not run.is_batched:
        return smooth
    return max(1, min(_per_epoch(run), len(run.step) // 10))


def _curve(ax, i, name, run, record, width):
    """Draw one curve; the values of its line."""
    kept = np.abs(record.value) < MOST
    iteration, x, value = (part[kept] for part in record)
    if width is None or width == 1 or len(value) < 3:
        line(ax, i, x, value, name)
        return value
    line(ax, i, x, value, linestyle="-", **_PALE)
    at, mean = running_mean(iteration, value, width)
    line(ax, i, x[at], mean, name)
    return mean


def running_mean(iteration, value, width):
    """Places (k,) among n values, 2000 at most, and the means of what lies within half a width.

    Each is a sum of its own: a difference of running sums would lose the small values that come
    after large ones.
    """
    at = np.unique(np.linspace(0, len(value) - 1, _POINTS).round().astype(int))
    begin = np.searchsorted(iteration, iteration[at] - (width - 1) / 2)
    end = np.searchsorted(iteration, iteration[at] + width / 2, side="left")
    end = np.maximum(end, at + 1)
    return at, np.array([value[a:b].mean() for a, b in zip(begin, end)])


def _ylabel(runs, y):
    if y != "loss":
        return "step η δt" if y == "step" else y
    labels = {loss_label(run) for run in runs.values()}
    return labels.pop() if len(labels) == 1 else "loss L"


def _title(runs, y):
    """Of one run its own; of several what they have in common."""
    titles = [title_of(run) for run in runs.values()]
    if len(runs) == 1:
        return titles[0]
    what = {"loss": "Loss", "step": "Step"}.get(y, y)
    common = [title.split(", ")[0] for title in titles]
    return f"{what}, {common[0]}" if len(set(common)) == 1 else what
