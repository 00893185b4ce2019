"""Where within a step a pair (sample, unit) crosses its kink, seen by four pre-activations."""

import math

from ...._compile import part
from ...layout import SLIDING, UPPER

_OVERSHOOT = 0.32  # of the range of four evenly spaced values, by the cubic through them, at most
_HALVINGS = 50


@part
def _cubic(c, q):
    return c[0] + q * (c[1] + q * (c[2] + q * c[3]))


@part
def _through(g0, g1, g2, g3):
    """Coefficients of the cubic through values at 0, 1/3, 2/3 and 1."""
    return (
        g0,
        (-11 * g0 + 18 * g1 - 9 * g2 + 2 * g3) / 2,
        9 * (2 * g0 - 5 * g1 + 4 * g2 - g3) / 2,
        9 * (g3 - g0 + 3 * (g1 - g2)) / 2,
    )


@part
def _root(c, level, low, high):
    """Where a cubic that falls from `low` to `high` comes to a level."""
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        if _cubic(c, middle) < level:
            high = middle
        else:
            low = middle
    return high


@part
def _first_below(c, level, most):
    """Smallest q in (0, 1] at which a cubic falls below a level, `most` if that is not smaller."""
    half, discriminant = c[2], c[2] * c[2] - 3 * c[1] * c[3]
    one = two = 2.0
    if discriminant >= 0:  # c₁ + 2c₂q + 3c₃q² = 0, without cancellation
        s = -(half + math.copysign(math.sqrt(discriminant), half))
        one = s / (3 * c[3]) if c[3] != 0 else 2.0
        two = c[1] / s if s != 0 else 2.0
        one, two = min(one, two), max(one, two)
    low = 0.0
    for high in (one, two, 1.0):
        if low < high <= 1.0 and low < most:
            if _cubic(c, high) < level:
                return min(most, _root(c, level, low, high))
            low = high
    return most


@part
def find_crossing(kinks):
    """The first pair that leaves its branch within the step, and at what share of it."""
    side, z = kinks.side, kinks.z
    best, which = 2.0, -1
    for i in range(side.size):
        if side[i] >= SLIDING:
            continue
        sign = 1.0 if side[i] == UPPER else -1.0
        g0, g1 = sign * float(z[0, i]), sign * float(z[1, i])
        g2, g3 = sign * float(z[2, i]), sign * float(z[3, i])
        lowest = min(min(g0, g1), min(g2, g3))
        if lowest > _OVERSHOOT * (max(max(g0, g1), max(g2, g3)) - lowest):
            continue
        # one that begins at its kink may be a little beyond it, on its way back
        level = 0.0 if g0 > kinks.slack[0] else g0 - kinks.slack[0]
        q = _first_below(_through(g0, g1, g2, g3), level, best)
        if q < best:
            best, which = q, i
    kinks.found[0], kinks.which[0] = best, which
    return which >= 0
