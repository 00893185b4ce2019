"""The lowest path between two minima that an elastic band finds, and the saddle on its top."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np

from ... import _progress
from ..._errors import FlownetError, shown
from ..._origin import with_origin
from ..._table import Table, Tabled
from ...model._check import is_real, is_whole
from ..exits import Barrier, CriticalPoint, barrier
from . import _chain
from ._descent import STANDS_OUT, Descent, aside, near
from ._ground import Ground

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..._types import MetricLike
    from ...model.potential import AnyPotential

#: what a verdict may say, and what is meant by it
MEANINGS = {
    "pass": "the top is a saddle of index 1: locally no path goes lower",
    "level": "the loss rises nowhere above the higher end: one valley",
    "no pass": "the top is no saddle of index 1; the rise still bounds the barrier from above",
    "not at rest": "the steps were over, and the top is no saddle of index 1 yet; the rise bounds "
    "the barrier from above",
}
_LOOKED = 5  # points of the straight path where max|λ| is looked for
_PUSHES = 3  # how often a chain is pushed off a top that falls away to its sides


@dataclass(frozen=True)
class Band(Tabled):
    """A chain of pivots between A and B that came to rest.

    Attributes
    ----------
    W : ndarray (n, D)
        Pivots, A and B the first and the last.
    loss : ndarray (n,)
    arc : ndarray (n,)
        Length of the chain up to each, in the metric.
    dense_arc, dense_loss : ndarray (10(n−1) + 1,)
        The chain looked at ten times as finely.
    rise : float
        Of the dense chain above the higher end, 0 at least: a bound of the barrier from above, as
        far as the dense chain sees.
    straight : Barrier
        Of the straight path.
    stations : tuple of CriticalPoint
        Saddles on the chain's hills and minima in its hollows, in their order from A to B, as far
        as Newton's steps find them within half a gap of their pivots.
    saddle : CriticalPoint or None
        Where Newton's steps from the highest hill end; None where the chain has no hill.
    slope : float
        The largest ‖dL‖ across the chain that is left.
    verdict, reason : str
        "pass", "level", "no pass" or "not at rest", and the numbers for it.
    steps, gradients : int
        What it took.
    """

    W: np.ndarray
    loss: np.ndarray
    arc: np.ndarray
    dense_arc: np.ndarray
    dense_loss: np.ndarray
    rise: float
    straight: Barrier
    stations: tuple
    saddle: CriticalPoint | None
    slope: float
    verdict: str
    reason: str
    steps: int
    gradients: int

    @property
    def top(self) -> float:
        """The highest loss of the dense chain."""
        return float(self.dense_loss.max())

    def table(self) -> Table:
        """The critical points on the way, as a `Table`."""
        ends = [self.loss[0], self.loss[-1]]
        points = self.stations
        return Table(
            f"Band of {len(self.W)} pivots, length {self.arc[-1]:.4g}",
            {
                "": (str, ["A", *(point.words for point in points), "B"]),
                "loss": (".10g", [ends[0], *(point.loss for point in points), ends[1]]),
                "‖dL‖": (".0e", [None, *(point.gradient for point in points), None]),
                "length of the polish": (".0e", [None, *(p.polish_length for p in points), None]),
            },
            [
                f"rise above the higher end: {self.rise:.6g} along the chain, "
                f"{self.straight.rise:.6g} on the straight path",
                f"{self.steps} steps, {self.gradients} gradients; largest slope across the chain "
                f"left: {self.slope:.1e}",
                f"verdict: {self.verdict}. {self.reason}",
                f"{self.verdict!r} means: {MEANINGS[self.verdict]}",
            ],
        )


@with_origin
def band(
    potential: AnyPotential,
    A: CriticalPoint | ArrayLike,
    B: CriticalPoint | ArrayLike,
    *,
    metric: MetricLike | None = None,
    pivots: int = 11,
    most: int = 101,
    spring: float = np.inf,
    tolerance: float = 0.1,
    rtol: float = 1e-6,
    steps: int = 5000,
    progress: bool = True,
) -> Band:
    """Lowest path between two minima, and the saddle on it, by an elastic band (NEB).

    A chain of pivots, straight at first, is let down onto the loss: across the chain it follows the
    force, along it only springs (AutoNEB; Draxler et al., arXiv:1803.00885). Then pivots are put
    into gaps where the loss between two pivots exceeds the chord by a share of the chain's range,
    and it is let down again, until there are no such gaps. Pivots on the hills of the chain then
    climb to their saddles, and Newton's steps polish them, and the hollows between, until ‖dL‖ is
    rounding. What comes out has its index counted: a saddle of index 1 is a pass. A chain between
    two symmetric partners keeps their symmetry and may come to rest on a higher saddle: it is then
    pushed to the side where that falls away, and let down again.

    Parameters
    ----------
    potential : Potential, Sum or analytic
    A, B : CriticalPoint or array (D,)
        The ends, which stay; they need not be minima.
    metric : LayerMetric or DiagonalMetric, optional
        Of lengths and slopes.
    pivots, most : int
        How many there are at first, ends included, and at most.
    spring : float
        By which neighbours pull a pivot along the chain, in units of max|λ|; infinite: they keep
        their shares of its length.
    tolerance : float
        The share of the chain's range by which a gap may exceed its chord.
    rtol : float
        The slope across the chain that counts as none, relative to max|λ|·‖B − A‖.
    steps : int
        Of the whole chain, at most; each takes a gradient of every inner pivot.
    progress : bool
        A progress bar after two seconds, where the output is a terminal.

    Returns
    -------
    Band

    Raises
    ------
    FlownetError
        Unless A, B and the metric have the potential's D parameters, A and B differ, but in nothing
        that is frozen, and the numbers are in their ranges; or where the chain runs to infinity.
    """
    spring = _stiffness(spring)
    _check_numbers(pivots, most, tolerance, rtol, steps)
    ground = Ground(potential, A, metric)
    end = ground.x(B)
    length = float(np.linalg.norm(end))
    if length == 0:
        raise FlownetError("A and B are one point: no path is needed between them.")
    shares = np.linspace(0, 1, pivots)
    X = shares[:, None] * end
    radius = ground.radius(X[np.linspace(0, pivots - 1, min(_LOOKED, pivots)).astype(int)])
    words = {"radius": radius, "spring": float(spring) * radius}
    with _progress.bar(steps, shown=progress, what="steps of the band") as show:
        way = Descent(ground, shares, most, tolerance, rtol * radius * length, steps, words, show)
        found = way.let_down(X)
        for _ in range(_PUSHES):
            pushed = aside(ground, found)
            if pushed is None or way.left <= 0:
                break
            found = way.let_down(pushed)
    straight = barrier(ground.potential, ground.start, ground.W(end), radius * length**2)
    return _told(ground, found, way, straight)


def _told(ground, found, way, straight):
    """The band as it is handed out."""
    chain, points = found.chain, _chain.dense(found.chain.X)
    losses = ground.values(points)
    rise = max(0.0, float(losses.max() - max(losses[0], losses[-1])))
    verdict, reason = _verdict(found, way, losses, straight.floor)
    return Band(
        ground.W(chain.X),
        chain.losses,
        _chain.arc(chain.X),
        _chain.arc(points),
        losses,
        rise,
        straight,
        tuple(point for _, _, point in found.stations if near(point, chain.X)),
        None if found.top is None else found.top[1],
        chain.slope,
        verdict,
        reason,
        way.steps,
        way.gradients,
    )


def _verdict(found, way, losses, floor):
    """What the top of the dense chain is, and the numbers for it."""
    rise = losses.max() - max(losses[0], losses[-1])
    if rise <= floor:
        return "level", f"The rise of {max(0.0, rise):.1e} is rounding."
    short = "not at rest" if way.left <= 0 else "no pass"
    if found.top is None:
        return short, "The chain rises to no hill between its ends."
    _, point = found.top
    gap = _chain.gaps(found.chain.X).mean()
    if point.kind == "not reached":
        return short, "Newton's steps from the top do not come to rest."
    if not near(point, found.chain.X):
        return short, (
            f"Newton's steps from the top lead {point.polish_length:.3g} away, to a "
            f"{point.words}; a gap of the chain is {gap:.3g}."
        )
    if point.index != 1:
        return short, f"The top is a {point.words}."
    above = losses.max() - point.loss
    if above > STANDS_OUT * np.ptp(losses):
        return short, f"The chain rises by {above:.3g} above its highest {point.words}."
    return "pass", f"The top is a {point.words}, at loss {point.loss:.10g}."


def _check_numbers(pivots, most, tolerance, rtol, steps):
    for name, value, least in (("pivots", pivots, 3), ("most", most, 3), ("steps", steps, 1)):
        if not is_whole(value, least):
            raise FlownetError(
                f"{name} is {shown(value)}; it has to be a whole number from {least} up."
            )
    for name, value in (("tolerance", tolerance), ("rtol", rtol)):
        if not (is_real(value) and 0 < value < 1):
            raise FlownetError(f"{name} is {shown(value)}; it has to lie between 0 and 1.")


def _stiffness(spring):
    """The number that a spring is given as, inf among them."""
    if not (isinstance(spring, Real) and spring > 0) or (spring < np.inf and not is_real(spring)):
        raise FlownetError(f"spring is {shown(spring)}; it has to be a number above 0, or inf.")
    return float(spring)
