"""Taylor coefficients of s ↦ Ŷ(W + sV) and of s ↦ L(W + sV) to any order, exactly.

W(s) = W + sV gives Z_k = A_k·Wᵀ + A_{k−1}·Vᵀ, and every activation has its own recurrence from Z to
A. The first coefficient of the output is the pushforward J·V; those of the loss are the promise,
half the second derivative along V, and so on (physics: TM §3.6; method: Griewank & Walther).

The series (orders·rows, n) of one layer lies in one buffer, order by order, that of the next in
another.
"""

from ...scalar.pair import PAIR
from ..base.launch import over
from ..base.mirror import fetch, fresh
from ..base.product import Part, product
from ..planes.pair import put
from .buffers import few
from .loss_series import loss_series
from .pair_response import series_of_pairs
from .problem import Samples, loss_on_device
from .series import activate_series


def _series_products(jet, layer, a, z, rows, orders, n_in, n_out):
    """Z_k = A_k·Wᵀ + A_{k−1}·Vᵀ with biases; A has order 0 alone at the inputs."""
    W, V = jet.W, jet.V
    w, v, of_w, of_v = W.weights(layer), V.weights(layer), W.bias(layer), V.bias(layer)

    def orders_of(part, first, n):
        return Part(part.array, part.at + first * rows * n)

    product(z, a, w, rows, n_in, n_out, bias=of_w)
    if orders == 1:
        return
    z_1 = orders_of(z, 1, n_out)
    if layer == 0:
        product(z_1, a, v, rows, n_in, n_out, bias=of_v)
        if orders > 2:
            count = (orders - 2) * rows * n_out
            put(over(count), *orders_of(z, 2, n_out), count, 0)
        return
    a_1 = orders_of(a, 1, n_in)
    product(z_1, a_1, w, (orders - 1) * rows, n_in, n_out)
    product(z_1, a, v, rows, n_in, n_out, bias=of_v, add=True)
    if orders > 2:
        product(orders_of(z, 2, n_out), a_1, v, (orders - 2) * rows, n_in, n_out, add=True)


def _series(net, jet, x, rows, orders):
    """The outputs' series (orders·rows, n_out), in the room of the last layer."""
    a = x
    for layer in range(net.weight.size):
        n_in, n_out = (int(n) for n in net.sizes[layer : layer + 2])
        room, code = jet.room(layer), int(net.activation[layer])
        z = Part(room.array, 0)
        _series_products(jet, layer, a, z, rows, orders, n_in, n_out)
        if code < PAIR:
            activate_series(code, room.of(orders, rows * n_out), jet)
        else:
            gate, n, own = jet.W.gate(layer), n_out // 2, (jet.W.array, jet.V.array)
            shape = few(rows * n)
            series_of_pairs(shape, *z, *own, gate, jet.pairs, orders, rows, n, variant=(code,))
        a = z


def loss_jet(net, loss, data, W, V, jet, straight, threads):
    """Coefficients of every sample's ℓ(W + sV) into `jet.terms` (m, order+1).

    With `straight` those of ℓ(Ŷ + s·JV) instead: the outputs' own curvature left out.
    """
    jet.W.load(W)
    jet.V.load(V)
    loss, top, n = loss_on_device(loss), net.weight.size - 1, int(net.sizes[-1])
    orders = min(2, jet.orders) if straight else jet.orders
    for start in range(0, data.x.shape[0], jet.capacity):
        samples = Samples(data, start, min(jet.capacity, data.x.shape[0] - start))
        rows, y_hat = samples.rows, jet.room(top)
        _series(net, jet, samples.x, rows, orders)
        if orders < jet.orders:
            begin, count = orders * rows * n, (jet.orders - orders) * rows * n
            put(over(count), y_hat.array, begin, count, 0)
        loss_series(loss, samples, jet, y_hat, jet.room(top + 1), jet.orders)
        fetch(jet.found.array, jet.terms[start : start + rows].reshape(-1))


def pushforward(net, x, W, V, jet, y_dot):
    """Ẏ = J·V (m, n_out): the change of the outputs along a displacement V (D,)."""
    jet.W.load(W)
    jet.V.load(V)
    moved, there = jet.room(net.weight.size - 1).array, fresh(x)
    (m, n_in), n = x.shape, y_dot.shape[1]
    for first in range(0, m, jet.capacity):
        rows = min(jet.capacity, m - first)
        _series(net, jet, Part(there, first * n_in), rows, 2)
        fetch(moved[rows * n :], y_dot[first : first + rows].reshape(-1))
