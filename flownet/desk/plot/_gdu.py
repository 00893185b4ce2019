"""Increments of equilibrium propagation upon those of backpropagation through time."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from ...equilibrium import GDU
from ._canvas import panels, styled_of, titled, whole
from ._style import INK, below_all, line

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

    from ..._types import Pair


@styled_of(GDU, "a GDU is wanted, as flownet.gdu gives it")
def gdu(
    found: GDU,
    *,
    figure: FigureBase | None = None,
    size: Pair | None = None,
    title: str | None = None,
) -> Any:
    """Increments sweep by sweep: lines of backpropagation through time, circles of the nudge.

    Of each layer the parameter and the neuron that move most are drawn. A third panel shows how far
    both ways are apart, beside the largest increment of a sweep, and how far their sums still are
    from dL.

    Parameters
    ----------
    found : GDU
    figure : Figure or SubFigure, optional
        Where to draw, as its three panels.
    size : (float, float), optional
        Width and height of a new figure in inches.
    title : str, optional
        In place of the figure's own; "" for none.

    Returns
    -------
    Figure
    """
    figure, axes = panels(3, (12.0, 4.0), size=size, figure=figure)
    sweep = np.arange(1, len(found.of_nudge) + 1)
    m, ends = found.neurons_of_nudge.shape[1], np.cumsum((0, *found.layers))
    theirs, ours = found.neurons_through_time, found.neurons_of_nudge
    for i, (begin, end) in enumerate(pairwise(ends)):
        name, own, within = f"layer {i + 1}", found.parts[i], np.s_[:, :, begin:end]
        _pair(axes[0], i, sweep, found.through_time[:, own], found.of_nudge[:, own], name)
        flat = (len(sweep), m * (end - begin))
        _pair(axes[1], i, sweep, theirs[within].reshape(flat), ours[within].reshape(flat), name)
    line(axes[2], 0, sweep, found.apart, "parameters apart", marker="o", markersize=3)
    line(axes[2], 1, sweep, found.neurons_apart, "neurons apart", marker="o", markersize=3)
    line(axes[2], 2, sweep, found.left, "sum short of dL", marker="o", markersize=3)
    axes[2].set(yscale="log", ylabel="relative", title="How far apart")
    axes[0].set(ylabel="increment of ∂L/∂W", title="Parameters")
    axes[1].set(ylabel="increment of ∂L/∂a", title="Neurons")
    for axis in axes:
        axis.set(xlabel="sweep")
    below_all(figure, axes[0])
    axes[2].legend(fontsize=8)
    titled(
        figure,
        f"Circles: nudged sweeps {found.order}. Lines: back through free sweeps {found.backwards}.",
        title,
    )
    return whole(figure)


def _pair(axis, i, sweep, theirs, ours, name):
    """The number that moves most, by both ways."""
    most = np.abs(theirs).sum(axis=0).argmax()
    line(axis, i, sweep, theirs[:, most], name)
    ink = INK[i % len(INK)]
    axis.plot(sweep, ours[:, most], "o", color=ink, markerfacecolor="none", markersize=6)
