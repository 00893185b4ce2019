"""A critical point: where Newton's steps end, what it is, and how far it can be told."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..._table import Table, Tabled, short
from ...geometry.curvature import NoSpectrum, eigenpairs, inertia, metric_hessian
from ._polish import polish, rounding

FLAT = 1e-8  # |λ| of a flat direction, relative to the largest
ROUNDING = 100.0  # times the rounding of one operation: a gradient that is nothing else


@dataclass(frozen=True)
class CriticalPoint(Tabled):
    """Where dL vanishes: where a flow or Newton's steps end.

    Attributes
    ----------
    W : ndarray (D,)
    loss : float
    gradient : float
        ‖dL‖ in the metric, √(dL·g^♯dL).
    rounding : float
        What rounding alone would make of it.
    kind : str
        "minimum", "saddle", or "not reached" within the time allowed.
    index : int or float
        Number of negative directions; NaN where it was not reached.
    flat : int or float
        Number of directions with |λ| ≤ `floor`, of whose sign nothing can be said.
    floor : float
        1e-8 of the largest |λ| met.
    time : float
        Of the flow before the polish began.
    polish_steps : int
        Newton steps.
    polish_length : float
        Distance in the metric from the end of the flow to W.
    """

    W: np.ndarray
    loss: float
    gradient: float
    rounding: float
    kind: str
    index: float
    flat: float
    floor: float
    time: float
    polish_steps: int
    polish_length: float

    @property
    def words(self) -> str:
        """What it is, in words."""
        flat = f", {self.flat:.0f} flat" if self.flat > 0 else ""
        return (
            f"saddle, index {self.index:.0f}{flat}" if self.kind == "saddle" else (self.kind + flat)
        )

    def table(self) -> Table:
        """What it is, as a `Table` of one row."""
        return Table(
            "critical point",
            {
                "what it is": (str, [self.words]),
                "loss": (".10g", [self.loss]),
                "‖dL‖": (".1e", [self.gradient]),
                "rounding of ‖dL‖": (".1e", [self.rounding]),
                "|λ| of a flat direction": ("≤ {:.1e}".format, [self.floor]),
                "time of the flow to it": (short, [self.time]),
                "Newton steps": (short, [self.polish_steps]),
                "their length": (".2g", [self.polish_length]),
            },
            upright=True,
        )


def critical_near(potential, W, metric=None):
    """The critical point that Newton's steps from W come to, as a `CriticalPoint`.

    Its kind is "not reached" where ‖dL‖ does not fall to rounding. Potential and metric are those
    of `metric_hessian`, of real numbers.
    """
    operator = metric_hessian(potential, W, metric)
    radius = largest(operator)
    reached = polish(operator.potential, operator.W, operator.metric, radius)
    length = float(np.linalg.norm(reached.operator.coordinates(reached.W - operator.W)))
    least = rounding(reached.operator, max(radius, largest(reached.operator)))
    found = named(reached, operator.metric, radius, least, 0.0, length)
    if reached.gradient > ROUNDING * least:
        found = replace(found, kind="not reached", index=np.nan, flat=np.nan)
    return found


def named(reached, metric, radius, least, done, length):
    """The point with its index."""
    operator = reached.operator
    floor = FLAT * radius
    here = max(largest(operator), np.finfo(np.float64).tiny)
    if here <= floor:
        index, flat = 0, operator.shape[0]
    else:
        counts = inertia(operator.potential, reached.W, metric=metric, tol=floor / here)
        index, flat = counts.negative, counts.zero
        if not counts.exact and extreme(operator, metric, "smallest")[0] >= -floor:
            index = 0
    return CriticalPoint(
        reached.W,
        float(operator.hessian.loss),
        reached.gradient,
        float(least),
        "saddle" if index else "minimum",
        index,
        flat,
        floor,
        done,
        reached.steps,
        length,
    )


def extreme(operator, metric, which):
    """Extreme eigenvalue of the Hessian and its direction (D,), of unit length."""
    try:
        pair = eigenpairs(operator.potential, operator.W, metric=metric, which=which, rtol=1e-4)
    except NoSpectrum:  # 2000 actions may leave the end of a long spectrum open
        pair = eigenpairs(operator.potential, operator.W, metric=metric, which=which, rtol=1e-2)
    return float(pair.values[0]), pair.vectors[0]


def largest(operator):
    """max|λ|, above 0."""
    found = abs(extreme(operator, operator.metric, "magnitude")[0])
    return max(found, np.finfo(np.float64).tiny ** 0.5)
