"""Dormand and Prince's explicit Runge–Kutta pair of orders 5 and 4, with dense output of order 4.

Steps follow a PI controller; one counts as limited by stability where h·‖k₇ − k₆‖/‖y₇ − y₆‖ comes
to the edge of the method's region on the real axis (Hairer, Nørsett, Wanner, Solving Ordinary
Differential Equations I, II.4-II.6, and II, IV.2).
"""

import math

import numpy as np

from ...._compile import jit
from ...layout import AGAIN, CALLS, DORMAND_PRINCE, ERROR, METHOD, STIFF, T_BEFORE, TAKEN, H
from .solution import TINY, accept, distance2, moved, put, refuse, scaled_norm, to_try, weighted

EDGE = 3.0  # of h·λ, from where on the method is limited by stability
CALLS_A_STEP = 6

_STAGES = np.array(
    [
        [0, 0, 0, 0, 0, 0],
        [1 / 5, 0, 0, 0, 0, 0],
        [3 / 40, 9 / 40, 0, 0, 0, 0],
        [44 / 45, -56 / 15, 32 / 9, 0, 0, 0],
        [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729, 0, 0],
        [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656, 0],
        [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
    ]
)
_ERRORS = np.array([71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40])
_DENSE = np.array(
    [
        -12715105075 / 11282082432,
        0,
        87487479700 / 32700410799,
        -10690763975 / 1880347072,
        701980252875 / 199316789632,
        -1453857185 / 822651844,
        69997945 / 29380423,
    ]
)
_SAFETY, _LEAST, _MOST = 0.95, 0.2, 10.0
_MEMORY = 0.04  # share of the error before in the choice of a step


@jit
def _next_step(s, h, error):
    """Length of the step after one with this scaled error, by the error before it too."""
    n = s.numbers
    grow = _SAFETY * max(n[ERROR], TINY) ** _MEMORY / max(error, 1e-10) ** (0.2 - 0.75 * _MEMORY)
    most = 1.0 if n[AGAIN] else _MOST  # a step that was refused once is not made longer at once
    n[H] = h * min(most, max(_LEAST, grow))


def dormand_prince(velocity):
    """`attempt(followed, s, rtol, atol, end)` -> whether a step of ẏ = f(y) was taken.

    `velocity(followed, y, out, meters)` writes f(y) to `out`.
    """

    def attempt(followed, s, rtol, atol, end):
        n, k = s.numbers, s.k
        h = to_try(s, end, end)
        for i in range(1, 7):
            if i == 6:
                put(s.other, s.stage)
            moved(s.stage, s.y, h, _STAGES[i], k, i)
            velocity(followed, s.stage, k[i], s.meters)
        n[CALLS] += CALLS_A_STEP
        limited = h * h * distance2(k[6], k[5], s.scratch) > EDGE**2 * distance2(
            s.stage, s.other, s.scratch
        )
        weighted(s.other, h, _ERRORS, k, 7)
        error = scaled_norm(s.other, s.y, s.stage, rtol, atol, s.scratch)
        if not error < 1:  # NaN too
            refuse(s, h * (max(_LEAST, _SAFETY / error**0.2) if math.isfinite(error) else 0.1))
            return False
        _next_step(s, h, error)
        n[STIFF] = max(min(n[STIFF], 0.0), n[STIFF] + (1.0 if limited else -0.5))
        accept(s, end, h, error, CALLS_A_STEP, DORMAND_PRINCE)
        return True

    return attempt


@jit
def dense(s, at, out):
    """The solution at a time within the last step: of order 4, or a cubic of the other method's."""
    n, k = s.numbers, s.k
    q = out.dtype.type((at - n[T_BEFORE]) / n[TAKEN])
    h, rest = out.dtype.type(n[TAKEN]), out.dtype.type(1) - q
    bump = s.other
    weighted(bump, n[TAKEN] if n[METHOD] == DORMAND_PRINCE else 0.0, _DENSE, k, 7)
    for i in range(out.size):
        change = s.y[i] - s.before[i]
        first = h * k[0, i] - change
        second = change - h * k[6, i] - first
        out[i] = s.before[i] + q * (change + rest * (first + q * (second + rest * bump[i])))
