"""Derivatives of every sample's loss by one pre-activation z_a, for every neuron a, to third order.

A weight W_ab enters a sample only through z_a, with slope x_b, so ∂²L/∂W_ab² = Σ_s x_b²·h_a with
h_a = ∂²ℓ/∂z_a², and likewise in third order. A push ε at z_a is carried forward through the layers
above as ż (and z̈, and ∂ż/∂s along a displacement V); the cotangents of the state at W do the rest:

    h = Σ_units (G_a·φ″)·ż² + ℓ″(ẏ,ẏ)
    t = Σ_units (G_a·φ‴)·ż³ + 3(G_a·φ″)·ż·z̈ + ℓ‴(ẏ,ẏ,ẏ) + 3ℓ″(ẏ,ÿ)
    dh/ds = Σ_units d(G_a·φ″)/ds·ż² + 2(G_a·φ″)·ż·∂ż/∂s + ℓ‴(ẏ,ẏ,JV) + 2ℓ″(ẏ,∂ẏ/∂s)
"""

from ...._compile._cuda import cuda
from ...layout import QUADRATIC
from ..base.launch import kernel, over
from ..base.mirror import empty, fetch, fresh
from ..base.product import Part, product
from ..derivative.buffers import A1, BEND, CURVATURE, DRIFT, SLOPE, TWIST, Z1, Parameters, Units
from ..derivative.collect import collect_layers
from ..derivative.problem import Samples, loss_on_device
from ..network.work import workspace
from .rows import add_third, set_factors, weighed


@kernel("r[] r[] r[] i8 i8 i8")
def begin_sums(real):
    """h, dh/ds and t of a layer's units: what they bend by themselves."""
    two = real(2)

    def run(found, state, change, size, first, count):
        for i in range(first + cuda.grid(1), first + count, cuda.gridsize(1)):
            found[i] = state[BEND * size + i]
            found[size + i] = change[DRIFT * size + i]
            found[2 * size + i] = two * state[TWIST * size + i]

    return run


@kernel("r[] r[] r[] r[] r[] i8 i8 i8 i8 i8 i8 i8 i8 i8 r[] r[]")
def begin_pushes(real):
    """ż, ∂ż/∂s and z̈ of the layer above some units, or at the `top` their own ẏ, ∂ẏ/∂s and ÿ."""
    zero, one = real(0), real(1)

    def run(z, z11, z2, W, V, at, n, above, unit, units, rows, size, first, top, state, change):
        for i in range(cuda.grid(1), units * rows * above, cuda.gridsize(1)):
            c, r = i % above, i // above
            a, s = unit + r // rows, r % rows
            u = first + s * n + a
            w, v = one if c == a else zero, zero
            if not top:
                w, v = W[at + c * n + a], V[at + c * n + a]
            slope, curvature = state[SLOPE * size + u], state[CURVATURE * size + u]
            z[i], z2[i] = w * slope, w * curvature
            z11[i] = w * (curvature * change[Z1 * size + u]) + v * slope

    return run


@kernel("r[] i8 i8 i8 r[] r[] r[] i8 r[] r[] i8 i8 i8 i8")
def pass_layer(real):
    """Shares of a layer that pushes come through; its ȧ, ∂ȧ/∂s, ä in place of ż, ∂ż/∂s, z̈."""
    zero, two, three = real(0), real(2), real(3)

    def run(found, at, n, unit, z, z11, z2, above, state, change, size, first, rows, pushes):
        for r in range(cuda.grid(1), pushes, cuda.gridsize(1)):
            s, h, dh, t = r % rows, zero, zero, zero
            for c in range(above):
                u, j = first + s * above + c, r * above + c
                bend, slope = state[BEND * size + u], state[SLOPE * size + u]
                curvature, push = state[CURVATURE * size + u], z[j]
                h += bend * push * push
                dh += (change[DRIFT * size + u] * push + two * bend * z11[j]) * push
                t += (two * state[TWIST * size + u] * push * push + three * bend * z2[j]) * push
                z11[j] = slope * z11[j] + curvature * change[Z1 * size + u] * push
                z2[j] = slope * z2[j] + curvature * push * push
                z[j] = slope * push
            i = at + s * n + unit + r // rows
            found[i] += h
            found[size + i] += dh
            found[2 * size + i] += t

    return run


def _climb(below, pushes, W, V, layer, count, n_in, n_out):
    """From one layer's ȧ, ∂ȧ/∂s, ä to the next one's ż, ∂ż/∂s, z̈."""
    (a, a11, a2), (z, z11, z2) = below, pushes
    w, shape = W.weights(layer), (count, n_in, n_out)
    product(z.array, a.array, w, *shape)
    product(z2.array, a2.array, w, *shape)
    product(z11.array, a11.array, w, *shape)
    product(z11.array, a.array, V.weights(layer), *shape, add=True)


def _push(net, loss, state, t, room, factor, layer, unit, units, found):
    """Push some neurons of a layer for all samples."""
    rows, top = room.rows, net.weight.size - 1
    count, n, own = units * rows, int(net.sizes[layer + 1]), state.units
    above = min(layer + 1, top)
    z, wide = room.at(above), int(net.sizes[above + 1])
    both, W, V = (own.array, t.units.array), state.W, t.V
    begin_pushes(
        over(count * wide),
        *(kind.array for kind in z),
        *(W.array, V.array, W.weights(above).at),
        *(n, wide, unit, units, rows, own.size, own.first(layer), layer == top),
        *both,
    )
    for on_way in range(layer + 1, top + 1):
        if on_way > layer + 1:
            below, z = z, room.at(on_way)
            n_in, wide = (int(size) for size in net.sizes[on_way : on_way + 2])
            _climb(below, z, W, V, on_way, count, n_in, wide)
        pass_layer(
            over(count),
            *(found, own.first(layer), n, unit),
            *(kind.array for kind in z),
            *(wide, *both, own.size, own.first(on_way), rows, count),
        )
    y, y11, y2 = (kind.of(count, wide) for kind in z)
    gy = weighed(loss, z[0], room.spare, count, wide).of(count, wide)
    add_third(
        over(count),
        *(found, own.size, own.first(layer), n, unit, y, y11, y2, gy),
        *(state.p.of(rows, wide), t.units.matrix(A1, top, rows)),
        *(loss.kind != QUADRATIC, factor, loss.inverse_temperature, rows),
    )


def neuron_derivatives(net, loss, data, W, V, at, t, buffers, workers, found):
    """h, dh/ds and t into `found` (3, m·units), laid out as units are: for every sample."""
    loss, samples, state, t = loss_on_device(loss), Samples(data), at.state, t.response
    own, rows = state.units, samples.rows
    room, factor, there = (
        buffers.of(rows),
        empty(rows, state.dtype),
        empty(3 * own.size, state.dtype),
    )
    set_factors(factor, loss, samples, state)
    begin_sums(over(own.size), there, own.array, t.units.array, own.size, 0, own.size)
    for layer in range(net.weight.size):
        n = int(net.sizes[layer + 1])
        for unit in range(0, n, room.units):
            units = min(room.units, n - unit)
            _push(net, loss, state, t, room, factor, layer, unit, units, there)
    fetch(there, found.reshape(-1))


def collect(net, x, out, g, a, zeros, accumulate, threads):
    """Σ_s G ⊗ x of every layer, for powers of the units; accumulated from the second layer on."""
    m, dtype = x.shape[0], out.dtype
    there, numbers = Parameters(net, fresh(out)), Units(net, 2, m, dtype)
    numbers.send(0, g)
    numbers.send(1, a)
    collect_layers(
        workspace(net, m, dtype),
        there,
        (numbers, 0),
        (numbers, 1),
        Part(fresh(x), 0),
        m,
        add=accumulate,
        lowest=int(accumulate),
        bias=not accumulate,
    )
    fetch(there.array, out)
