"""Hessian action H·V, exact, from what is kept at W.

The differential is itself a map of W; HV is its Taylor coefficient of first order along W + sV.
Units and cotangents respond first (`response`), then the weights collect Σ_s (G₁⊗A + G⊗A₁)
(forward over reverse; Pearlmutter 1994).
"""

from numba import prange

from ...._compile import jit, separate
from ..base.simd import lane
from ..layers.covectors import deal_columns, sum_gates
from ..network.differential import HANDS, pack_all
from .response import respond


@separate
def deal(net, x, out, at, t, hand, hands):
    """Strips of Σ_s G₁⊗A + G⊗A₁."""
    m = x.shape[0]
    deal_columns(net, x, out, t.g1, at.a, at.capacity, m, at.zeros, False, True, 0, hand, hands)
    deal_columns(net, x, out, at.g, t.a1, at.capacity, m, at.zeros, True, False, 1, hand, hands)
    if hand == 0:
        sum_gates(net, out, t.gate, at.capacity, m, False, 0)


@jit(parallel=True)
def _shards_parallel(net, loss, data, W, V, at, t):
    for shard in prange((data.x.shape[0] + at.shard - 1) // at.shard):
        respond(net, loss, data, W, V, at, t, shard, False)


@jit(parallel=True)
def _deal_parallel(net, x, out, at, t):
    for hand in prange(HANDS):
        deal(net, x, out, at, t, hand, HANDS)


@jit(cached=False)
def _responses(net, loss, data, W, V, at, t, threads):
    pack_all(net, V, t.packed_v, threads)
    if threads > 1:
        _shards_parallel(net, loss, data, W, V, at, t)
    else:
        for shard in range((data.x.shape[0] + at.shard - 1) // at.shard):
            respond(net, loss, data, W, V, at, t, shard, False)


@jit
def response(net, loss, data, W, V, at, t, threads):
    """Change of first order along V (D,) of every unit and cotangent, into t."""
    _responses(net, loss, data, W, V, at, t, threads)


@jit(cached=False)
def _action(net, loss, data, W, V, out, at, t, threads):
    """HV of one V."""
    _responses(net, loss, data, W, V, at, t, threads)
    if threads > 1:
        _deal_parallel(net, data.x, out, at, t)
    else:
        deal(net, data.x, out, at, t, 0, 1)


@jit(parallel=True)
def _lanes_parallel(net, loss, data, W, V, out, at, rooms, lanes):
    for i in prange(lanes):
        for r in range(i, V.shape[0], lanes):
            _action(net, loss, data, W, V[r], out[r], at, lane(rooms, i), 1)


@jit
def actions(net, loss, data, W, V, out, at, rooms, lanes, threads):
    """HV of every row of V (R, D); a row a lane where there are several."""
    if lanes > 1:
        _lanes_parallel(net, loss, data, W, V, out, at, rooms, lanes)
    else:
        for r in range(V.shape[0]):
            _action(net, loss, data, W, V[r], out[r], at, lane(rooms, 0), threads)
