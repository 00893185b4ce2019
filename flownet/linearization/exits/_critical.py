"""Where Newton's steps end: the critical point, its index, and how far it can be told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...geometry.curvature import EXACT, NoSpectrum, eigenpairs, inertia, metric_hessian
from ._point import CriticalPoint
from ._polish import polish, rounding

FLAT = 1e-8  # |λ| of a flat direction, relative to the largest
ROUNDING = 100.0  # times the rounding of one operation: a gradient that is nothing else


def critical_near(potential, W, metric=None):
    """The critical point that Newton's steps from W come to, as a `CriticalPoint`.

    Its kind is "not reached" where ‖dL‖ does not fall to rounding. Of more than 2500 parameters an
    index of 2 says two or more. Potential and metric are those
    of `metric_hessian`, of real numbers.
    """
    operator = metric_hessian(potential, W, metric)
    radius = largest(operator)
    reached = polish(operator.potential, operator.W, operator.metric, radius)
    length = float(np.linalg.norm(reached.operator.coordinates(reached.W - operator.W)))
    least = rounding(reached.operator, max(radius, largest(reached.operator)))
    found = named(reached, operator.metric, radius, least, 0.0, length)
    if operator.shape[0] > EXACT and found.kind != "not reached":
        found = _with_index_of_few(found, reached.operator)
    if reached.gradient > ROUNDING * least:
        found = replace(found, kind="not reached", index=np.nan, flat=np.nan)
    return found


def _with_index_of_few(point, operator):
    """The point with an index of 0 or 1 told from the lowest curvatures; 2 is two or more."""
    lowest = eigenpairs(
        operator.potential, operator.W, 2, metric=operator.metric, which="smallest", rtol=1e-4
    )
    index = int(np.sum(lowest.values < -point.floor))
    return replace(point, index=index, kind="saddle" if index else "minimum")


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
