"""Derivatives of every sample's loss by one pre-activation z_a, for every neuron a: what a single
parameter does to the loss by itself.

A weight W_ab enters a sample only through z_a, with slope x_b, so ∂²L/∂W_ab² = Σ_s x_b²·h_a with
h_a = ∂²ℓ/∂z_a², and likewise in third order. A push ε at z_a is carried forward through the layers
above as ż (and z̈, and ∂ż/∂s along a displacement V); the cotangents kept at W do the rest:

    h = Σ_units (G_a·φ″)·ż² + ℓ″(ẏ,ẏ)
    t = Σ_units (G_a·φ‴)·ż³ + 3(G_a·φ″)·ż·z̈ + ℓ‴(ẏ,ẏ,ẏ) + 3ℓ″(ẏ,ÿ)
    dh/ds = Σ_units d(G_a·φ″)/ds·ż² + 2(G_a·φ″)·ż·∂ż/∂s + ℓ‴(ẏ,ẏ,JV) + 2ℓ″(ẏ,∂ẏ/∂s)

Units lie one below the other here and their samples side by side, so that every loop and every sum
over units runs in vector registers.
"""

from numba import prange

from .._compile import jit, separate, spliced
from .loss import QUADRATIC
from .network import HANDS, deal_columns, units, weights
from .plan import NEURON_ROWS, Push
from .pointwise import clear, copy
from .product import product
from .simd import address, flat, view

_R = NEURON_ROWS


@jit(cached=False)
def _lay(out, buffer, net, capacity, first, rows):
    """Units of some samples (units, R) from a buffer that holds them sample by sample."""
    for layer in range(net.weight.size):
        a = units(net, buffer, capacity, layer, first, rows)
        for s in range(rows):
            for c in range(a.shape[1]):
                out[net.units[layer] + c, s] = a[s, c]


@jit(cached=False)
def _settle(net, loss, data, at, t, push, first, rows, full):
    """Lay out what is kept at W for some samples; lanes beyond them stay 0 and count nowhere."""
    top, n_out = net.weight.size - 1, net.sizes[-1]
    if rows < _R:
        for buffer in (push.slope, push.bend, push.curvature, push.twist, push.z, push.drift,
                       push.p, push.y):
            clear(flat(buffer))
    _lay(push.slope, at.slope, net, at.capacity, first, rows)
    _lay(push.bend, at.bend, net, at.capacity, first, rows)
    _lay(push.curvature, at.curvature, net, at.capacity, first, rows)
    if full:
        _lay(push.twist, at.twist, net, at.capacity, first, rows)
        _lay(push.z, t.z1, net, at.capacity, first, rows)
        _lay(push.drift, t.drift, net, at.capacity, first, rows)
    clear(push.factor)
    beta = at.scale.dtype.type(1 if loss.kind == QUADRATIC else loss.inverse_temperature)
    for s in range(rows):
        push.factor[s] = at.scale[0] * beta * beta
        if loss.kind != QUADRATIC:
            push.factor[s] *= at.mass[first + s]
            for c in range(n_out):
                push.p[c, s] = at.p[(first + s) * n_out + c]
        elif data.weights.size:
            push.factor[s] *= data.weights[first + s]
    if full:
        y1 = units(net, t.a1, at.capacity, top, first, rows)
        for s in range(rows):
            for c in range(n_out):
                push.y[c, s] = beta * y1[s, c]
        if loss.kind != QUADRATIC:
            _centre(push.y, push.p, push.mean, n_out)


@jit(cached=False)
def _centre(y, p, mean, n):
    """y ← y − Σ_c p_c·y_c, sample by sample."""
    clear(mean)
    for c in range(n):
        for s in range(_R):
            mean[s] += p[c, s] * y[c, s]
    for c in range(n):
        for s in range(_R):
            y[c, s] -= mean[s]


@jit(cached=False)
def _scaled(out, factor, row):
    for s in range(_R):
        out[s] = factor * row[s]


@jit(cached=False)
def _begin(net, W, V, push, layer, neuron, full):
    """The push of a neuron as the layer above feels it, or the outputs if there is none."""
    u = net.units[layer] + neuron
    slope, curvature = push.slope[u], push.curvature[u]
    copy(push.h, push.bend[u])
    if full:
        copy(push.dh, push.drift[u])
        _scaled(push.t, push.t.dtype.type(2), push.twist[u])
        for s in range(_R):
            push.mean[s] = curvature[s] * push.z[u, s]  # ∂ȧ/∂s of the neuron
    if layer == net.weight.size - 1:
        for c in range(net.sizes[-1]):
            on = push.h.dtype.type(1 if c == neuron else 0)
            _scaled(push.z1[c], on, slope)
            if full:
                _scaled(push.z11[c], on, push.mean)
                _scaled(push.z2[c], on, curvature)
        return
    w, v = weights(net, W, layer + 1), weights(net, V, layer + 1)
    for c in range(w.shape[0]):
        _scaled(push.z1[c], w[c, neuron], slope)
        if full:
            _scaled(push.z2[c], w[c, neuron], curvature)
            for s in range(_R):
                push.z11[c, s] = w[c, neuron] * push.mean[s] + v[c, neuron] * slope[s]


@jit(cached=False)
def _pass(h, bend, slope, z):
    """One unit: its share of h, and ȧ in place of ż."""
    for s in range(_R):
        h[s] += bend[s] * z[s] * z[s]
        z[s] *= slope[s]


@jit(cached=False)
def _pass_full(dh, t, drift, bend, twist, slope, curvature, z0, z, z11, z2):
    """One unit: its shares of dh/ds and t, and ∂ȧ/∂s and ä in place of ∂ż/∂s and z̈."""
    two, three = dh.dtype.type(2), dh.dtype.type(3)
    for s in range(_R):
        dh[s] += (drift[s] * z[s] + two * bend[s] * z11[s]) * z[s]
        t[s] += (two * twist[s] * z[s] * z[s] + three * bend[s] * z2[s]) * z[s]
        z11[s] = slope[s] * z11[s] + curvature[s] * z0[s] * z[s]
        z2[s] = slope[s] * z2[s] + curvature[s] * z[s] * z[s]


@jit(cached=False)
def _climb(net, W, V, push, layer, full):
    """From one layer's ȧ to the ż of the next, which take their place."""
    n_in, n_out = net.sizes[layer + 1], net.sizes[layer + 2]
    w, zeros, scratch = weights(net, W, layer + 1), address(push.zeros), push.scratch[:n_out]
    if full:
        product(scratch, zeros, 0, w, push.z11[:n_in])
        product(scratch, address(scratch), _R, weights(net, V, layer + 1), push.z1[:n_in])
        copy(flat(push.z11), flat(scratch))
        product(scratch, zeros, 0, w, push.z2[:n_in])
        copy(flat(push.z2), flat(scratch))
    product(scratch, zeros, 0, w, push.z1[:n_in])
    copy(flat(push.z1), flat(scratch))


@jit(cached=False)
def _loss(net, loss, push, full):
    """Shares of the loss: ℓ″ and ℓ‴ of the outputs' changes."""
    n = net.sizes[-1]
    y1, gy = push.z1[:n], push.scratch[:n]
    h, dh, t, p, factor = push.h, push.dh, push.t, push.p, push.factor
    two, three = h.dtype.type(2), h.dtype.type(3)
    beta = h.dtype.type(1 if loss.kind == QUADRATIC else loss.inverse_temperature)
    if loss.kind == QUADRATIC:
        if loss.gamma.size:
            product(gy, address(push.zeros), 0, loss.gamma, y1)
        else:
            copy(flat(gy), flat(y1))
    else:
        _centre(y1, p, push.mean, n)
        for c in range(n):
            for s in range(_R):
                gy[c, s] = p[c, s] * y1[c, s]
    for c in range(n):
        for s in range(_R):
            h[s] += factor[s] * gy[c, s] * y1[c, s]
        if full:
            for s in range(_R):
                dh[s] += two * factor[s] * gy[c, s] * push.z11[c, s]
                t[s] += three * factor[s] * gy[c, s] * push.z2[c, s]
        if full and loss.kind != QUADRATIC:
            for s in range(_R):
                cubic = factor[s] * gy[c, s] * y1[c, s]
                dh[s] += cubic * push.y[c, s]
                t[s] += beta * cubic * y1[c, s]


@separate
def push_neurons(net, loss, data, W, V, at, t, push, first, full):
    """h (and dh/ds along V, and t) of every neuron for the samples from `first` on."""
    rows = min(_R, data.x.shape[0] - first)
    _settle(net, loss, data, at, t, push, first, rows, full)
    for layer in range(net.weight.size):
        for neuron in range(net.sizes[layer + 1]):
            _begin(net, W, V, push, layer, neuron, full)
            for above in range(layer + 1, net.weight.size):
                for c in range(net.sizes[above + 1]):
                    u = net.units[above] + c
                    if full:
                        _pass_full(push.dh, push.t, push.drift[u], push.bend[u], push.twist[u],
                                   push.slope[u], push.curvature[u], push.z[u], push.z1[c],
                                   push.z11[c], push.z2[c])
                    _pass(push.h, push.bend[u], push.slope[u], push.z1[c])
                if above < net.weight.size - 1:
                    _climb(net, W, V, push, above, full)
            _loss(net, loss, push, full)
            at_neuron = data.x.shape[0] * net.units[layer] + first * net.sizes[layer + 1] + neuron
            for s in range(rows):
                push.all_h[at_neuron + s * net.sizes[layer + 1]] = push.h[s]
                if full:
                    push.all_dh[at_neuron + s * net.sizes[layer + 1]] = push.dh[s]
                    push.all_t[at_neuron + s * net.sizes[layer + 1]] = push.t[s]


@spliced
def _rows(buffer, lane, lanes):
    """The rows of a buffer that belong to one lane."""
    size = buffer.shape[0] // lanes
    return buffer[lane * size:(lane + 1) * size]


@jit(parallel=True)
def _lanes_parallel(net, loss, data, W, V, at, t, push, full):
    for i in prange(push.lanes):
        n = push.lanes
        own = Push(1, _rows(push.slope, i, n), _rows(push.bend, i, n), _rows(push.curvature, i, n),
                   _rows(push.twist, i, n), _rows(push.drift, i, n), _rows(push.z, i, n),
                   _rows(push.p, i, n), _rows(push.y, i, n), _rows(push.z1, i, n),
                   _rows(push.z11, i, n), _rows(push.z2, i, n), _rows(push.scratch, i, n),
                   _rows(push.h, i, n), _rows(push.dh, i, n), _rows(push.t, i, n),
                   _rows(push.mean, i, n), _rows(push.factor, i, n), push.zeros, push.all_h,
                   push.all_dh, push.all_t)
        for first in range(i * _R, data.x.shape[0], n * _R):
            push_neurons(net, loss, data, W, V, at, t, own, first, full)


@jit
def neuron_derivatives(net, loss, data, W, V, at, t, push, full):
    """Fill `all_h` (with `full` also `all_dh` and `all_t`): every z_a, for every sample."""
    if push.lanes > 1:
        _lanes_parallel(net, loss, data, W, V, at, t, push, full)
    else:
        for first in range(0, data.x.shape[0], _R):
            push_neurons(net, loss, data, W, V, at, t, push, first, full)


@jit(parallel=True)
def _collect_parallel(net, x, out, g, a, zeros, accumulate, lowest):
    for hand in prange(HANDS):
        deal_columns(net, x, out, g, a, x.shape[0], x.shape[0], zeros, accumulate, not accumulate,
                     lowest, hand, HANDS)


@jit
def collect(net, x, out, g, a, zeros, accumulate, threads):
    """Σ_s G ⊗ x of every layer, for powers of the units; accumulated from the second layer on."""
    lowest = 1 if accumulate else 0
    if threads > 1:
        _collect_parallel(net, x, out, g, a, zeros, accumulate, lowest)
    else:
        deal_columns(net, x, out, g, a, x.shape[0], x.shape[0], zeros, accumulate, not accumulate,
                     lowest, 0, 1)
