"""The flow Ẇ = −g^♯dL of a sum of potentials, or that of other mechanics, compiled."""

from collections import namedtuple

import numpy as np
from numba import types

from ...._compile import ROOM, bound, bound_at, call_bound, held, jit, part
from ..base.pointwise import clear, copy, pairing
from ..motion.force import force_at, hold_force
from ..motion.move import add_decay, raise_coupled
from .integrate import Field, integrate_field
from .rates import rate_of_mechanics


@part
def _hold(rule, D, out):
    """No change of frozen ranges, nor of what they remember from when they were not."""
    for r in range(rule.sharp.size):
        if rule.sharp[r] == 0.0:
            for first in range(0, out.size - D + 1, D):
                clear(out[first + rule.bounds[r] : first + rule.bounds[r + 1]])


@part(inline=True)
def follow_force(rule, dL, y, out, meters):
    """dy/dt of y = (W, memories, time) from dL (D,), and ‖dL‖² in the metric into `meters`."""
    W = y[: dL.size]
    norm2, raised = 0.0, out[: dL.size]
    copy(raised, dL)
    raise_coupled(rule.coupling, raised)
    for r in range(rule.sharp.size):
        sharp, part = rule.sharp[r], slice(rule.bounds[r], rule.bounds[r + 1])
        if sharp != 0.0:
            norm2 += sharp * pairing(dL[part], raised[part])
        factor = W.dtype.type(-sharp)
        for i in range(rule.bounds[r], rule.bounds[r + 1]):
            raised[i] = factor * raised[i] if sharp != 0.0 else W.dtype.type(0)
    meters[1] = norm2
    rate_of_mechanics(rule.numbers, y, out[: dL.size], out, rule.pairs)
    if rule.shrink != 0:
        for r in range(rule.sharp.size):
            share = W.dtype.type(rule.shrink * rule.sharp[r])
            for i in range(rule.bounds[r], rule.bounds[r + 1]):
                out[i] -= share * W[i]
    if out.size > dL.size:
        _hold(rule, dL.size, out)


@part
def _rate(rule, dL, y, out, meters):
    """dy/dt from dL, to which the slope of a decay is added, and ‖dL‖² into `meters`."""
    if rule.decay != 0:
        add_decay(y[: dL.size], dL, rule.decay)
    follow_force(rule, dL, y, out, meters)


_held_rate, _rate_at = held(_rate), bound_at(types.none)


@jit
def _hold_rate(rule, room, y, meters):
    """Where the rate of a rule is, for y of a dtype."""
    return _held_rate(room, rule, y, y, y, meters)


#: what a flow follows: L and dL of W, and dy/dt from dL, both by address; a buffer for dL (D,)
_Course = namedtuple("_Course", "force rate dL lowest threads")


@part
def _velocity(course, y, out, meters):
    """dy/dt of y = (W, memories, time); L and ‖dL‖² in the metric into `meters`."""
    dL = course.dL
    meters[0] = call_bound(course.force, y[: dL.size], dL, 0, course.lowest, course.threads)
    call_bound(course.rate, dL, y, out, meters)


@part
def _met_kink(course, s):
    """No kink is met by a step of a smooth flow."""
    return False


_bound_velocity, _bound_kink = bound(_velocity), bound(_met_kink)


@jit
def _integrate(forced, problem, rated, rule, dL, lowest, threads, s, bounds, trace, steps):
    """`integrate_flow`, of where problem and rule are held, and of the rooms that hold them."""
    force, rate = force_at(forced, problem, dL), _rate_at(rated, rule, dL, s.y, s.y, s.meters)
    course = _Course(force, rate, dL, lowest, threads)
    field = Field(_bound_velocity(course, s.y, s.y, s.meters), _bound_kink(course, s))
    return integrate_field(field, s, bounds, trace, steps)


def integrate_flow(followed, s, bounds, trace, steps):
    """`integrate` of `integrator`, compiled: rows written, steps taken, and why no more."""
    rooms = np.empty((2, ROOM), np.uint8)
    return _integrate(
        hold_force(followed.problem, rooms[0], followed.dL),
        rooms[0],
        _hold_rate(followed.rule, rooms[1], s.y, s.meters),
        rooms[1],
        followed.dL,
        followed.rule.lowest,
        followed.threads,
        s,
        bounds,
        trace,
        steps,
    )
