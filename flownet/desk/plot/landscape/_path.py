"""The loss along paths between two minima: bands with their critical points, bent curves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ....linearization.landscape import Band, Curve
from .._canvas import one_panel, styled_of
from .._style import INK, below, line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

    from ...._types import Pair

#: kind and index of a critical point to its mark and its words
_MARKS = {
    "pass": ("^", "saddle of index 1"),
    "saddle": ("X", "saddle"),
    "minimum": ("v", "minimum"),
}


@styled_of(Band, "a Band is wanted, as flownet.band gives it")
def band(
    found: Band,
    *,
    ax: Axes | None = None,
    figure: FigureBase | None = None,
    size: Pair | None = None,
    title: str | None = None,
) -> Any:
    """Loss along a band, from A to B, with its pivots and the critical points on its way.

    Parameters
    ----------
    found : Band
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
        For what is no `Band`.
    """
    drawn, axis = one_panel((7.2, 4.2), ax, size, figure)
    line(axis, 0, found.dense_arc, found.dense_loss, "along the chain")
    axis.plot(found.arc, found.loss, "o", color=INK[0], markersize=3, label="pivots")
    named = set()
    for point in found.stations:
        kind = "pass" if point.kind == "saddle" and point.index == 1 else point.kind
        if kind not in _MARKS:
            continue
        mark, words = _MARKS[kind]
        at = found.arc[np.linalg.norm(found.W - point.W, axis=1).argmin()]
        label = None if kind in named else words
        axis.plot(
            at, point.loss, mark, color=INK[2], markeredgecolor="black", markersize=8, label=label
        )
        named.add(kind)
    own = f"Band from A to B: rise {found.rise:.4g}, on the straight path {found.straight.rise:.4g}"
    axis.set(xlabel="length of the chain", ylabel="loss L", title=own if title is None else title)
    below(axis, ncol=3)
    return drawn


@styled_of(Curve, "a Curve is wanted, as flownet.curve gives it, or several of them by name")
def curve(
    found: Curve | dict[str, Curve],
    *,
    ax: Axes | None = None,
    figure: FigureBase | None = None,
    size: Pair | None = None,
    title: str | None = None,
) -> Any:
    """Loss along curves with one bend, from A to B.

    Parameters
    ----------
    found : Curve, or dict of them by name
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
        For what is no `Curve`.
    """
    drawn, axis = one_panel((7.2, 4.2), ax, size, figure)
    several = found if isinstance(found, dict) else {found.kind: found}
    for i, (name, one) in enumerate(several.items()):
        line(axis, i, one.t, one.loss, f"{name}, mean {one.mean:.3g}")
    first = next(iter(several.values()))
    own = f"From A to B; straight: mean {first.straight_mean:.3g}, rise {first.straight.rise:.3g}"
    axis.set(xlabel="t", ylabel="loss L", title=own if title is None else title)
    below(axis)
    return drawn
