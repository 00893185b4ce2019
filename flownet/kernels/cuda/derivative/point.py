"""The state at a point W, kept on the device for derivatives of second and third order there.

For every unit of every sample: a = φ(z), φ′, φ″, the cotangent G_z of the loss, and G_a·φ″ and
½G_a·φ‴, by which the map bends. For the loss, the probabilities P̂ and Σq. Pairs of complex units
keep z instead of φ″, G_a instead of G_a·φ″, and ∂ℓ/∂b of modReLU instead of ½G_a·φ‴.
"""

import numpy as np

from ...scalar.pair import PAIR
from ..base.launch import over
from ..base.mirror import fetch
from ..base.product import Part, product, pull_product
from ..planes import pair
from .buffers import BEND, CURVATURE, SLOPE, TWIST, A, G
from .loss import lose
from .problem import Samples, loss_on_device
from .units import activate, bend, copy, over_layer


def _forward(net, state, samples):
    """A_l = φ(A_{l−1}·Wᵀ + b), with three derivatives of φ."""
    own, W, rows, below = state.units, state.W, samples.rows, samples.x
    for layer in range(net.weight.size):
        n_in, n_out = (int(n) for n in net.sizes[layer : layer + 2])
        a, code = own.part(A, layer), int(net.activation[layer])
        product(a, below, W.weights(layer), rows, n_in, n_out, bias=W.bias(layer))
        if code < PAIR:
            activate(code, state, layer, rows)
        else:  # pairs keep z instead
            copy(over(rows * n_out), *own.part(CURVATURE, layer), *a, rows * n_out)
            kept = own.part(SLOPE, layer)
            pair.activate(code, a, kept, W.array, W.gate(layer), rows, n_out // 2)
        below = a


def _backward(net, state, rows):
    """Cotangents from the output downwards."""
    own, ga = state.units, Part(state.covector.array, 0)
    for layer in range(net.weight.size - 1, -1, -1):
        n_in, n_out = (int(n) for n in net.sizes[layer : layer + 2])
        code, g = int(net.activation[layer]), own.part(G, layer)
        if code < PAIR:
            over_layer(bend, state, layer, rows, *ga)
        else:  # pairs keep G_a
            copy(over(rows * n_out), *own.part(BEND, layer), *ga, rows * n_out)
            copy(over(rows * n_out), *g, *ga, rows * n_out)
            kept, gates, W = own.part(SLOPE, layer), own.part(TWIST, layer), state.W
            pair.pull(code, kept, g, gates, W.array, W.gate(layer), rows, n_out // 2)
        if layer > 0:
            ga = Part(state.scratch, 0)
            pull_product(ga, g, state.W.weights(layer), rows, n_in, n_out)


def fill_state(net, loss, samples, state):
    """Fill the state at the W that was loaded, for some samples."""
    _forward(net, state, samples)
    lose(loss, samples, state)
    _backward(net, state, samples.rows)


def state_at(net, loss, data, W, at, threads):
    """Fill the state at W; returns L(W)."""
    state, sample = at.state, np.empty(data.x.shape[0])
    state.W.load(W)
    state.scale = 1 / data.x.shape[0]
    fill_state(net, loss_on_device(loss), Samples(data), state)
    fetch(state.sample, sample)
    return float(sample.mean())
