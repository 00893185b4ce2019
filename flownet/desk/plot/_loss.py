"""Loss and observables of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._canvas import one_panel, panels, styled, whole
from ._style import TIME, below, line, losses

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

    from ..._types import Pair
    from ...store.trajectory import Trajectory


@styled
def loss(
    run: Trajectory,
    *,
    ax: Axes | None = None,
    figure: FigureBase | None = None,
    size: Pair | None = None,
    title: str | None = None,
) -> Any:
    """Loss against time, with losses observed beside it; other observables in a second panel.

    Parameters
    ----------
    run : Trajectory
    ax : Axes, optional
        Where to draw; the losses alone then.
    figure : Figure or SubFigure, optional
        Where to draw; by default a new figure.
    size : (float, float), optional
        Width and height of a new figure in inches.
    title : str, optional
        In place of the figure's own; "" for none.

    Returns
    -------
    Figure or Axes
        The figure, which a notebook shows where it is new; the axes, if they were given.
    """
    kinds = {name: table["kind"] for name, table in run.experiment.get("observe", {}).items()}
    same = [name for name in kinds if kinds[name] == "loss"]
    others = [name for name in kinds if kinds[name] != "loss" and _is_drawn(run, name)]
    if ax is not None or not others:
        made, ax = one_panel((6.4, 4.2), ax, size, figure)
        axes = [ax]
    else:
        made, axes = panels(2, (11.4, 4.2), size=size, figure=figure)
        made = whole(made)
        for i, name in enumerate(others):
            observed = run.observables[name]
            line(axes[1], i, observed.time, observed.value, name, marker="o", markersize=3)
        axes[1].set(
            xlabel=TIME, ylabel=others[0] if len(others) == 1 else "value", title="Observables"
        )
    losses(axes[0], run)
    for i, name in enumerate(same, 1):
        line(axes[0], i, run.observables[name].time, run.observables[name].value, name)
    if title is not None:
        axes[0].set_title(title)
    for axis in axes:
        below(axis)
    return made


def _is_drawn(run, name):
    """Whether an observable is one real number at a time."""
    value = run.observables[name].value
    return value.ndim == 1 and not np.iscomplexobj(value)
