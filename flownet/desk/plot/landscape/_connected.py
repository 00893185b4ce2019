"""The tree of passes: minima as leaves at their loss, joined where the lowest path between is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ....linearization.landscape import Connectedness
from .._canvas import one_panel, styled_of
from .._style import INK, below, log_if_wide

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

    from ...._types import Pair


@styled_of(Connectedness, "a Connectedness is wanted, as flownet.connectedness gives it")
def connectedness(
    found: Connectedness,
    *,
    ax: Axes | None = None,
    figure: FigureBase | None = None,
    size: Pair | None = None,
    title: str | None = None,
) -> Any:
    """Tree of the lowest passes between minima (disconnectivity graph).

    Each minimum is a leaf at its loss. Two groups of minima join at the highest loss on the lowest
    path known between them.

    Parameters
    ----------
    found : Connectedness
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
        For what is no `Connectedness`.
    """
    drawn, axis = one_panel((7.2, 4.4), ax, size, figure)
    order = _order(found)
    place = {i: float(k) for k, i in enumerate(order)}
    group = {i: (i, place[i], found.loss[i]) for i in order}  # minimum to its group: name, x, top
    for path, ink, dashes in (("band", 0, "-"), ("straight path", 1, (0, (4, 2)))):
        axis.plot([], [], color=INK[ink], linestyle=dashes, label=f"joined by a {path}")
    for edge in found.tree:
        one, other = group[edge.i], group[edge.j]
        ink, dashes = (0, "-") if edge.path == "band" else (1, (0, (4, 2)))
        level = max(edge.level, one[2], other[2])
        x = [one[1], one[1], other[1], other[1]]
        axis.plot(x, [one[2], level, level, other[2]], color=INK[ink], linestyle=dashes)
        joined = (one[0], (one[1] + other[1]) / 2, level)
        for i in order:
            if group[i][0] in (one[0], other[0]):
                group[i] = joined
    losses = found.loss[order]
    axis.plot(
        np.arange(len(order)), losses, "v", color=INK[2], markeredgecolor="black", label="minima"
    )
    log_if_wide(axis, np.concatenate([losses, [edge.level for edge in found.tree]]))
    axis.set_xticks(np.arange(len(order)), [str(i) for i in order])
    own = (
        f"{len(order)} minima, joined without a rise"
        if found.connected
        else f"{len(order)} minima: the worst pass rises by {found.rise:.3g}"
    )
    axis.set(xlabel="minimum", ylabel="loss L", title=own if title is None else title)
    axis.grid(axis="x", visible=False)
    below(axis, ncol=3)
    return drawn


def _order(found):
    """Minima so that branches of the tree do not cross, each group beside the one it joins."""
    groups = {i: [i] for i in range(len(found.loss))}
    for edge in found.tree:
        one, other = groups[edge.i], groups[edge.j]
        low, high = sorted((one, other), key=lambda group: min(found.loss[group]))
        joined = low + high
        for i in joined:
            groups[i] = joined
    return groups[0]
