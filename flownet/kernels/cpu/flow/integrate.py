"""Integration of ẏ = f(y) over many steps: rows wanted, events, and why it stops."""

from collections import namedtuple

import numpy as np

from ...._compile import call_bound, part, separate
from ...layout import (
    AGAIN,
    CALLS,
    CHEBYSHEV,
    END,
    EVENT,
    FRESH,
    FULL,
    KINK,
    METHOD,
    NOW,
    PAUSE,
    RADIUS,
    SINCE,
    SPENT,
    STEPS,
    STUCK,
    TAKEN,
    H,
    T,
)
from .chebyshev import chebyshev
from .dormand_prince import dense, dormand_prince
from .solution import first_step, moved, put, trial_step
from .stiffness import switch

_ONE = np.ones(1)
_SHORTEST = 1e-14  # step, relative to the time


def _smooth(followed, s):
    """No kink is met by a step of a smooth flow."""
    return False


def integrator(velocity, compiled, met_kink=_smooth):
    """`integrate(followed, s, bounds, trace, steps)` -> rows written, steps taken, and why no more.

    `velocity(followed, y, out, meters)` is f, which also writes L and ‖dL‖² to `meters`;
    `met_kink(followed, s)` whether f ceases to hold within the step just taken, for which no row is
    written then; `compiled` makes kernels of functions that call these, or leaves them as they are.
    """
    met_kink = compiled(met_kink)
    by_pair, stabilised = compiled(dormand_prince(velocity)), compiled(chebyshev(velocity))
    choose_method, find_radius = switch(velocity, compiled)

    @compiled
    def begin(followed, s, bounds):
        """f at the initial y, and a first step from f there and a little further on."""
        n, k = s.numbers, s.k
        velocity(followed, s.y, k[6], s.meters)
        h = trial_step(s.y, k[6], bounds.rtol, bounds.atol, s.scratch)
        moved(s.stage, s.y, h, _ONE, k[6:], 1)
        loss, norm2 = s.meters
        velocity(followed, s.stage, k[0], s.meters)
        s.meters[0], s.meters[1] = loss, norm2
        n[H] = first_step(s.y, k[0], k[6], h, bounds.rtol, bounds.atol, s.scratch)
        n[FRESH], n[CALLS] = 1, 2

    def integrate(followed, s, bounds, trace, steps):
        n = s.numbers
        most, filled, taken, calls = trace.value.shape[0], 0, 0, n[CALLS]
        if n[CALLS] == 0:
            begin(followed, s, bounds)
        while True:
            if s.meters[1] < bounds.gradient2 or s.meters[0] < bounds.loss:
                return filled, taken, EVENT
            while trace.filled[0] < trace.at.size and trace.at[trace.filled[0]] <= n[T]:
                if filled == most:
                    return filled, taken, FULL
                at = trace.at[trace.filled[0]]
                if at == n[T]:
                    put(trace.value[filled], s.y)
                else:
                    dense(s, at, trace.value[filled])
                trace.time[filled] = at
                filled += 1
                trace.filled[0] += 1
            if n[T] >= bounds.end:
                return filled, taken, END
            if taken == steps or (trace.at.size == 0 and filled == most):
                return filled, taken, PAUSE if taken == steps else FULL
            if n[CALLS] >= bounds.calls and not n[AGAIN]:  # what was begun is brought to an end
                return filled, taken, SPENT
            if not n[H] > _SHORTEST * abs(n[T]):
                return filled, taken, STUCK
            choose_method(followed, s, bounds.stabilise)
            if n[FRESH]:
                put(s.k[0], s.k[6])
                n[FRESH] = 0
            trace.step_time[taken] = n[T]
            loss, norm2 = s.meters
            if n[NOW] == CHEBYSHEV:
                done = stabilised(followed, s, bounds.rtol, bounds.atol, bounds.end, n[RADIUS])
            else:
                done = by_pair(followed, s, bounds.rtol, bounds.atol, bounds.end)
            if done:
                kink = met_kink(followed, s)
                trace.step[taken], trace.method[taken] = n[TAKEN], n[METHOD]
                trace.cost[taken] = n[CALLS] - calls
                calls = n[CALLS]
                taken += 1
                if kink:
                    return filled, taken, KINK
                event = s.meters[1] < bounds.gradient2 or s.meters[0] < bounds.loss
                row = int(n[STEPS]) % trace.every == 0 or n[T] >= bounds.end
                if trace.at.size == 0 and row and not event:
                    put(trace.value[filled], s.y)
                    trace.time[filled], trace.loss[filled] = n[T], s.meters[0]
                    filled += 1
            else:
                s.meters[0], s.meters[1] = loss, norm2
                if n[NOW] == CHEBYSHEV and n[SINCE] > 0:
                    find_radius(followed, s)

    return integrate


# ---- compiled once for every flow ------------------------------------------------------------

#: f and whether a kink is met, of whatever flow, with what they follow `bound`
Field = namedtuple("Field", "velocity met_kink")


@part
def _velocity(field, y, out, meters):
    call_bound(field.velocity, y, out, meters)


def _met_kink(field, s):
    return call_bound(field.met_kink, s)


#: `integrate`, which calls f by its address: `(field, s, bounds, trace, steps)`
integrate_field = separate(integrator(_velocity, part, _met_kink), "integrate_field")
