"""The flow Ẇ = −g^♯dL of a sum of potentials, or that of other mechanics, compiled."""

from ...._compile import bound, jit, part
from ..base.pointwise import clear, copy, pairing
from ..motion.move import add_decay, raise_coupled
from ..motion.steps import potential_differential
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


@part(inline=True)
def _velocity(followed, y, out, meters):
    """dy/dt of y = (W, memories, time); L and ‖dL‖² in the metric into `meters`."""
    rule, dL = followed.rule, followed.dL
    W = y[: dL.size]
    meters[0] = potential_differential(followed.problem, W, dL, 0, rule.lowest, followed.threads)
    if rule.decay != 0:
        add_decay(W, dL, rule.decay)
    follow_force(rule, dL, y, out, meters)


@part
def _met_kink(followed, s):
    """No kink is met by a step of a smooth flow."""
    return False


_bound_velocity, _bound_kink = bound(_velocity), bound(_met_kink)


@jit
def integrate_flow(followed, s, bounds, trace, steps):
    """`integrate` of `integrator`, compiled: rows written, steps taken, and why no more."""
    field = Field(_bound_velocity(followed, s.y, s.y, s.meters), _bound_kink(followed, s))
    return integrate_field(field, s, bounds, trace, steps)
