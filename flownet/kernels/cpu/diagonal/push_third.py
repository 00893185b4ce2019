"""One neuron's push to third order: h, its change dh/ds along V, and t, for a block of samples.

See `neurons` for the sums. Along with ż go ∂ż/∂s (`z11`) and z̈ (`z2`), up to the outputs.
"""

from ...._compile import part
from ...layout import QUADRATIC
from ..base.plan import BLOCK_ROWS as R
from ..base.pointwise import copy
from ..base.product import product
from ..base.views import address, flat
from ..layers.units import weights
from .block_loss import respond, scaled


@part
def _begin(net, W, V, push, layer, neuron):
    """The push of a neuron as the layer above feels it, or the outputs at the top."""
    u = net.units[layer] + neuron
    slope, curvature, change = push.slope[u], push.curvature[u], push.mean
    copy(push.h, push.bend[u])
    copy(push.dh, push.drift[u])
    scaled(push.t, push.t.dtype.type(2), push.twist[u])
    for s in range(R):
        change[s] = curvature[s] * push.z[u, s]  # ∂ȧ/∂s of the neuron
    if layer == net.weight.size - 1:
        for c in range(net.sizes[-1]):
            on = push.h.dtype.type(1 if c == neuron else 0)
            scaled(push.z1[c], on, slope)
            scaled(push.z11[c], on, change)
            scaled(push.z2[c], on, curvature)
        return
    w, v = weights(net, W, layer + 1), weights(net, V, layer + 1)
    for c in range(w.shape[0]):
        scaled(push.z1[c], w[c, neuron], slope)
        scaled(push.z2[c], w[c, neuron], curvature)
        for s in range(R):
            push.z11[c, s] = w[c, neuron] * change[s] + v[c, neuron] * slope[s]


@part
def _pass(h, dh, t, drift, bend, twist, slope, curvature, z0, z1, z11, z2):
    """One unit: its shares of h, dh/ds and t; then ȧ, ∂ȧ/∂s, ä in place of ż, ∂ż/∂s, z̈."""
    two, three = h.dtype.type(2), h.dtype.type(3)
    for s in range(R):
        z = z1[s]
        h[s] += bend[s] * z * z
        dh[s] += (drift[s] * z + two * bend[s] * z11[s]) * z
        t[s] += (two * twist[s] * z * z + three * bend[s] * z2[s]) * z
    for s in range(R):
        z = z1[s]
        z11[s] = slope[s] * z11[s] + curvature[s] * z0[s] * z
        z2[s] = slope[s] * z2[s] + curvature[s] * z * z
        z1[s] = slope[s] * z


@part
def _climb(net, W, V, push, layer):
    """From one layer's ȧ, ∂ȧ/∂s, ä to the next one's ż, ∂ż/∂s, z̈, which take their place."""
    n_in, n_out = net.sizes[layer + 1], net.sizes[layer + 2]
    w, zeros, scratch = weights(net, W, layer + 1), address(push.zeros), push.scratch[:n_out]
    product(scratch, zeros, 0, w, push.z11[:n_in])
    product(scratch, address(scratch), R, weights(net, V, layer + 1), push.z1[:n_in])
    copy(flat(push.z11), flat(scratch))
    product(scratch, zeros, 0, w, push.z2[:n_in])
    copy(flat(push.z2), flat(scratch))
    product(scratch, zeros, 0, w, push.z1[:n_in])
    copy(flat(push.z1), flat(scratch))


@part
def _loss(loss, push, y1, gy):
    """Shares of the loss, ℓ″ and ℓ‴ of the outputs' changes."""
    h, dh, t, factor = push.h, push.dh, push.t, push.factor
    two, three = t.dtype.type(2), t.dtype.type(3)
    beta = t.dtype.type(loss.inverse_temperature)
    respond(loss, push.p, y1, gy, push.mean, push.zeros)
    for c in range(y1.shape[0]):
        for s in range(R):
            g = factor[s] * gy[c, s]
            h[s] += g * y1[c, s]
            dh[s] += two * g * push.z11[c, s]
            t[s] += three * g * push.z2[c, s]
        if loss.kind != QUADRATIC:
            for s in range(R):
                cubic = factor[s] * gy[c, s] * y1[c, s]
                dh[s] += cubic * push.y[c, s]
                t[s] += beta * cubic * y1[c, s]


@part
def push_third(net, loss, W, V, push, layer, neuron):
    """h, dh/ds and t of one neuron."""
    _begin(net, W, V, push, layer, neuron)
    for above in range(layer + 1, net.weight.size):
        for c in range(net.sizes[above + 1]):
            u = net.units[above] + c
            _pass(
                push.h,
                push.dh,
                push.t,
                push.drift[u],
                push.bend[u],
                push.twist[u],
                push.slope[u],
                push.curvature[u],
                push.z[u],
                push.z1[c],
                push.z11[c],
                push.z2[c],
            )
        if above < net.weight.size - 1:
            _climb(net, W, V, push, above)
    _loss(loss, push, push.z1[: net.sizes[-1]], push.scratch[: net.sizes[-1]])
