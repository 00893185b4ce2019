"""Derivatives of every sample's loss by one pre-activation z_a, for every neuron a, to third order.

A weight W_ab enters a sample only through z_a, with slope x_b, so ∂²L/∂W_ab² = Σ_s x_b²·h_a with
h_a = ∂²ℓ/∂z_a², and likewise in third order. A push ε at z_a is carried forward through the layers
above as ż (and z̈, and ∂ż/∂s along a displacement V); the cotangents of the state at W do the rest:

    h = Σ_units (G_a·φ″)·ż² + ℓ″(ẏ,ẏ)
    t = Σ_units (G_a·φ‴)·ż³ + 3(G_a·φ″)·ż·z̈ + ℓ‴(ẏ,ẏ,ẏ) + 3ℓ″(ẏ,ÿ)
    dh/ds = Σ_units d(G_a·φ″)/ds·ż² + 2(G_a·φ″)·ż·∂ż/∂s + ℓ‴(ẏ,ẏ,JV) + 2ℓ″(ẏ,∂ẏ/∂s)

Units lie one below the other here and their samples side by side, so that every loop and every sum
over units runs in vector registers.
"""

from ...._compile import in_parallel, jit, part, separate
from ...layout import QUADRATIC
from ..base.plan import BLOCK_ROWS as R
from ..base.pointwise import clear
from ..base.transpose import transpose
from ..base.views import flat, of_worker
from ..layers.units import outputs, units
from ..network.differential import columns
from .block_loss import centre, scaled
from .push_third import push_third


@part
def _lay_all(out, buffer, net, capacity, first, rows):
    """The units of all layers."""
    for layer in range(net.weight.size):
        begin, end = net.units[layer], net.units[layer + 1]
        transpose(
            out[begin:end], units(net, buffer, capacity, layer, first, rows), rows, end - begin
        )


@part
def _settle(net, loss, data, at, t, push, first, rows):
    """Lay out the state at W for some samples; places beyond them stay 0 and count nowhere."""
    top, n_out = net.weight.size - 1, net.sizes[-1]
    if rows < R:
        for buffer in (
            push.slope,
            push.bend,
            push.curvature,
            push.twist,
            push.z,
            push.drift,
            push.p,
            push.y,
        ):
            clear(flat(buffer))
    _lay_all(push.slope, at.slope, net, at.capacity, first, rows)
    _lay_all(push.bend, at.bend, net, at.capacity, first, rows)
    _lay_all(push.curvature, at.curvature, net, at.capacity, first, rows)
    _lay_all(push.twist, at.twist, net, at.capacity, first, rows)
    _lay_all(push.z, t.z1, net, at.capacity, first, rows)
    _lay_all(push.drift, t.drift, net, at.capacity, first, rows)
    clear(push.factor)
    beta = at.scale.dtype.type(1 if loss.kind == QUADRATIC else loss.inverse_temperature)
    for s in range(rows):
        push.factor[s] = at.scale[0] * beta * beta
        if loss.kind != QUADRATIC:
            push.factor[s] *= at.mass[first + s]
        elif data.weights.size:
            push.factor[s] *= data.weights[first + s]
    if loss.kind != QUADRATIC:
        transpose(push.p, outputs(net, at.p, first, rows), rows, n_out)
    transpose(push.y, units(net, t.a1, at.capacity, top, first, rows), rows, n_out)
    for c in range(n_out):
        scaled(push.y[c], beta, push.y[c])
    if loss.kind != QUADRATIC:
        centre(push.p, push.y, push.mean)


@separate
def _push_neurons(net, loss, data, W, V, at, t, push, first, found):
    """h, dh/ds along V and t of every neuron for the samples from `first` on."""
    rows = min(R, data.x.shape[0] - first)
    _settle(net, loss, data, at, t, push, first, rows)
    m = data.x.shape[0]
    for layer in range(net.weight.size):
        n = net.sizes[layer + 1]
        for neuron in range(n):
            at_neuron = m * net.units[layer] + first * n + neuron
            push_third(net, loss, W, V, push, layer, neuron)
            for s in range(rows):
                found[0, at_neuron + s * n] = push.h[s]
                found[1, at_neuron + s * n] = push.dh[s]
                found[2, at_neuron + s * n] = push.t[s]


@separate
def _push_of_worker(net, loss, data, W, V, at, t, buffers, workers, found, i):
    for first in range(i * R, data.x.shape[0], workers * R):
        _push_neurons(net, loss, data, W, V, at, t, of_worker(buffers, i), first, found)


_workers_in_parallel = in_parallel(_push_of_worker)


@jit
def neuron_derivatives(net, loss, data, W, V, at, t, buffers, workers, found):
    """h, dh/ds and t into `found` (3, m·units), laid out as units are: for every sample."""
    if workers > 1:
        _workers_in_parallel(workers, net, loss, data, W, V, at, t, buffers, workers, found)
    else:
        _push_of_worker(net, loss, data, W, V, at, t, buffers, 1, found, 0)


@jit
def collect(net, x, out, g, a, zeros, accumulate, threads):
    """Σ_s G ⊗ x of every layer, for powers of the units; accumulated from the second layer on."""
    m, lowest = x.shape[0], 1 if accumulate else 0
    columns(net, x, out, g, a, m, m, zeros, accumulate, not accumulate, lowest, threads)
