"""Where a layer's parameters and units lie, and the pass through its activation, there and back."""

from ...._compile import chosen, lacks, part, spliced
from ...scalar.pair import PAIR
from ..base.pointwise import pull_through
from ..base.views import address, flat, shift, view
from . import pair
from .activation import activate_slope


def of_planes(kernel):
    """A kernel for complex networks alone, called as `(net, *args)`.

    It is never called for a network of real numbers, for which none is compiled.
    """
    return chosen(lambda net, *args: None if lacks(net, "origin") else kernel, leading=1)


activate_pairs, pull_pairs = of_planes(pair.activate_pairs), of_planes(pair.pull_pairs)


@spliced
def weights(net, W, layer):
    """Weights (n_out, n_in) of a layer, in W."""
    return view(W, net.weight[layer], net.sizes[layer + 1], net.sizes[layer])


@spliced
def units(net, buffer, capacity, layer, first, rows):
    """Rows of a layer's units (rows, n) in a buffer that holds `capacity` rows."""
    n = net.sizes[layer + 1]
    return view(buffer, capacity * net.units[layer] + first * n, rows, n)


@spliced
def outputs(net, buffer, first, rows):
    """Rows of a buffer as wide as the output."""
    return view(buffer, first * net.sizes[-1], rows, net.sizes[-1])


@spliced
def spare(buffer, capacity, first, rows, n):
    """Where some rows (rows, n) of any layer go, in a buffer for `capacity` rows of the widest.

    It begins where the rows do in the widest layer: shards that are at different layers share none.
    """
    return view(buffer, first * (buffer.size // capacity), rows, n)


@spliced
def bias_of(net, W, zeros, layer):
    """Pointer to a layer's bias in W, or to zeros."""
    return shift(address(W), net.bias[layer]) if net.bias[layer] >= 0 else address(zeros)


@spliced
def gate_of(net, W, zeros, layer):
    """A layer's biases of modReLU (n,) in W, or zeros."""
    start = net.gate[layer] if net.gate[layer] >= 0 else 0
    return (W if net.gate[layer] >= 0 else zeros)[start : start + net.sizes[layer + 1] // 2]


@part
def activate_units(net, W, zeros, layer, z, slope):
    """z ← φ(z) of a layer's units (rows, n); slope ← φ′, or what the pullback of pairs needs."""
    code = net.activation[layer]
    if code < PAIR:
        activate_slope(code, flat(z), flat(slope))
    else:
        activate_pairs(net, code, z, gate_of(net, W, zeros, layer), slope)


@part
def pull_units(net, W, zeros, layer, slope, g, gate):
    """slope ← the cotangent G_z of one G_a, g (rows, n), on a layer's units."""
    code = net.activation[layer]
    if code < PAIR:
        pull_through(flat(slope), flat(g))
    else:
        pull_pairs(net, code, slope, gate_of(net, W, zeros, layer), g, gate)


@spliced
def gates(net, buffer, capacity, layer, first, rows, otherwise):
    """A layer's ∂ℓ/∂b of modReLU (rows, n), where the buffer holds them."""
    return units(net, buffer, capacity, layer, first, rows) if net.gate[layer] >= 0 else otherwise
