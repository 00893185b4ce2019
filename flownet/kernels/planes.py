"""Complex layers as real ones: Re and Im side by side, and weights twice as high and as wide.

(A + iB)(x + iy) + (C + iD)(x − iy), C and D the weights of the conjugate, is the real product

    | A + C   D − B |  | x |
    | B + D   A − C |  | y |

The parameters W lie as (re, im, re, im, …); kernels work with their planes E(W), a linear map, and
its transpose takes a covector on E back to one on W: ∂L/∂x + i∂L/∂y of every parameter.
"""

from numba import prange

from .._compile import jit
from .simd import view

HANDS = 16  # rows of the weights are dealt out to this many hands, whatever the number of threads


@jit(cached=False)
def _spread_weights(e, w, n_in, hand, hands):
    """Rows of | A  −B; B  A |."""
    height = e.shape[0] // 2
    for a in range(hand, height, hands):
        row, x, y = w[a], e[a], e[height + a]
        right, lower = x[n_in:], y[n_in:]
        for b in range(n_in):
            re, im = row[2 * b], row[2 * b + 1]
            x[b] = re
            right[b] = -im
            y[b] = im
            lower[b] = re


@jit(cached=False)
def _add_conjugate(e, w, n_in, hand, hands):
    """Add rows of | C  D; D  −C |."""
    height = e.shape[0] // 2
    for a in range(hand, height, hands):
        row, x, y = w[a], e[a], e[height + a]
        right, lower = x[n_in:], y[n_in:]
        for b in range(n_in):
            re, im = row[2 * b], row[2 * b + 1]
            x[b] += re
            right[b] += im
            y[b] += im
            lower[b] -= re


@jit(cached=False)
def _gather_weights(w, e, n_in, sign, hand, hands):
    """∂L/∂A + i∂L/∂B with sign 1, of the conjugate's weights with sign −1."""
    height = e.shape[0] // 2
    sign = e.dtype.type(sign)
    for a in range(hand, height, hands):
        row, x, y = w[a], e[a], e[height + a]
        right, lower = x[n_in:], y[n_in:]
        for b in range(n_in):
            row[2 * b] = x[b] + sign * lower[b]
            row[2 * b + 1] = y[b] - sign * right[b]


@jit(cached=False)
def _spread_singles(net, W, E, layer, n, bias, gate):
    """Biases, and those of modReLU."""
    for a in range(n):
        if bias >= 0:
            E[net.bias[layer] + a] = W[bias + 2 * a]
            E[net.bias[layer] + n + a] = W[bias + 2 * a + 1]
        if gate >= 0:
            E[net.gate[layer] + a] = W[gate + 2 * a]


@jit(cached=False)
def _gather_singles(net, dE, dW, layer, n, bias, gate):
    for a in range(n):
        if bias >= 0:
            dW[bias + 2 * a] = dE[net.bias[layer] + a]
            dW[bias + 2 * a + 1] = dE[net.bias[layer] + n + a]
        if gate >= 0:
            dW[gate + 2 * a] = dE[net.gate[layer] + a]
            dW[gate + 2 * a + 1] = dE.dtype.type(0)


@jit(cached=False)
def _spread(net, W, E, hand, hands):
    for layer in range(net.origin.shape[0]):
        weight, conjugate, bias, gate = net.origin[layer]
        n_in, n_out = net.sizes[layer] // 2, net.sizes[layer + 1] // 2
        e = view(E, net.weight[layer], 2 * n_out, 2 * n_in)
        _spread_weights(e, view(W, weight, n_out, 2 * n_in), n_in, hand, hands)
        if conjugate >= 0:
            _add_conjugate(e, view(W, conjugate, n_out, 2 * n_in), n_in, hand, hands)
        if hand == 0:
            _spread_singles(net, W, E, layer, n_out, bias, gate)


@jit(cached=False)
def _collect(net, dE, dW, lowest, hand, hands):
    for layer in range(lowest, net.origin.shape[0]):
        weight, conjugate, bias, gate = net.origin[layer]
        n_in, n_out = net.sizes[layer] // 2, net.sizes[layer + 1] // 2
        e = view(dE, net.weight[layer], 2 * n_out, 2 * n_in)
        _gather_weights(view(dW, weight, n_out, 2 * n_in), e, n_in, 1, hand, hands)
        if conjugate >= 0:
            _gather_weights(view(dW, conjugate, n_out, 2 * n_in), e, n_in, -1, hand, hands)
        if hand == 0:
            _gather_singles(net, dE, dW, layer, n_out, bias, gate)


@jit(parallel=True)
def _spread_parallel(net, W, E):
    for hand in prange(HANDS):
        _spread(net, W, E, hand, HANDS)


@jit(parallel=True)
def _collect_parallel(net, dE, dW, lowest):
    for hand in prange(HANDS):
        _collect(net, dE, dW, lowest, hand, HANDS)


@jit(cached=False)
def spread(net, W, E, threads):
    """E ← the planes of parameters W; a readout's weights, the last in E, stay as they are."""
    if threads > 1:
        _spread_parallel(net, W, E)
    else:
        _spread(net, W, E, 0, 1)


@jit(cached=False)
def collect(net, dE, dW, lowest, threads):
    """dW ← the covector on W of one on its planes, for layers from `lowest` up."""
    if threads > 1:
        _collect_parallel(net, dE, dW, lowest)
    else:
        _collect(net, dE, dW, lowest, 0, 1)
