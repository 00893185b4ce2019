"""What the integration of a flow takes and returns: named tuples of arrays and numbers."""

from collections import namedtuple

import numpy as np

DORMAND_PRINCE, CHEBYSHEV = 0, 1  # methods

#: what the flow of a potential follows: a `Problem`, a `Rule`, a buffer for dL (D,), threads, and
#: `Kinks` where the network has any
Followed = namedtuple("Followed", "problem rule dL threads kinks")

#: relative and absolute tolerance; the end; ‖dL‖² and L below which to stop; whether a stabilised
#: method is of use where the pair is limited by stability; evaluations of f at most
Bounds = namedtuple("Bounds", "rtol atol end gradient2 loss stabilise calls", defaults=(np.inf,))

#: where an integration writes: rows (R, n) of y with their times and losses, for the times `at`
#: from `filled[0]` on, or where there are none for steps, each `every`-th; each step's length,
#: evaluations of f (with those of tries refused and of the spectral radius), method, time at its
#: beginning
Trace = namedtuple(
    "Trace", "at value time loss filled step cost method step_time every", defaults=(1,)
)

#: why an integration returned: at its end; rows are full; as many steps as allowed are done; an
#: event in the last step; no step is short enough; a kink in the last step; no evaluation is left
END, FULL, PAUSE, EVENT, STUCK, KINK, SPENT = range(7)

#: y and the solution before the last step (n,); slopes k (7, n), after a step k[0] of `before` and
#: k[6] of y; two stages, scratch and zeros (n,); a direction (n,) along which f changes most; what
#: the field reads off: L and ‖dL‖² at y, `meters` (2,), and elsewhere, `aside` (2,); and numbers
Solution = namedtuple(
    "Solution", "y before k stage other scratch zeros direction meters aside numbers"
)

#: what `numbers` hold: times of y and of `before`; the step to try next; the last step's scaled
#: error, length, evaluations of f and method; whether k[0] is still that of `before`; whether the
#: last try was refused; steps in a row limited by stability; evaluations, steps, tries refused; the
#: method now, the spectral radius, and since it was found: steps; evaluations and time then
(
    T,
    T_BEFORE,
    H,
    ERROR,
    TAKEN,
    COST,
    METHOD,
    FRESH,
    AGAIN,
    STIFF,
    CALLS,
    STEPS,
    REFUSED,
    NOW,
    RADIUS,
    SINCE,
    CALLS_THEN,
    T_THEN,
) = range(18)
NUMBERS = 18


def solution(y0):
    """`Solution` at y0 (n,), at time 0."""
    rows = np.zeros((14, y0.size), y0.dtype)
    rows[0] = y0
    return Solution(
        rows[0],
        rows[1],
        rows[2:9],
        *rows[9:],
        np.full(2, np.nan),
        np.full(2, np.nan),
        np.zeros(NUMBERS),
    )
