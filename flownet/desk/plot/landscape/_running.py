"""Effective parameters and evidence against the number of samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ....linearization.evidence import Running
from .._canvas import panels, styled_of, titled, whole
from .._style import INK, below, line

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

    from ...._types import Pair

_MODES = 12  # lines of single modes


@styled_of(Running, "a Running is wanted, as flownet.evidence(…).running() gives it")
def running(
    found: Running,
    *,
    figure: FigureBase | None = None,
    size: Pair | None = None,
    title: str | None = None,
) -> Any:
    """How effective parameters, and what the prior's width costs, run with the samples N.

    Left the share of all parameters that the data decide, γ(N)/F, and some single modes, each from
    0 to 1; right −½Σ log(1 + Nh̄/α) beside what BIC says of it, −½F·log N, moved to meet it at the
    samples there are.

    Parameters
    ----------
    found : Running
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
        For what is no `Running`.
    """
    figure, (left, right) = panels(2, (9.4, 4.2), size=size, figure=figure)
    N = found.samples
    if found.modes is not None:
        some = found.modes[:, found.modes.max(axis=0) > 1e-3]
        for k in np.unique(np.linspace(0, some.shape[1] - 1, _MODES).round().astype(int)):
            label = "single modes γᵢ" if k == some.shape[1] - 1 else None
            left.plot(N, some[:, k], color=INK[4], linewidth=0.8, alpha=0.7, label=label)
    line(left, 0, N, found.gamma / found.size, "γ/F, all of them", linewidth=2.4)
    left.set(
        ylabel="decided by the data", ylim=(-0.03, 1.03), title="0 prior's rule, 1 data's rule"
    )
    line(right, 0, N, found.occam, "−½Σ log(1 + Nh̄/α)")
    here = np.interp(np.log(found.at), np.log(N), found.occam)
    line(
        right,
        2,
        N,
        here - found.size / 2 * np.log(N / found.at),
        "BIC, −½F log N, moved to meet it",
    )
    low = found.occam.min()
    right.set(
        ylabel="what the width costs", ylim=(1.1 * low, -0.1 * low), title="its slope is −γ/2"
    )
    for axis in (left, right):
        axis.axvline(found.at, color=INK[5], linewidth=0.8, linestyle=":")
        axis.set(xscale="log", xlabel="samples N (dotted: those there are)")
        below(axis, ncol=1)
    titled(figure, f"{found.size} parameters: γ(N) = {_at(found):.4g} at N = {found.at}", title)
    return whole(figure)


def _at(found):
    """γ at the samples there are."""
    return float(np.interp(np.log(found.at), np.log(found.samples), found.gamma))
