"""Complex layers as real ones: Re and Im side by side, and weights twice as high and as wide.

(A + iB)(x + iy) + (C + iD)(x − iy), C and D the weights of the conjugate, is the real product

    | A + C   D − B |  | x |
    | B + D   A − C |  | y |

The parameters W lie as (re, im, re, im, …); kernels work with their planes E(W), a linear map, and
its transpose takes a covector on E back to one on W: ∂L/∂x + i∂L/∂y of every parameter.
"""

from .._compile import jit
from .simd import view


@jit(cached=False)
def _spread_weights(e, w, n_in):
    """| A  −B; B  A |."""
    height = e.shape[0] // 2
    for a in range(height):
        row, x, y = w[a], e[a], e[height + a]
        right, lower = x[n_in:], y[n_in:]
        for b in range(n_in):
            re, im = row[2 * b], row[2 * b + 1]
            x[b] = re
            right[b] = -im
            y[b] = im
            lower[b] = re


@jit(cached=False)
def _add_conjugate(e, w, n_in):
    """Add | C  D; D  −C |."""
    height = e.shape[0] // 2
    for a in range(height):
        for b in range(n_in):
            re, im = w[a, 2 * b], w[a, 2 * b + 1]
            e[a, b] += re
            e[a, n_in + b] += im
            e[height + a, b] += im
            e[height + a, n_in + b] -= re


@jit(cached=False)
def _gather_weights(w, e, n_in, sign):
    """∂L/∂A + i∂L/∂B with sign 1, of the conjugate's weights with sign −1."""
    height = e.shape[0] // 2
    sign = e.dtype.type(sign)
    for a in range(height):
        row, x, y = w[a], e[a], e[height + a]
        right, lower = x[n_in:], y[n_in:]
        for b in range(n_in):
            row[2 * b] = x[b] + sign * lower[b]
            row[2 * b + 1] = y[b] - sign * right[b]


@jit(cached=False)
def _spread_bias(e, w):
    n = e.size // 2
    for a in range(n):
        e[a] = w[2 * a]
        e[n + a] = w[2 * a + 1]


@jit(cached=False)
def _gather_bias(w, e):
    n = e.size // 2
    for a in range(n):
        w[2 * a] = e[a]
        w[2 * a + 1] = e[n + a]


@jit(cached=False)
def spread(net, W, E):
    """E ← the planes of parameters W; a readout's weights, the last in E, stay as they are."""
    for layer in range(net.origin.shape[0]):
        weight, conjugate, bias, gate = net.origin[layer]
        n_in, n_out = net.sizes[layer] // 2, net.sizes[layer + 1] // 2
        e = view(E, net.weight[layer], 2 * n_out, 2 * n_in)
        _spread_weights(e, view(W, weight, n_out, 2 * n_in), n_in)
        if conjugate >= 0:
            _add_conjugate(e, view(W, conjugate, n_out, 2 * n_in), n_in)
        if bias >= 0:
            _spread_bias(E[net.bias[layer]:net.bias[layer] + 2 * n_out], W[bias:bias + 2 * n_out])
        if gate >= 0:
            for a in range(n_out):
                E[net.gate[layer] + a] = W[gate + 2 * a]


@jit(cached=False)
def collect(net, dE, dW, lowest):
    """dW ← the covector on W of one on its planes, for layers from `lowest` up."""
    for layer in range(lowest, net.origin.shape[0]):
        weight, conjugate, bias, gate = net.origin[layer]
        n_in, n_out = net.sizes[layer] // 2, net.sizes[layer + 1] // 2
        e = view(dE, net.weight[layer], 2 * n_out, 2 * n_in)
        _gather_weights(view(dW, weight, n_out, 2 * n_in), e, n_in, 1)
        if conjugate >= 0:
            _gather_weights(view(dW, conjugate, n_out, 2 * n_in), e, n_in, -1)
        if bias >= 0:
            _gather_bias(dW[bias:bias + 2 * n_out], dE[net.bias[layer]:net.bias[layer] + 2 * n_out])
        if gate >= 0:
            for a in range(n_out):
                dW[gate + 2 * a] = dE[net.gate[layer] + a]
                dW[gate + 2 * a + 1] = dE.dtype.type(0)
