"""How every unit and cotangent responds to a displacement V, to first and second order.

Forward: Z₁ = A·Vᵀ + A₁·Wᵀ, Z₂ = A₁·Vᵀ + A₂·Wᵀ. Backward, with u = φ′(z(s)): G_z = G_a·u order by
order, and G_a = G_z·(W + sV) of the layer above. The state at W is of order 0.
"""

from ...scalar.pair import PAIR
from ..base.launch import over
from ..base.product import Part, product, pull_product
from ..planes.pair import put
from . import pair_response
from .buffers import A1, A2, G1, Z1, Z2, A, G
from .loss import respond_on_output
from .units import first_activate, first_pull, over_both, second_activate, second_pull


def first_forward(net, state, t, samples):
    """Z₁ and A₁ = φ′·Z₁ of every layer."""
    rows, W, V, own = samples.rows, state.W, t.V, t.units
    for layer in range(net.weight.size):
        shape = rows, *(int(n) for n in net.sizes[layer : layer + 2])
        z1 = own.part(Z1, layer)
        a = state.units.part(A, layer - 1) if layer else samples.x
        product(z1, a, V.weights(layer), *shape, bias=V.bias(layer))
        if layer > 0:
            product(z1, own.part(A1, layer - 1), W.weights(layer), *shape, add=True)
        if net.activation[layer] < PAIR:
            over_both(first_activate, state, t, layer, rows)
        else:
            pair_response.values(state, t, layer, rows, 1)


def _second_forward(net, state, t, rows):
    """Z₂ and A₂ of every layer."""
    W, V, own = state.W, t.V, t.units
    for layer in range(net.weight.size):
        shape = rows, *(int(n) for n in net.sizes[layer : layer + 2])
        z2 = own.part(Z2, layer)
        if layer == 0:
            put(over(rows * shape[2]), *z2, rows * shape[2], 0)
        else:
            product(z2, own.part(A1, layer - 1), V.weights(layer), *shape)
            product(z2, own.part(A2, layer - 1), W.weights(layer), *shape, add=True)
        if net.activation[layer] < PAIR:
            over_both(second_activate, state, t, layer, rows)
        else:
            pair_response.values(state, t, layer, rows, 2)


def _backward(net, state, t, rows, order):
    """G₁ of every layer, from the output downwards, or of order 2 G₂ in place of Z₂."""
    before, kind, now = (state.units, G, G1) if order == 1 else (t.units, G1, Z2)
    pull, ga = first_pull if order == 1 else second_pull, Part(t.covector.array, 0)
    for layer in range(net.weight.size - 1, -1, -1):
        if net.activation[layer] < PAIR:
            over_both(pull, state, t, layer, rows, *ga)
        else:
            pair_response.cotangents(state, t, layer, rows, order, ga, now)
        if layer > 0:
            shape = rows, *(int(n) for n in net.sizes[layer : layer + 2])
            ga = Part(t.scratch, 0)
            pull_product(ga, t.units.part(now, layer), state.W.weights(layer), *shape)
            pull_product(ga, before.part(kind, layer), t.V.weights(layer), *shape, add=True)


def respond(net, loss, samples, state, t, second):
    """Change of first order along V (and of second) of every unit and cotangent of some samples."""
    first_forward(net, state, t, samples)
    respond_on_output(loss, samples, state, t, A1, None)
    _backward(net, state, t, samples.rows, 1)
    if second:
        _second_forward(net, state, t, samples.rows)
        respond_on_output(loss, samples, state, t, A1, A2)
        _backward(net, state, t, samples.rows, 2)
