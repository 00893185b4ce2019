"""Taylor coefficients of s ↦ Ŷ(W + sV) and of s ↦ L(W + sV) to second order, exactly.

W(s) = W + sV gives Z_k = A_k·Wᵀ + A_{k−1}·Vᵀ, then A₁ = φ′Z₁ and A₂ = φ′Z₂ + ½φ″Z₁². The first
coefficient of the output is the pushforward J·V; the coefficients of the loss are the promise and
half the second derivative along V (physics: TM §3.6; method: Griewank & Walther).
"""

from numba import prange

from .._compile import jit
from .activation import activate_curvature
from .loss import loss_terms
from .network import bias_of, outputs, pack_all, units
from .pointwise import copy
from .product import product_packed
from .simd import address, flat, view


@jit(cached=False)
def _activate(slope, curvature, z1, z2, order):
    for i in range(z1.size):
        first = z1[i]
        z1[i] = slope[i] * first
        if order > 1:
            half = curvature.dtype.type(0.5) * curvature[i]
            z2[i] = slope[i] * z2[i] + half * first * first


@jit(cached=False)
def jet_shard(net, W, V, work, jet, x, first, rows, order):
    """Coefficients A₀, A₁ (and A₂) of every layer's units, for some rows."""
    a = view(x, first * net.sizes[0], rows, net.sizes[0])
    a1, a2 = a, a  # the input does not move: never read as such in layer 0
    for layer in range(net.weight.size):
        w, v = work.packed[net.panels[layer]:], jet.packed[net.panels[layer]:]
        z = units(net, work.a, work.capacity, layer, first, rows)
        z1 = units(net, jet.first, work.capacity, layer, first, rows)
        z2 = units(net, jet.second, work.capacity, layer, first, rows)
        slope = units(net, work.slope, work.capacity, layer, first, rows)
        curvature = units(net, jet.curvature, work.capacity, layer, first, rows)
        product_packed(z, bias_of(net, W, work.zeros, layer), 0, a, w)
        product_packed(z1, bias_of(net, V, work.zeros, layer), 0, a, v)
        if layer > 0:
            product_packed(z1, address(z1), z1.shape[1], a1, w)
        if order > 1:
            if layer > 0:
                product_packed(z2, address(work.zeros), 0, a1, v)
                product_packed(z2, address(z2), z2.shape[1], a2, w)
            else:
                for i in range(flat(z2).size):
                    flat(z2)[i] = z2.dtype.type(0)
        activate_curvature(net.activation[layer], flat(z), flat(slope), flat(curvature))
        _activate(flat(slope), flat(curvature), flat(z1), flat(z2), order)
        a, a1, a2 = z, z1, z2


@jit(cached=False)
def _loss_shard(net, loss, data, W, V, work, jet, start, first, rows):
    jet_shard(net, W, V, work, jet, data.x[start:], first, rows, 2)
    m, top = start + first, net.weight.size - 1
    sample_weights = data.weights[m:m + rows] if data.weights.size else data.weights
    loss_terms(
        loss, units(net, work.a, work.capacity, top, first, rows),
        units(net, jet.first, work.capacity, top, first, rows),
        units(net, jet.second, work.capacity, top, first, rows), data.y[m:m + rows],
        sample_weights, outputs(net, work.covector, first, rows),
        outputs(net, work.errors, first, rows), outputs(net, work.scratch, first, rows),
        work.zeros, jet.terms[m:m + rows])


@jit(parallel=True)
def _shards_parallel(net, loss, data, W, V, work, jet, start, rows):
    for i in prange((rows + work.shard - 1) // work.shard):
        first = i * work.shard
        _loss_shard(net, loss, data, W, V, work, jet, start, first,
                    min(work.shard, rows - first))


@jit
def loss_jet(net, loss, data, W, V, work, jet, threads):
    """Coefficients of every sample's ℓ(W + sV) into `jet.terms` (m, 3)."""
    m = data.x.shape[0]
    pack_all(net, W, work.packed, threads)
    pack_all(net, V, jet.packed, threads)
    for start in range(0, m, work.capacity):
        rows = min(work.capacity, m - start)
        if threads > 1:
            _shards_parallel(net, loss, data, W, V, work, jet, start, rows)
        else:
            for first in range(0, rows, work.shard):
                _loss_shard(net, loss, data, W, V, work, jet, start, first,
                            min(work.shard, rows - first))


@jit
def pushforward(net, x, W, V, work, jet, y_dot):
    """Ẏ = J·V (m, n_out): the change of the outputs along a displacement V (D,)."""
    pack_all(net, W, work.packed, 1)
    pack_all(net, V, jet.packed, 1)
    for start in range(0, x.shape[0], work.capacity):
        rows = min(work.capacity, x.shape[0] - start)
        jet_shard(net, W, V, work, jet, x[start:], 0, rows, 1)
        top = units(net, jet.first, work.capacity, net.weight.size - 1, 0, rows)
        copy(flat(y_dot[start:start + rows]), flat(top))
