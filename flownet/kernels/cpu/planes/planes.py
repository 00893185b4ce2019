"""Complex layers as real ones: Re and Im side by side, and weights twice as high and as wide.

(A + iB)(x + iy) + (C + iD)(x − iy), C and D the weights of the conjugate, is the real product

    | A + C   D − B |  | x |
    | B + D   A − C |  | y |

The parameters W lie as (re, im, re, im, …); kernels work with their planes E(W), a linear map, and
its transpose takes a covector on E back to one on W: ∂L/∂x + i∂L/∂y of every parameter.
"""

from ...._compile import part
from ..base.views import view


@part
def spread_row(net, e, W, layer, r):
    """Row r of a layer's planes: | A + C  D − B | of the real parts, | B + D  A − C | below."""
    weight, conjugate, _, _ = net.origin[layer]
    n_in, n_out = net.sizes[layer] // 2, net.sizes[layer + 1] // 2
    imaginary = r >= n_out
    unit, right = r - n_out if imaginary else r, e[n_in:]
    row = W[weight + unit * 2 * n_in : weight + (unit + 1) * 2 * n_in]
    if imaginary:
        for b in range(n_in):
            e[b], right[b] = row[2 * b + 1], row[2 * b]
    else:
        for b in range(n_in):
            e[b], right[b] = row[2 * b], -row[2 * b + 1]
    if conjugate >= 0:
        row = W[conjugate + unit * 2 * n_in : conjugate + (unit + 1) * 2 * n_in]
        if imaginary:
            for b in range(n_in):
                e[b] += row[2 * b + 1]
                right[b] -= row[2 * b]
        else:
            for b in range(n_in):
                e[b] += row[2 * b]
                right[b] += row[2 * b + 1]


@part
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


@part
def spread_singles(net, W, E, layer):
    """Biases, and those of modReLU."""
    _, _, bias, gate = net.origin[layer]
    n = net.sizes[layer + 1] // 2
    for a in range(n):
        if bias >= 0:
            E[net.bias[layer] + a] = W[bias + 2 * a]
            E[net.bias[layer] + n + a] = W[bias + 2 * a + 1]
        if gate >= 0:
            E[net.gate[layer] + a] = W[gate + 2 * a]


@part
def gather_singles(net, dE, dW, layer):
    """Covectors on biases, and on those of modReLU, whose imaginary parts do nothing."""
    _, _, bias, gate = net.origin[layer]
    n = net.sizes[layer + 1] // 2
    for a in range(n):
        if bias >= 0:
            dW[bias + 2 * a] = dE[net.bias[layer] + a]
            dW[bias + 2 * a + 1] = dE[net.bias[layer] + n + a]
        if gate >= 0:
            dW[gate + 2 * a] = dE[net.gate[layer] + a]
            dW[gate + 2 * a + 1] = dE.dtype.type(0)


@part
def spread(net, W, E):
    """E ← the planes of parameters W; a readout's weights, the last in E, stay as they are."""
    for layer in range(net.origin.shape[0]):
        e = view(E, net.weight[layer], net.sizes[layer + 1], net.sizes[layer])
        for r in range(e.shape[0]):
            spread_row(net, e[r], W, layer, r)
        spread_singles(net, W, E, layer)


@part
def collect(net, dE, dW, lowest):
    """dW ← the covector on W of one on its planes, for layers from `lowest` up."""
    for layer in range(lowest, net.origin.shape[0]):
        weight, conjugate, _, _ = net.origin[layer]
        n_in, n_out = net.sizes[layer] // 2, net.sizes[layer + 1] // 2
        e = view(dE, net.weight[layer], 2 * n_out, 2 * n_in)
        _gather_weights(view(dW, weight, n_out, 2 * n_in), e, n_in, 1)
        if conjugate >= 0:
            _gather_weights(view(dW, conjugate, n_out, 2 * n_in), e, n_in, -1)
        gather_singles(net, dE, dW, layer)
