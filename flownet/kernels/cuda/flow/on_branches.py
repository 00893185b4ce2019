"""The flow of a network with kinks, from one crossing to the next, each unit on a branch.

f is smooth as long as every pair (sample, unit) stays on its branch, and a step sees by the pre-
activations along its dense output whether one has left it.
"""

from collections import namedtuple

import numpy as np

from ...cpu.flow.dormand_prince import dense
from ...cpu.flow.in_parts import add_terms, follow, hold, put_on_kinks, share_out
from ...cpu.flow.integrate import integrator
from ...cpu.flow.on_branches import LEAST, OUT, first_crossing
from ...layout import CALLS, T_BEFORE, TAKEN
from .branches import differential_on_branches, pre_activations
from .flow import as_it_is

_Zeros = namedtuple("_Zeros", "zeros")  # all that the host's kernels want of a workspace


def _differential(problem, rule, W, dL, kinks):
    """Loss and dL of the sum of potentials, each unit on its branch, with a decay."""
    own, holding = problem.terms, kinks.hold
    total = differential_on_branches(
        problem.net, problem.loss, problem.data, W, dL, rule.lowest, kinks, kinks.z[4]
    )
    holding.pull[: holding.count[0]] *= own.factor
    return add_terms(own, rule.decay, total, W, dL)


def rate_on_branches(followed, y, out, meters):
    """dy/dt of pairs that stay on their branch, or on the kink between the two."""
    rule, dL, kinks, problem = followed.rule, followed.dL, followed.kinks, followed.problem
    W, holding = y[: dL.size], kinks.hold
    shares, least = holding.asked, LEAST * np.finfo(dL.dtype).eps
    zeros = _Zeros(np.zeros(int(problem.net.sizes.max()), dL.dtype))
    share_out(kinks, shares)
    for again in range(holding.repeats[0], -1, -1):
        meters[0] = _differential(problem, rule, W, dL, kinks)
        if holding.count[0] == 0:
            break
        host = problem._replace(work=zeros)
        if not hold(host, W, dL, rule, kinks, shares, least) or again == 0:
            break
        shares = holding.share
        share_out(kinks, shares)
    share_out(kinks, holding.asked)
    follow(rule, dL, y, out, meters)


def see_pre_activations(followed, W, seen):
    """Pre-activations (P,) at W (D,)."""
    p = followed.problem
    pre_activations(p.net, p.data, W, followed.kinks, seen)


def _leaves_slide(kinks):
    """Whether a pair that slides wants to be beyond one of its two sides."""
    share = kinks.hold.share[: kinks.hold.count[0]]
    return not ((share >= -OUT) & (share <= 1 + OUT)).all()


def accept_step(followed, s):
    """Begin the next step where the last one ended, with what slides set back on its kinks."""
    kinks, W = followed.kinks, s.y[: followed.dL.size]
    if kinks.hold.count[0] > 0:
        see_pre_activations(followed, W, kinks.z[3])
        put_on_kinks(W, kinks, kinks.z[3])
        see_pre_activations(followed, W, kinks.z[0])
        s.numbers[CALLS] += 1
    else:
        kinks.z[0] = kinks.z[3]


def _met_kink(followed, s):
    """Whether some pair seems to leave its branch in the last step, or a slide comes to its end."""
    n, kinks, D = s.numbers, followed.kinks, followed.dL.size
    for i in range(1, 3):
        dense(s, n[T_BEFORE] + n[TAKEN] * i / 3, kinks.point)
        see_pre_activations(followed, kinks.point[:D], kinks.z[i])
    n[CALLS] += 1  # two forward passes
    kinks.z[3] = kinks.z[4]
    crossed, leaves = first_crossing(kinks), _leaves_slide(kinks)
    if not (crossed or leaves):
        accept_step(followed, s)
    return crossed or leaves


integrate_on_branches = integrator(rate_on_branches, as_it_is, _met_kink)
