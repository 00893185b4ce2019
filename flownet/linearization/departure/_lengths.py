"""Lengths and angles in the metric, and path lengths of smooth curves."""

import numpy as np


def length(metric, V):
    """‖V‖_g of a displacement (D,); infinite if a frozen component moves."""
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.sqrt(metric.norm2(V)))


def angle(metric, U, V):
    """Angle in the metric between two vectors (D,), in radians; NaN where one of them is zero.

    2·atan2(‖û − v̂‖, ‖û + v̂‖) of the unit vectors keeps its digits near 0 and π, where the
    arc cosine loses half of them.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        u, v = (_unit(metric.coordinates(X)) for X in (U, V))
        return float(2 * np.arctan2(np.linalg.norm(u - v), np.linalg.norm(u + v)))


def _unit(x):
    largest = np.abs(x).max(initial=0.0)
    if not (0 < largest < np.inf):
        return np.full(x.shape, np.nan)
    x = x / largest  # squares of what is very small or very large are 0 or infinite
    return x / np.linalg.norm(x)


def smooth_piece(metrics, dt, W0, W1, V0, V1):
    """Path length ∫‖Ẇ‖_g dt of a smooth curve from W0 to W1 in the time dt, velocities V0 and V1.

    Simpson's rule, the middle velocity that of the cubic through both ends, 3ΔW/(2Δt) − (V0 +
    V1)/4: fourth order in dt, exact where the curve is straight, and never less than the chord.
    `metrics` are those at its begin, middle and end.
    """
    secant = (W1 - W0) / dt
    middle = 1.5 * secant - 0.25 * (V0 + V1)
    speeds = [length(metric, V) for metric, V in zip(metrics, (V0, middle, V1))]
    return dt * max(np.dot(speeds, [1, 4, 1]) / 6, length(metrics[1], secant))
