"""A census of critical points: how many of which index, at which loss, beside what chance says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ... import _progress
from ..._errors import FlownetError, shown
from ..._origin import with_origin
from ..._random import normal, stream_key
from ..._table import Table, Tabled, percent, short
from ...geometry.curvature import EXACT, metric_hessian, with_hessian
from ...model._check import is_real, is_whole, numbers_in
from ._chance import chance_of_minimum
from ._search import search

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..._types import MetricLike, Positive, Whole
    from ...model.potential import AnyPotential

KINDS = ("critical", "gradient-flat", "not reached")
ZERO = 1e-6  # |λ| of a zero mode, relative to the largest
_SAME = 1e-8  # of the largest |L|: levels that are one
_LINES = 24  # of a table
_STARTS = stream_key("census", 0)


@dataclass(frozen=True)
class Census(Tabled):
    """Where searches for critical points ended, one row each.

    Attributes
    ----------
    W : ndarray (n, D)
    loss, gradient : ndarray (n,)
        L, and ‖dL‖ in the metric.
    kind : ndarray (n,) of str
        "critical"; "gradient-flat", where ‖dL‖ is stationary and not 0; "not reached".
    index, zero_modes : ndarray (n,)
        How many directions bend down, and how many are flat.
    flatness : ndarray (n,)
        ‖H dL‖/(max|λ|·‖dL‖), max|λ| the largest met by each search.
    size : int
        F, the number of free parameters.
    rtol : float
    """

    W: np.ndarray
    loss: np.ndarray
    gradient: np.ndarray
    kind: np.ndarray
    index: np.ndarray
    zero_modes: np.ndarray
    flatness: np.ndarray
    size: int
    rtol: float

    @property
    def critical(self) -> np.ndarray:
        """Mask of the points that are critical."""
        return self.kind == KINDS[0]

    @property
    def bending(self) -> np.ndarray:
        """How many directions of each point bend at all: F less its zero modes."""
        return self.size - self.zero_modes

    @property
    def levels(self) -> list[dict]:
        """Critical points of one loss and index together, the lowest first.

        Each with `loss`, `index`, the least and the most `zero_modes`, and their `count`.
        """
        rows = np.flatnonzero(self.critical)
        rows = rows[np.argsort(self.loss[rows], kind="stable")]
        if not rows.size:
            return []
        apart = np.diff(self.loss[rows]) > _SAME * np.abs(self.loss[rows]).max()
        found = []
        for level in np.split(rows, np.flatnonzero(apart) + 1):
            for index in np.unique(self.index[level]):
                some = level[self.index[level] == index]
                zeros = self.zero_modes[some]
                found.append(
                    {
                        "loss": float(self.loss[some].min()),
                        "index": int(index),
                        "zero_modes": (int(zeros.min()), int(zeros.max())),
                        "count": len(some),
                    }
                )
        return found

    @property
    def share_of_minima(self) -> float:
        """The share of critical points of index 0; NaN of none.

        With zero modes they need not be minima: there higher orders decide.
        """
        return float(np.mean(self.index[self.critical] == 0)) if self.critical.any() else np.nan

    @property
    def chance(self) -> tuple[float, float]:
        """The share of minima by independent signs and by random matrices, each point's own n."""
        n, counts = np.unique(self.bending[self.critical], return_counts=True)
        if not counts.size:
            return np.nan, np.nan
        shares = np.array([chance_of_minimum(int(k)) for k in n])
        signs, matrices = counts @ shares / counts.sum()
        return float(signs), float(matrices)

    def table(self) -> Table:
        """Levels of the critical points, and how searches ended, as a `Table`."""
        levels = self.levels
        left = len(levels) - _LINES
        shown_levels = levels[:_LINES]
        ended = ", ".join(f"{np.sum(self.kind == kind)} {kind}" for kind in KINDS)
        signs, matrices = self.chance
        notes = [f"and {left} levels more"] if left > 0 else []
        notes.append(f"of {len(self.loss)} searches: {ended}")
        if levels:
            notes.append(
                f"critical points of index 0: {percent(self.share_of_minima)}; chance of "
                f"independent signs 2^-n {signs:.2g}, of random matrices {matrices:.2g}, n the "
                "directions that bend at each"
            )
        notes.append("starts are no measure: how often a point is found says how wide its draw is")
        return Table(
            f"Census of {self.size} free parameters",
            {
                "loss": (".8g", [level["loss"] for level in shown_levels]),
                "index": (short, [level["index"] for level in shown_levels]),
                "zero modes": (_span, [level["zero_modes"] for level in shown_levels]),
                "found": (short, [level["count"] for level in shown_levels]),
            },
            notes,
        )


@with_origin
def census(
    potential: AnyPotential,
    starts: Whole | ArrayLike = 200,
    *,
    metric: MetricLike | None = None,
    scale: Positive = 1.0,
    seed: Whole = 0,
    rtol: float = 1e-12,
    flat: float = 1e-3,
    steps: int = 200,
    progress: bool = True,
) -> Census:
    """Critical points of any index that searches from many starts find, counted.

    Each search goes down ½‖dL‖² (Levenberg and Marquardt), at which minima, saddles and maxima are
    alike. Where it comes to rest with dL ≠ 0, because H dL = 0, the point is gradient-flat, and no
    critical one (Frye et al., arXiv:2003.10397). Directions with |λ| ≤ 1e-6·max|λ| are zero modes
    and counted apart: of what bends, the index is the number that bends down.

    Parameters
    ----------
    potential : Potential, Sum or analytic
    starts : int or array (n, D)
        Parameters to begin from, or how many are drawn: normal numbers of deviation `scale`.
    metric : LayerMetric or DiagonalMetric, optional
    scale : float
    seed : int
        Of the starts that are drawn.
    rtol : float
        A point is critical where ‖dL‖ ≤ rtol·(max|λ|·‖W‖ + √(2·max|λ|·|L|)).
    flat : float
        A point is gradient-flat where ‖H dL‖ ≤ flat·max|λ|·‖dL‖.
    steps : int
        Of each search at most.
    progress : bool
        A progress bar after two seconds, where the output is a terminal.

    Returns
    -------
    Census

    Raises
    ------
    FlownetError
        For more than 2500 free parameters, as the spectrum is made at each step; and unless starts,
        metric and numbers are as above.
    """
    for name, value in (("rtol", rtol), ("flat", flat), ("scale", scale)):
        if not (is_real(value) and value > 0):
            raise FlownetError(f"{name} is {shown(value)}; it has to be a number above 0.")
    if not is_whole(steps, 1):
        raise FlownetError(f"steps is {shown(steps)}; it has to be a whole number from 1 up.")
    starts = _starts(with_hessian(potential), starts, scale, seed)
    free = metric_hessian(potential, starts[0], metric).shape[0]
    if free > EXACT:
        raise FlownetError(f"a census makes spectra: of up to {EXACT} free parameters, not {free}.")
    found = []
    with _progress.bar(len(starts), shown=progress, what="searches") as show:
        for i, W in enumerate(starts):
            found.append(search(potential, W, metric, rtol, flat, int(steps)))
            show(i + 1)
    spectra = np.stack([point.values for point in found])
    zero = ZERO * np.array([[point.radius] for point in found])
    return Census(
        np.stack([point.W for point in found]),
        np.array([point.loss for point in found]),
        np.array([point.gradient for point in found]),
        np.array([_kind(point, rtol, flat) for point in found]),
        np.sum(spectra < -zero, axis=1),
        np.sum(np.abs(spectra) <= zero, axis=1),
        np.array([point.flatness for point in found]),
        free,
        float(rtol),
    )


def _kind(point, rtol, flat):
    if point.gradient <= rtol * point.natural:
        return KINDS[0]
    return KINDS[1] if point.flatness <= flat else KINDS[2]


def _starts(potential, starts, scale, seed):
    """Starts (n, D), given or drawn."""
    if is_whole(starts, -(2**62)):
        if not is_whole(starts, 1):
            raise FlownetError(f"starts is {shown(starts)}; at least one is wanted.")
        if not is_whole(seed, 0):
            raise FlownetError(f"seed is {shown(seed)}; it has to be a whole number from 0 up.")
        size = potential.size
        return scale * normal(seed, _STARTS, int(starts) * size).reshape(-1, size)
    starts = numbers_in("starts", starts)
    if starts.ndim != 2 or starts.shape[1] != potential.size or not len(starts):
        raise FlownetError(
            f"starts has shape {starts.shape}; it has to be one start a row, (n, {potential.size})."
        )
    return starts


def _span(ends):
    low, high = ends
    return str(low) if low == high else f"{low} to {high}"
