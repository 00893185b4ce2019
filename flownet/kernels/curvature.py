"""Hessian action H·V and third action T[V,V] = ∇⟨V, HV⟩, exact, from what is kept at W.

The differential is itself a map of W; along W + sV its Taylor coefficients are dL, HV, ½T[V,V].
Units and cotangents respond first (`response`), then the weights collect Σ_s Σ_i G_i ⊗ A_{k−i}
(forward over reverse; Pearlmutter 1994).
"""

from numba import prange

from .._compile import jit, separate, spliced
from .network import HANDS, deal_columns, pack_all
from .plan import Tangent
from .response import respond


@separate
def deal(net, x, out, at, t, second, hand, hands):
    """Strips of Σ_s G₁⊗A + G⊗A₁, or of Σ_s G₂⊗A + G₁⊗A₁ + G⊗A₂."""
    m, top = x.shape[0], t.z2 if second else t.g1
    deal_columns(net, x, out, top, at.a, at.capacity, m, at.zeros, False, True, 0, hand, hands)
    if second:
        deal_columns(net, x, out, t.g1, t.a1, at.capacity, m, at.zeros, True, False, 1, hand, hands)
    deal_columns(net, x, out, at.g, t.a2 if second else t.a1, at.capacity, m, at.zeros, True, False,
                 1, hand, hands)


@jit(parallel=True)
def _shards_parallel(net, loss, data, W, V, at, t, second):
    for shard in prange((data.x.shape[0] + at.shard - 1) // at.shard):
        respond(net, loss, data, W, V, at, t, shard, second)


@jit(parallel=True)
def _deal_parallel(net, x, out, at, t, second):
    for hand in prange(HANDS):
        deal(net, x, out, at, t, second, hand, HANDS)


@jit(cached=False)
def _responses(net, loss, data, W, V, at, t, second, threads):
    pack_all(net, V, t.packed, threads)
    if threads > 1:
        _shards_parallel(net, loss, data, W, V, at, t, second)
    else:
        for shard in range((data.x.shape[0] + at.shard - 1) // at.shard):
            respond(net, loss, data, W, V, at, t, shard, second)


@jit
def response(net, loss, data, W, V, at, t, threads):
    """Change of first order along V (D,) of every unit and cotangent, into t."""
    _responses(net, loss, data, W, V, at, t, False, threads)


@jit(cached=False)
def _action(net, loss, data, W, V, out, at, t, second, threads):
    """HV, or T[V,V] with `second`, of one V."""
    _responses(net, loss, data, W, V, at, t, second, threads)
    if threads > 1:
        _deal_parallel(net, data.x, out, at, t, second)
    else:
        deal(net, data.x, out, at, t, second, 0, 1)
    if second:
        for i in range(out.size):
            out[i] += out[i]  # ½T[V,V] is the coefficient


@spliced
def _lane(buffer, lane, lanes):
    """The part of a buffer that belongs to one lane."""
    size = buffer.size // lanes
    return buffer[lane * size:(lane + 1) * size]


@jit(parallel=True)
def _lanes_parallel(net, loss, data, W, V, out, at, t, second):
    for i in prange(t.lanes):
        n = t.lanes
        own = Tangent(1, _lane(t.packed, i, n), _lane(t.z1, i, n), _lane(t.a1, i, n),
                      _lane(t.g1, i, n), _lane(t.z2, i, n), _lane(t.a2, i, n),
                      _lane(t.drift, i, n), _lane(t.covector, i, n), _lane(t.scratch, i, n))
        for r in range(i, V.shape[0], n):
            _action(net, loss, data, W, V[r], out[r], at, own, second, 1)


@jit
def actions(net, loss, data, W, V, out, at, t, second, threads):
    """HV of every row of V (R, D), or T[V,V] with `second`; a row a lane where there are several.
    """
    if t.lanes > 1:
        _lanes_parallel(net, loss, data, W, V, out, at, t, second)
    else:
        for r in range(V.shape[0]):
            _action(net, loss, data, W, V[r], out[r], at, t, second, threads)
