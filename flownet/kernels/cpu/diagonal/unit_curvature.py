"""What one unit does to the loss by itself: ∂²ℓ/∂a², for every unit of a layer.

A push ȧ = 1 of one unit is felt as ż = w by the layer above, and carried on from there:

    ∂²ℓ/∂a² = Σ_units (G_a·φ″)·ż² + ℓ″(ẏ,ẏ)

For the layer just above, the sum is one matrix product for all units below. Into the layer after
that, a unit's push goes by one product too: its weights are put into the matrix, W·diag(w).
"""

from ...._compile import part, separate
from ...layout import CROSS_ENTROPY
from ...scalar.activation import ACTIVATIONS
from ..base.plan import BLOCK_ROWS as R
from ..base.pointwise import clear
from ..base.product import covector_product, product
from ..base.views import address, flat, view
from ..layers.units import weights
from .block_loss import add_curvature, scaled
from .softmax_variance import softmax_variances

_IDENTITY = ACTIVATIONS.index("identity")


@part
def _bends_above(net, W, b, layer, out):
    """Σ_c (G_a·φ″)_c·w_ca² of the layer just above, for all units a."""
    w = weights(net, W, layer + 1)
    squares, bend = flat(b.matrix), b.bend[net.units[layer + 1] : net.units[layer + 2]]
    for i in range(w.size):
        squares[i] = flat(w)[i] * flat(w)[i]
    covector_product(out, address(b.zeros), 0, view(squares, 0, w.shape[0], w.shape[1]), bend, 0, R)


@part
def _two_layers_up(net, W, b, layer, unit, z):
    """ż = W·diag(w)·φ′ two layers above a unit, with w its weights into the layer between."""
    w, between = weights(net, W, layer + 2), weights(net, W, layer + 1)
    matrix = view(b.matrix, 0, w.shape[0], w.shape[1])
    for c in range(w.shape[0]):
        for k in range(w.shape[1]):
            matrix[c, k] = w[c, k] * between[k, unit]
    product(z, address(b.zeros), 0, matrix, b.slope[net.units[layer + 1] : net.units[layer + 2]])


@part
def _pass(out, bend, slope, z):
    """One unit on the way: its share of ∂²ℓ/∂a², and its ȧ in place of ż."""
    for s in range(R):
        out[s] += bend[s] * z[s] * z[s]
        z[s] *= slope[s]


@part
def _carry(net, W, b, layer, unit, out):
    """Push a unit up to the outputs, ẏ into `b.z`; the shares of units on the way to `out`."""
    top, z, other = net.weight.size - 1, b.z, b.other
    if layer + 1 == top:
        w = weights(net, W, top)
        for c in range(net.sizes[-1]):
            scaled(z[c], w[c, unit], b.slope[net.units[top] + c])
    elif (top - layer) % 2:  # an odd number of exchanges
        z, other = other, z
    for above in range(layer + 2, top + 1):
        n = net.sizes[above + 1]
        if above == layer + 2:
            _two_layers_up(net, W, b, layer, unit, z[:n])
        else:
            product(other[:n], address(b.zeros), 0, weights(net, W, above), z[: net.sizes[above]])
            z, other = other, z
        if net.activation[above] != _IDENTITY:
            for c in range(n):
                u = net.units[above] + c
                _pass(out, b.bend[u], b.slope[u], z[c])


@separate
def unit_curvatures(net, loss, W, b, layer, out):
    """∂²ℓ/∂a² (n, R) of every unit of a layer below the outputs."""
    straight = net.activation[layer + 1] == _IDENTITY
    if loss.kind == CROSS_ENTROPY and straight and layer + 2 == net.weight.size:
        softmax_variances(net, W, b, out)
        return
    if straight:
        clear(flat(out))
    else:
        _bends_above(net, W, b, layer, out)
    for unit in range(net.sizes[layer + 1]):
        _carry(net, W, b, layer, unit, out[unit])
        add_curvature(
            loss,
            out[unit],
            b.factor,
            b.p,
            b.z[: net.sizes[-1]],
            b.other[: net.sizes[-1]],
            b.mean,
            b.zeros,
        )
