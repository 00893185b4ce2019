"""Index against loss of the critical points that were found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...._errors import FlownetError
from ...._table import percent
from ....linearization.landscape import Census
from .._canvas import one_panel, styled_of
from .._style import INK, below

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

    from ...._types import Pair

_MARKS = ((INK[2], "v", "index 0"), (INK[0], "o", "above; area: how many were found"))
_LARGEST = 22.0  # diameter of a mark, in points


@styled_of(Census, "a Census is wanted, as flownet.census gives it")
def census(
    found: Census,
    *,
    ax: Axes | None = None,
    figure: FigureBase | None = None,
    size: Pair | None = None,
    title: str | None = None,
) -> Any:
    """Index of critical points against their loss, the area of a mark by how many were found.

    The index is a share of the directions that bend at all, zero modes left out.

    Parameters
    ----------
    found : Census
    ax : Axes, optional
        Where to draw.
    figure : Figure or SubFigure, optional
    size : (float, float), optional
        Width and height of a new figure in inches.
    title : str, optional
        In place of the figure's own; "" for none.

    Returns
    -------
    Figure or Axes

    Raises
    ------
    FlownetError
        For what is no `Census`, and one without a critical point.
    """
    if not found.critical.any():
        raise FlownetError("no search of the census has come to a critical point: nothing to draw.")
    drawn, axis = one_panel((7.2, 4.4), ax, size, figure)
    some = found.critical
    bending = np.maximum(found.bending[some], 1)
    points = np.stack([found.loss[some], found.index[some] / bending], axis=1)
    scale = max(np.ptp(points[:, 0]), 1e-300)
    rounded = np.stack([np.round((points[:, 0] - points[:, 0].min()) / scale, 6), points[:, 1]], 1)
    _, first, counts = np.unique(rounded, axis=0, return_index=True, return_counts=True)
    for minima, (color, mark, _) in zip((True, False), _MARKS):
        rows = (points[first, 1] == 0) == minima
        if rows.any():
            area = _LARGEST**2 * counts[rows] / counts.max() + 9
            x, y = points[first][rows].T
            axis.scatter(x, y, area, color=color, marker=mark, alpha=0.7, edgecolor="black")
    signs, matrices = found.chance
    own = (
        f"{np.sum(some)} critical points; index 0: {percent(found.share_of_minima)}\n"
        f"chance of a minimum {percent(signs)} (signs), {percent(matrices)} (random matrices)"
    )
    axis.set(
        xlabel="loss L",
        ylabel="index, of the directions that bend",
        title=own if title is None else title,
    )
    axis.margins(0.1)
    _legend(axis)
    return drawn


def _legend(axis):
    """Marks of one size each: those of the figure differ."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], linestyle="", marker=mark, color=color, markeredgecolor="black", label=words)
        for color, mark, words in _MARKS
    ]
    below(axis, handles=handles)
