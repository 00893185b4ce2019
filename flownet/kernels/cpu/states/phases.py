"""The phases of learning in one call: a free state, one or two nudged ones, and what they say of W;
or the free one alone, and how a nudge would move it.

Small systems relax in a few microseconds: what a call from Python costs counts there.
"""

from ...._compile import jit, part
from ..base.pointwise import copy
from ..layers.units import units
from .covector import states_covector
from .relax import relax_states
from .solve import solve_states


@part
def _tell(work, told):
    """told ← sweeps that the shards took at most, and the largest change in the last of them."""
    told[0], told[1] = work.taken[0], work.change[0]
    for i in range(1, work.taken.size):
        told[0] = max(told[0], work.taken[i])
        told[1] = told[1] if work.change[i] <= told[1] else work.change[i]


@part
def _weigh(net, weight, capacity, moved, u):
    """u ← −weight·moved, weights of samples being doubles."""
    for layer in range(net.weight.size):
        m, u_l = (
            units(net, moved, capacity, layer, 0, weight.size),
            units(net, u, capacity, layer, 0, weight.size),
        )
        for r in range(weight.size):
            for j in range(m.shape[1]):
                u_l[r, j] = u.dtype.type(-weight[r] * m[r, j])


@jit
def learn_states(net, kinds, W, work, x, pulls, free, s, ends, orders, weight, dL, told, threads):
    """dL ← Σ weight·(∂E/∂W(s⁺) − ∂E/∂W(s⁻)); s relaxes to the free state, under what drives it.

    `pulls` are those of s⁺ and of s⁻, which is the free state where there is one alone; `ends` are
    three buffers like a state: of s⁺ − s⁻ in the end, of the mean of both, and of what weighs.
    `told` (2, 2) says of the free and of the last nudged relaxation how it ended.
    """
    plus, minus, u = ends
    relax_states(net, kinds, W, work, free, free, s, orders[0], threads)
    _tell(work, told[0])
    copy(plus, s)
    relax_states(net, kinds, W, work, pulls[0], free, plus, orders[1], threads)
    copy(minus, s)
    if pulls[1].held.size:
        relax_states(net, kinds, W, work, pulls[1], free, minus, orders[1], threads)
    _tell(work, told[1])
    two = s.dtype.type(2)
    for i in range(s.size):
        a, b = plus[i], minus[i]
        plus[i], minus[i] = a - b, (a + b) / two
    _weigh(net, weight, work.capacity, plus, u)
    states_covector(net, x, minus, u, dL, work.capacity, work.zeros, True, threads)


@jit
def exact_states(
    net, kinds, W, work, x, gamma, y, free, s, ends, order, tries, tolerance, weight, dL, told,
    threads,
):  # fmt: skip
    """dL ← −Σ weight·(∂_s∂_W E)·v with H·v = γ·(o − y); s relaxes to the free state.

    γ (n_out,) and y (m, n_out) are the springs and the truth; `ends` are three buffers like a
    state: of the force, of −v in the end, and of what weighs. `told` (2, 2) says how the relaxation
    and the solution ended.
    """
    force, v, u = ends
    relax_states(net, kinds, W, work, free, free, s, order, threads)
    _tell(work, told[0])
    for i in range(s.size):
        force[i] = 0
    top = net.weight.size - 1
    o = units(net, s, work.capacity, top, 0, weight.size)
    c = units(net, force, work.capacity, top, 0, weight.size)
    for r in range(weight.size):
        for j in range(gamma.size):
            c[r, j] = gamma[j] * (o[r, j] - y[r, j])
    solve_states(net, kinds, W, work, s, force, v, u, tries, tolerance, threads)
    _tell(work, told[1])
    for i in range(v.size):
        v[i] = -v[i]
    _weigh(net, weight, work.capacity, v, u)
    states_covector(net, x, s, u, dL, work.capacity, work.zeros, True, threads)
