"""Taylor coefficients of s ↦ Ŷ(W + sV) and of s ↦ L(W + sV) to any order, exactly.

W(s) = W + sV gives Z_k = A_k·Wᵀ + A_{k−1}·Vᵀ, and every activation has its own recurrence from Z to
A. The first coefficient of the output is the pushforward J·V; those of the loss are the promise,
half the second derivative along V, and so on (physics: TM §3.6; method: Griewank & Walther).

A shard's series (order+1, rows·n) of one layer lies in one buffer, that of the next in another.
"""

from ...._compile import by_crew, jit, part, separate, spliced
from ...scalar.pair import PAIR
from ..base.plan import BLOCK, SCRATCH
from ..base.pointwise import clear, copy
from ..base.product import product_packed
from ..base.views import address, flat, view
from ..layers.units import bias_of, gate_of, of_planes
from ..network.packing import pack_all
from . import pair_response
from .loss_series import loss_series
from .series import activate_series

pairs_along = of_planes(pair_response.pairs_along)


@spliced
def _layer_series(net, jet, layer, first, rows, orders):
    """Series (orders, rows·n), flat, of a layer's units for the rows from `first` on."""
    at = first * jet.orders * jet.widest
    n = net.sizes[min(layer + 1, net.weight.size)]
    return (jet.odd if layer % 2 else jet.even)[at : at + orders * rows * n]


@part
def _series_products(net, W, V, jet, layer, a, z, rows):
    """Z_k = A_k·Wᵀ + A_{k−1}·Vᵀ with biases; A has order 0 alone at the inputs."""
    n_in, n_out = net.sizes[layer], net.sizes[layer + 1]
    orders = z.size // (rows * n_out)
    w, v = jet.packed[net.panels[layer] :], jet.direction[net.panels[layer] :]
    z_0, a_0 = view(z, 0, rows, n_out), view(a, 0, rows, n_in)
    product_packed(z_0, bias_of(net, W, jet.zeros, layer), 0, a_0, w)
    if orders == 1:
        return
    z_1 = view(z, rows * n_out, rows, n_out)
    if layer == 0:
        product_packed(z_1, bias_of(net, V, jet.zeros, layer), 0, a_0, v)
        clear(z[2 * rows * n_out :])
        return
    product_packed(z_1, bias_of(net, V, jet.zeros, layer), 0, view(a, rows * n_in, rows, n_in), w)
    if orders > 2:
        above = view(z, 2 * rows * n_out, (orders - 2) * rows, n_out)
        product_packed(
            above, address(jet.zeros), 0, view(a, 2 * rows * n_in, (orders - 2) * rows, n_in), w
        )
    moved = view(z, rows * n_out, (orders - 1) * rows, n_out)
    product_packed(moved, address(moved), n_out, view(a, 0, (orders - 1) * rows, n_in), v)


@part
def _series(net, W, V, jet, x, shard, rows, orders):
    """The outputs' series (orders, rows·n_out) of a shard, in the buffer of the last layer."""
    first, size = shard * jet.shard, SCRATCH * jet.orders * BLOCK
    a = flat(x[first : first + rows])
    for layer in range(net.weight.size):
        z = _layer_series(net, jet, layer, first, rows, orders)
        _series_products(net, W, V, jet, layer, a, z, rows)
        series, scratch = view(z, 0, orders, z.size // orders), jet.series[shard * size :][:size]
        if net.activation[layer] < PAIR:
            activate_series(net.activation[layer], series, scratch)
        else:
            pairs_along(
                net,
                net.activation[layer],
                series,
                rows,
                gate_of(net, W, jet.zeros, layer),
                gate_of(net, V, jet.zeros, layer),
                scratch,
            )
        a = z


@part
def _series_loss(net, loss, data, jet, start, shard, rows):
    """Coefficients of the losses of a shard, from the outputs' series."""
    first, top = shard * jet.shard, net.weight.size - 1
    m, n = start + first, net.sizes[-1]
    y_hat = _layer_series(net, jet, top, first, rows, jet.orders)
    g = _layer_series(net, jet, top + 1, first, rows, jet.orders)
    loss_series(
        loss,
        view(y_hat, 0, jet.orders, rows * n),
        data.y[m : m + rows],
        data.weights[m : m + rows] if data.weights.size else data.weights,
        view(g, 0, jet.orders, rows * n),
        view(jet.scratch, first * n, rows, n),
        jet.zeros,
        jet.terms[m : m + rows],
    )


@separate
def _shard(net, loss, data, W, V, jet, start, rows, straight, shard):
    """Series and losses of one shard of the `rows` from `start` on."""
    orders = min(2, jet.orders) if straight else jet.orders
    x = data.x[start : start + rows]
    rows = min(jet.shard, rows - shard * jet.shard)
    _series(net, W, V, jet, x, shard, rows, orders)
    if orders < jet.orders:
        top = _layer_series(net, jet, net.weight.size - 1, shard * jet.shard, rows, jet.orders)
        clear(top[orders * rows * net.sizes[-1] :])
    _series_loss(net, loss, data, jet, start, shard, rows)


_shards_by_crew = by_crew(_shard)


@jit
def loss_jet(net, loss, data, W, V, jet, straight, threads):
    """Coefficients of every sample's ℓ(W + sV) into `jet.terms` (m, order+1).

    With `straight` those of ℓ(Ŷ + s·JV) instead: the outputs' own curvature left out.
    """
    m = data.x.shape[0]
    pack_all(net, W, jet.packed, threads)
    pack_all(net, V, jet.direction, threads)
    for start in range(0, m, jet.capacity):
        rows = min(jet.capacity, m - start)
        shards = (rows + jet.shard - 1) // jet.shard
        if threads > 1:
            _shards_by_crew(threads, shards, net, loss, data, W, V, jet, start, rows, straight)
        else:
            for shard in range(shards):
                _shard(net, loss, data, W, V, jet, start, rows, straight, shard)


@jit
def pushforward(net, x, W, V, jet, y_dot):
    """Ẏ = J·V (m, n_out): the change of the outputs along a displacement V (D,)."""
    pack_all(net, W, jet.packed, 1)
    pack_all(net, V, jet.direction, 1)
    for first in range(0, x.shape[0], jet.shard):
        rows = min(jet.shard, x.shape[0] - first)
        _series(net, W, V, jet, x[first : first + rows], 0, rows, 2)
        top = _layer_series(net, jet, net.weight.size - 1, 0, rows, 2)
        copy(flat(y_dot[first : first + rows]), top[rows * net.sizes[-1] :])
