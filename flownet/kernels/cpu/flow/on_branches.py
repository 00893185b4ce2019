"""The flow of a network with kinks, compiled: from one crossing to the next, each unit on a branch.

f is smooth as long as every pair (sample, unit) stays on its branch, and a step sees by the pre-
activations along its dense output whether one has left it.
"""

import numpy as np

from ...._compile import bound, jit, part, separate
from ...layout import CALLS, T_BEFORE, TAKEN
from ..base.pointwise import copy
from ..motion.force import add_formulas
from ..motion.move import add_decay
from ..network.on_branches import differential_on_branches, pre_activations
from .crossing import find_crossing
from .dormand_prince import dense
from .flow import follow_force
from .integrate import Field, integrate_field
from .sliding import hold_on, set_on_kinks, set_shares

LEAST = 5000  # rounding units, added to the diagonal of a Gram matrix
OUT = 1e-9  # of a share beyond 0 and 1


@part
def _differential(problem, W, dL, lowest, threads, kinks):
    """Loss and dL of the sum of potentials, each unit on its branch."""
    terms, hold = problem.terms, kinks.hold
    total = differential_on_branches(
        problem.net,
        problem.loss,
        problem.data,
        W,
        dL,
        problem.work,
        lowest,
        kinks,
        kinks.z[4],
        threads,
    )
    if terms.factor != 1.0:
        total *= terms.factor
        factor = W.dtype.type(terms.factor)
        for i in range(dL.size):
            dL[i] *= factor
        for j in range(hold.count[0]):
            hold.pull[j] *= terms.factor
    return add_formulas(terms, total, W, dL)


@separate
def velocity_on_branches(followed, y, out, meters):
    """`velocity`, of pairs that stay on their branch, or on the kink between the two."""
    rule, dL, kinks = followed.rule, followed.dL, followed.kinks
    W, hold = y[: dL.size], kinks.hold
    set_shares(kinks, hold.asked)
    shares, least = hold.asked, LEAST * np.finfo(dL.dtype).eps
    for again in range(hold.repeats[0], -1, -1):
        meters[0] = _differential(followed.problem, W, dL, rule.lowest, followed.threads, kinks)
        if rule.decay != 0:
            add_decay(W, dL, rule.decay)
        if hold.count[0] == 0:
            break
        if not hold_on(followed.problem, W, dL, rule, kinks, shares, least) or again == 0:
            break
        shares = hold.share
        set_shares(kinks, shares)
    set_shares(kinks, hold.asked)
    follow_force(rule, dL, y, out, meters)


@separate
def _see(followed, W, seen):
    """Pre-activations at W (D,) into `seen` (P,)."""
    p = followed.problem
    pre_activations(p.net, p.loss, p.data, W, p.work, followed.kinks, seen, followed.threads)


@part
def _leaves_slide(kinks):
    """Whether a pair that slides wants to be beyond one of its two sides."""
    hold, out = kinks.hold, False
    for j in range(hold.count[0]):
        out |= not (-OUT <= hold.share[j] <= 1 + OUT)
    return out


@part
def _accept(followed, s):
    """Begin the next step where the last one ended, with what slides set back on its kinks."""
    n, kinks, W = s.numbers, followed.kinks, s.y[: followed.dL.size]
    if kinks.hold.count[0] > 0:
        _see(followed, W, kinks.z[3])
        set_on_kinks(W, kinks, kinks.z[3])
        _see(followed, W, kinks.z[0])
        n[CALLS] += 1
    else:
        copy(kinks.z[0], kinks.z[3])


@part
def _met_kink(followed, s):
    """Whether some pair seems to leave its branch in the last step, or a slide comes to its end."""
    n, kinks, D = s.numbers, followed.kinks, followed.dL.size
    for i in range(1, 3):
        dense(s, n[T_BEFORE] + n[TAKEN] * i / 3, kinks.point)
        _see(followed, kinks.point[:D], kinks.z[i])
    n[CALLS] += 1  # two forward passes
    copy(kinks.z[3], kinks.z[4])
    crossed, leaves = find_crossing(kinks), _leaves_slide(kinks)
    if not (crossed or leaves):
        _accept(followed, s)
    return crossed or leaves


_bound_velocity, _bound_kink = bound(velocity_on_branches), bound(_met_kink)


@jit
def integrate_on_branches(followed, s, bounds, trace, steps):
    """`integrate_flow` of pairs that stay on their branches, up to the first kink."""
    field = Field(_bound_velocity(followed, s.y, s.y, s.meters), _bound_kink(followed, s))
    return integrate_field(field, s, bounds, trace, steps)


@jit
def rate_on_branches(followed, y, out, meters):
    """dy/dt on the branches that pairs are on now, for who decides where they go on."""
    velocity_on_branches(followed, y, out, meters)


@jit
def see_pre_activations(followed, W, seen):
    """Pre-activations (P,) at W (D,)."""
    _see(followed, W, seen)


@jit
def first_crossing(kinks):
    """Whether a pair leaves its branch within the step, by the pre-activations seen along it."""
    return find_crossing(kinks)


@jit
def accept_step(followed, s):
    """Go on behind a step that met no kink after all."""
    _accept(followed, s)
