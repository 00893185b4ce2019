"""The loss along a straight path between two sets of parameters."""

from dataclasses import dataclass

import numpy as np

_POINTS, _ROUNDS = 65, 4  # sampled at once, and how often the highest of them is looked at nearer
_ROUNDING = 1e3 * np.finfo(np.float64).eps


@dataclass(frozen=True)
class Barrier:
    """What lies between A and B.

    Attributes
    ----------
    height : float
        max_s L((1−s)A + sB) − (1−s)L(A) − sL(B), above the line between the ends; 0 at least.
    rise : float
        max_s L((1−s)A + sB) − max(L(A), L(B)), above the higher end; 0 at least.
    at : float
        s where the height is reached.
    floor : float
        What rounding alone may make of either.
    """

    height: float
    rise: float
    at: float
    floor: float

    @property
    def above_rounding(self):
        """Whether there is anything between A and B."""
        return self.rise > self.floor


def barrier(potential, A, B, scale=0.0):
    """`Barrier` between A and B (D,), sampled at 65 points, the highest then looked at nearer.

    `scale` is a loss of natural size, max|λ|·‖A‖², whose rounding squared is the least a sum of
    squares can tell.
    """
    ends = potential.value(A), potential.value(B)

    def losses(s):
        return np.array([potential.value(A + x * (B - A)) for x in s])

    def above(s, values):
        return values - (1 - s) * ends[0] - s * ends[1]

    s = np.linspace(0, 1, _POINTS)
    values = losses(s)
    height, at = _refined(s, above(s, values), lambda s: above(s, losses(s)))
    top, _ = _refined(s, values, losses)
    floor = _ROUNDING * np.abs(values).max() + _ROUNDING**2 * scale
    return Barrier(max(0.0, height), max(0.0, top - max(ends)), at, float(floor))


def _refined(s, values, make):
    """Largest value and its place, looked for again between its neighbours."""
    best = int(np.argmax(values))
    top, at = float(values[best]), float(s[best])
    for _ in range(_ROUNDS):
        low, high = s[max(best - 1, 0)], s[min(best + 1, len(s) - 1)]
        s = np.linspace(low, high, 17)
        values = make(s)
        best = int(np.argmax(values))
        if values[best] > top:
            top, at = float(values[best]), float(s[best])
    return top, at
