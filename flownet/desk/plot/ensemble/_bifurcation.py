"""Where the finite map goes for each step, and how fast neighbouring states part there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...._errors import FlownetError
from ....ensemble.attractors import DIVERGED, Bifurcation
from .._canvas import canvas, styled_of, titled, whole
from .._style import INK, MOST, below_all, log_if_wide

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

    from ...._types import Pair

_APART = 0.07  # of the width: names of doublings that do not run into each other
_DEEPEST = 2.0  # exponents below the largest of its size are cut off: −∞ is one of them
_WORDS = {"W": "W", "loss": "loss L", "projection": "projection of W"}


@styled_of(Bifurcation, "a Bifurcation is wanted, as flownet.bifurcation gives it")
def bifurcation(
    found: Bifurcation,
    *,
    figure: FigureBase | None = None,
    size: Pair | None = None,
    title: str | None = None,
) -> Any:
    """States that each step h settles on, and beneath them the largest Lyapunov exponent.

    Every kept state is a dot: one for a minimum, p for a cycle, a cloud for chaos. Vertical lines
    mark where the multiplier of a cycle is −1 and its period doubles. Where the exponent is above
    0, neighbouring states part.

    Parameters
    ----------
    found : Bifurcation
    figure : Figure or SubFigure, optional
        Where to draw, as its two panels.
    size : (float, float), optional
        Width and height of a new figure in inches.
    title : str, optional
        In place of the figure's own; "" for none.

    Returns
    -------
    Figure

    Raises
    ------
    FlownetError
        For what is no `Bifurcation`, and one of several values a state.
    """
    if found.values.ndim != 2:
        raise FlownetError(
            f"the bifurcation holds {found.values.shape[2]} values a state, and a figure shows "
            "one: observe='loss' or one direction is such."
        )
    figure = canvas((7.2, 6.0), size, figure)
    above, beneath = figure.subplots(2, 1, sharex=True, height_ratios=(2.2, 1))
    h = np.repeat(found.step, found.values.shape[1])
    words = {"markersize": 1.3, "markeredgewidth": 0, "alpha": 0.5, "rasterized": True}
    values = np.where(np.abs(found.values) < MOST, found.values, np.nan)
    above.plot(h, values.ravel(), ".", color=INK[0], **words)
    if found.name == "loss":
        log_if_wide(above, values[np.isfinite(values)])
    above.set(ylabel=_WORDS[found.name])
    _exponents(beneath, found)
    _doublings((above, beneath), found)
    _nowhere((above, beneath), found)
    if beneath.get_legend_handles_labels()[0]:
        below_all(figure, beneath)
    beneath.set(xlabel="step h", ylabel="largest exponent\nper step", xlim=_ends(found.step))
    titled(figure, f"Where the finite map goes: {found.of}", title)
    return whole(figure)


def _exponents(axis, found):
    """The largest exponent, dark where states meet and warm where they part."""
    order = np.argsort(found.step, kind="stable")
    step, exponent = found.step[order], found.exponent[order]
    finite = exponent[np.isfinite(exponent)]
    low = max(finite.min(initial=0.0), -_DEEPEST * max(1.0, finite.max(initial=0.0)))
    axis.axhline(0, color="#555555", linewidth=0.8)
    exponent = np.where(exponent == -np.inf, low, np.maximum(exponent, low))
    axis.plot(step, exponent, color=INK[0], linewidth=0.8)
    parts = exponent > 0
    axis.fill_between(step, 0, exponent, where=parts, color=INK[2], linewidth=0, alpha=0.55)
    if parts.any():
        axis.plot([], [], color=INK[2], linewidth=6, alpha=0.55, label="neighbours part: chaos")


def _doublings(axes, found):
    """A line where a period doubles, with its periods above it if they have room."""
    width, last = np.ptp(found.step), -np.inf
    for doubling in found.doublings:
        for axis in axes:
            axis.axvline(
                doubling.step, color=INK[3], linewidth=0.7, linestyle=(0, (4, 2)), zorder=1
            )
        if doubling.step - last > _APART * width:
            axes[0].annotate(
                f"{doubling.period}→{2 * doubling.period}",
                (doubling.step, 1),
                xycoords=("data", "axes fraction"),
                xytext=(0, 3),
                textcoords="offset points",
                ha="center",
                fontsize="small",
                color=INK[3],
            )
            last = doubling.step
    if found.doublings:
        style = {"color": INK[3], "linewidth": 0.9, "linestyle": (0, (4, 2))}
        axes[1].plot([], [], label="multiplier −1: the period doubles", **style)


def _nowhere(axes, found):
    """Grey where steps diverge."""
    order = np.argsort(found.step, kind="stable")
    step, gone = found.step[order], found.period[order] == DIVERGED
    if not gone.any() or len(step) < 2:
        return
    middles = (step[1:] + step[:-1]) / 2
    edges = np.concatenate([step[:1], middles, step[-1:]])
    for axis in axes:
        for i in np.flatnonzero(gone):
            axis.axvspan(edges[i], edges[i + 1], color="#e4e4e4", linewidth=0, zorder=0)
    axes[1].plot([], [], color="#e4e4e4", linewidth=6, label="diverges")


def _ends(step):
    low, high = step.min(), step.max()
    return (low, high) if low < high else (low - 0.5, high + 0.5)
