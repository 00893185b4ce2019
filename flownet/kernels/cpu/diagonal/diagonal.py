"""The exact diagonal of the Hessian: ∂²L/∂W_ab² = Σ_s x_b²·h_a with h_a = ∂²ℓ/∂z_a².

A weight W_ab enters a sample only through z_a, with slope x_b. With ∂²ℓ/∂a² of each unit, from
`unit_curvature`, h = G_a·φ″ + φ′²·∂²ℓ/∂a². Everything is done for one block of samples at a time,
which stays in the cache, with samples side by side and units one below the other: every loop runs
in whole vector registers and every sum over units is a matrix product.
"""

from ...._compile import part, separate, spliced
from ...layout import CROSS_ENTROPY
from ..base.blocks import summed
from ..base.plan import BLOCK_ROWS as R
from ..base.pointwise import clear, copy
from ..base.product import covector_product, product
from ..base.transpose import transpose
from ..base.views import address, flat, view
from ..layers.activation import activate_curvature
from ..layers.loss import covector_on_output, cross_entropy_state
from ..layers.units import weights
from .block_loss import own_curvature
from .unit_curvature import unit_curvatures


@spliced
def _layer(net, buffer, layer):
    """A layer's units (n, R)."""
    return buffer[net.units[layer] : net.units[layer + 1]]


@part
def _forward(net, W, b, x, first, rows):
    """Units, φ′, and φ″ into `bend`; samples beyond the last are zeros."""
    below = b.x
    clear(flat(below))
    transpose(below, x[first : first + rows], rows, net.sizes[0])
    for layer in range(net.weight.size):
        z = _layer(net, b.a, layer)
        for c in range(z.shape[0]):
            bias = W[net.bias[layer] + c] if net.bias[layer] >= 0 else W.dtype.type(0)
            for s in range(R):
                z[c, s] = bias
        product(z, address(z), R, weights(net, W, layer), below)
        activate_curvature(
            net.activation[layer],
            flat(z),
            flat(_layer(net, b.slope, layer)),
            flat(_layer(net, b.bend, layer)),
        )
        below = z


@part
def _loss(net, loss, data, b, first, rows):
    """The covector on the outputs into `z`; P̂, and the factor of each sample's ℓ″."""
    n, beta = net.sizes[-1], b.scale.dtype.type(loss.inverse_temperature)
    y_hat, y, covector, sample = b.y_rows[:rows], data.y[first : first + rows], b.covector, b.sample
    transpose(y_hat, _layer(net, b.a, net.weight.size - 1), n, rows)
    clear(b.factor)
    if loss.kind == CROSS_ENTROPY:
        cross_entropy_state(
            loss, y_hat, y, b.p_rows[:rows], b.mass, covector[:rows], sample, b.scale
        )
        clear(flat(b.p))
        transpose(b.p, b.p_rows, rows, n)
        for s in range(rows):
            b.factor[s] = b.scale[0] * beta * beta * b.mass[s]
    else:
        own = data.weights[first : first + rows] if data.weights.size else data.weights
        covector_on_output(
            loss,
            y_hat,
            y,
            own,
            covector[:rows],
            b.errors[:rows],
            b.scratch[:rows],
            b.zeros,
            sample[:rows],
            b.scale,
        )
        for s in range(rows):
            b.factor[s] = b.scale[0] * (own[s] if own.size else b.scale.dtype.type(1))
    clear(flat(b.z[:n]))
    transpose(b.z, covector, rows, n)


@part
def _backward(net, W, b):
    """G_a·φ″ of every unit, from the outputs downwards."""
    ga, g = b.z, b.other
    for layer in range(net.weight.size - 1, -1, -1):
        slope, bend = _layer(net, b.slope, layer), _layer(net, b.bend, layer)
        for c in range(slope.shape[0]):
            for s in range(R):
                bend[c, s] *= ga[c, s]
                ga[c, s] *= slope[c, s]
        if layer > 0:
            covector_product(
                g[: net.sizes[layer]],
                address(b.zeros),
                0,
                weights(net, W, layer),
                ga[: slope.shape[0]],
                0,
                R,
            )
            ga, g = g, ga


@part
def _of_preactivations(net, loss, W, b, layer, h):
    """h = ∂²ℓ/∂z² of a layer."""
    if layer == net.weight.size - 1:
        for c in range(h.shape[0]):
            own_curvature(loss, h[c], b.factor, b.p, c)
    else:
        unit_curvatures(net, loss, W, b, layer, h)
    slope, bend = flat(_layer(net, b.slope, layer)), flat(_layer(net, b.bend, layer))
    h = flat(h)
    for i in range(h.size):
        h[i] = bend[i] + slope[i] * slope[i] * h[i]


@part
def _collect(net, b, layer, h, x2, out):
    """out += Σ_s h ⊗ x² of a layer's weights, and Σ_s h of its biases."""
    w = weights(net, out, layer)
    product(w, address(w), w.shape[1], h, x2)
    if net.bias[layer] >= 0:
        bias = view(out, net.bias[layer], w.shape[0], 1)
        product(bias, address(bias), 1, h, b.ones[: x2.shape[0]])


@part
def _square_inputs(net, b, layer, x, first, rows):
    """x² of a layer, as rows again."""
    n = net.sizes[layer]
    x2 = view(b.rows, 0, rows, n)
    if layer == 0:
        copy(flat(x2), flat(x[first : first + rows]))
    else:
        transpose(x2, _layer(net, b.a, layer - 1), n, rows)
    squares = flat(x2)
    for i in range(squares.size):
        squares[i] *= squares[i]


@separate
def _add_block(net, loss, data, W, b, first, rows, out):
    """Add what a block of samples gives to the diagonal."""
    _forward(net, W, b, data.x, first, rows)
    _loss(net, loss, data, b, first, rows)
    _backward(net, W, b)
    for layer in range(net.weight.size):
        h = b.h[: net.sizes[layer + 1]]
        _of_preactivations(net, loss, W, b, layer, h)
        _square_inputs(net, b, layer, data.x, first, rows)
        _collect(net, b, layer, h, view(b.rows, 0, rows, net.sizes[layer]), out)


#: ∂²L/∂W_i² (D,) at W
hessian_diagonal = summed(_add_block, "hessian_diagonal")
