"""Complex layers as real ones on the device: planes E(W) of the parameters, and dW of those of dE.

(A + iB)(x + iy) + (C + iD)(x − iy), C and D the weights of the conjugate, is the real product

    | A + C   D − B |  | x |
    | B + D   A − C |  | y |

The parameters W lie as (re, im, re, im, …), see the CPU's `planes`.
"""

from ...._compile._cuda import cuda
from ..base.launch import kernel, over


@kernel("r[] i8 r[] i8 i8 i8 i8")
def spread_weights(real):
    """Planes (2n_out, 2n_in) of a layer's weights, and of the conjugate's where it has any."""

    def run(E, to, W, at, conjugate, n_in, n_out):
        wide = 2 * n_in
        for i in range(cuda.grid(1), 2 * n_out * wide, cuda.gridsize(1)):
            r, c = i // wide, i % wide
            below, right = r >= n_out, c >= n_in  # of imaginary outputs, of imaginary inputs
            j = 2 * (r % n_out * n_in + c % n_in) + int(below != right)
            value = W[at + j]
            if right and not below:
                value = -value
            if conjugate >= 0:
                own = W[conjugate + j]
                value = value - own if right and below else value + own
            E[to + i] = value

    return run


@kernel("r[] i8 r[] i8 i8 i8 r")
def collect_weights(real):
    """∂L/∂A + i∂L/∂B of a layer's weights with sign 1, of the conjugate's with sign −1."""

    def run(W, to, E, at, n_in, n_out, sign):
        wide = 2 * n_in
        for i in range(cuda.grid(1), n_out * n_in, cuda.gridsize(1)):
            x = at + i // n_in * wide + i % n_in
            y = x + n_out * wide
            W[to + 2 * i] = E[x] + sign * E[y + n_in]
            W[to + 2 * i + 1] = E[y] - sign * E[x + n_in]

    return run


@kernel("r[] i8 r[] i8 i8 i8")
def spread_singles(real):
    """Real parts (n,) of (re, im, …), and behind them the imaginary ones, if these count."""

    def run(E, to, W, at, n, both):
        for i in range(cuda.grid(1), n, cuda.gridsize(1)):
            E[to + i] = W[at + 2 * i]
            if both:
                E[to + n + i] = W[at + 2 * i + 1]

    return run


@kernel("r[] i8 r[] i8 i8 i8")
def collect_singles(real):
    """(re, im, …) of real parts (n,) and of the imaginary ones behind them, or 0 for these."""

    def run(W, to, E, at, n, both):
        for i in range(cuda.grid(1), n, cuda.gridsize(1)):
            W[to + 2 * i] = E[at + i]
            W[to + 2 * i + 1] = E[at + n + i] if both else real(0)

    return run


def _layers(net, lowest=0):
    """Of each layer with parameters: places in W and in the planes, inputs and outputs."""
    for layer in range(lowest, len(net.origin)):
        n_in, n_out = (int(n) // 2 for n in net.sizes[layer : layer + 2])
        there = int(net.weight[layer]), int(net.bias[layer]), int(net.gate[layer])
        yield net.origin[layer].tolist(), there, n_in, n_out


def parameters_of(net):
    """How many real numbers the parameters of a complex network are."""
    *_, (origin, _, n_in, n_out) = _layers(net)
    ends = [at + 2 * n for at, n in zip(origin, (n_in * n_out, n_in * n_out, n_out, n_out))]
    return max(end for end, at in zip(ends, origin) if at >= 0)


def spread(net, W, E):
    """E ← the planes of parameters W; a readout's weights, the last in E, stay as they are."""
    for (weight, conjugate, bias, gate), there, n_in, n_out in _layers(net):
        shape = over(4 * n_in * n_out)
        spread_weights(shape, E, there[0], W, weight, conjugate, n_in, n_out)
        if bias >= 0:
            spread_singles(over(n_out), E, there[1], W, bias, n_out, True)
        if gate >= 0:
            spread_singles(over(n_out), E, there[2], W, gate, n_out, False)


def collect(net, dE, dW, lowest=0):
    """dW ← the covector on W of one on its planes, for layers from `lowest` up."""
    for (weight, conjugate, bias, gate), there, n_in, n_out in _layers(net, lowest):
        shape = over(n_in * n_out)
        collect_weights(shape, dW, weight, dE, there[0], n_in, n_out, 1)
        if conjugate >= 0:
            collect_weights(shape, dW, conjugate, dE, there[0], n_in, n_out, -1)
        if bias >= 0:
            collect_singles(over(n_out), dW, bias, dE, there[1], n_out, True)
        if gate >= 0:
            collect_singles(over(n_out), dW, gate, dE, there[2], n_out, False)
