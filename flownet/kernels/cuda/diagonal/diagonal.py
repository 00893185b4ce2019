"""The exact diagonal of the Hessian: ∂²L/∂W_ab² = Σ_s x_b²·h_a with h_a = ∂²ℓ/∂z_a².

A weight W_ab enters a sample only through z_a, with slope x_b. With ∂²ℓ/∂a² of each unit
h = G_a·φ″ + φ′²·∂²ℓ/∂a². A push ȧ = 1 of one unit is felt as ż = w by the layer above, and is
carried on from there:

    ∂²ℓ/∂a² = Σ_units (G_a·φ″)·ż² + ℓ″(ẏ,ẏ)
"""

from ...._compile._cuda import cuda
from ...layout import QUADRATIC
from ..base.launch import kernel, over
from ..base.mirror import fetch
from ..base.product import Part, product
from ..derivative.buffers import BEND, SLOPE, A
from ..derivative.collect import collect_layers
from ..derivative.point import fill_state
from ..derivative.problem import Samples, loss_on_device
from ..planes.pair import put
from .rows import add_curvature, own_curvature, set_factors, weighed


@kernel("r[] r[] i8 i8 i8 i8 i8 i8")
def begin_pushes(real):
    """ż = w of the layer above some units, from the `unit`-th on, for all samples."""

    def run(z, W, at, n, above, unit, units, rows):
        for i in range(cuda.grid(1), units * rows * above, cuda.gridsize(1)):
            z[i] = W[at + i % above * n + unit + i // above // rows]

    return run


@kernel("r[] i8 i8 i8 r[] i8 r[] i8 i8 i8 i8")
def pass_layer(real):
    """h += Σ (G_a·φ″)·ż² of a layer that pushes come through; its ȧ in place of ż."""
    zero = real(0)

    def run(h, at, n, unit, z, above, state, size, first, rows, pushes):
        for r in range(cuda.grid(1), pushes, cuda.gridsize(1)):
            s, total = r % rows, zero
            for c in range(above):
                i = first + s * above + c
                push = z[r * above + c]
                total += state[BEND * size + i] * push * push
                z[r * above + c] = state[SLOPE * size + i] * push
            h[at + s * n + unit + r // rows] += total

    return run


@kernel("r[] i8 r[] i8 i8 i8")
def bend_back(real):
    """h = G_a·φ″ + φ′²·∂²ℓ/∂a² of a layer, whose ∂²ℓ/∂a² is in its place."""

    def run(h, at, state, size, first, count):
        for i in range(cuda.grid(1), count, cuda.gridsize(1)):
            slope = state[SLOPE * size + first + i]
            h[at + i] = state[BEND * size + first + i] + slope * slope * h[at + i]

    return run


@kernel("r[] i8 r[] i8 i8")
def squares(real):
    """Squares of so many numbers, each from a place on."""

    def run(out, to, numbers, at, count):
        for i in range(cuda.grid(1), count, cuda.gridsize(1)):
            out[to + i] = numbers[at + i] * numbers[at + i]

    return run


def _carry(net, loss, b, layer, unit, units, rows):
    """Push some units of a layer; what becomes of it is added to their ∂²ℓ/∂a²."""
    state, top, pushes = b.state, net.weight.size - 1, units * rows
    n, own = int(net.sizes[layer + 1]), state.units
    h, at, W = b.h.array, b.h.first(layer), state.W
    above = int(net.sizes[layer + 2])
    z = b.pushes.at(layer + 1)[0]
    w = W.weights(layer + 1)
    begin_pushes(over(pushes * above), z.array, *w, n, above, unit, units, rows)
    for on_way in range(layer + 1, top + 1):
        wide = int(net.sizes[on_way + 1])
        if on_way > layer + 1:
            below, z = z, b.pushes.at(on_way)[0]
            product(z.array, below.array, W.weights(on_way), pushes, int(net.sizes[on_way]), wide)
        where = own.array, own.size, own.first(on_way)
        pass_layer(over(pushes), h, at, n, unit, z.array, wide, *where, rows, pushes)
    gy, softmax = weighed(loss, z, b.pushes.spare, pushes, wide), loss.kind != QUADRATIC
    y, p = z.of(pushes, wide), state.p.of(rows, wide)
    add_curvature(over(pushes), h, at, n, unit, y, gy.of(pushes, wide), p, softmax, b.factor, rows)


def _of_layer(net, loss, b, layer, rows):
    """h = ∂²ℓ/∂z² of a layer."""
    state, n = b.state, int(net.sizes[layer + 1])
    h, at, own = b.h.array, b.h.first(layer), state.units
    if layer == net.weight.size - 1:
        gamma = b.factor if loss.gamma is None else loss.gamma
        own_curvature(
            over(rows * n),
            *(h, at, n, loss.kind != QUADRATIC, loss.gamma is not None),
            *(b.factor, state.p.of(rows, n), gamma, rows),
        )
    else:
        put(over(rows * n), h, at, rows * n, 0)
        for unit in range(0, n, b.pushes.units):
            _carry(net, loss, b, layer, unit, min(b.pushes.units, n - unit), rows)
    bend_back(over(rows * n), h, at, own.array, own.size, own.first(layer), rows * n)


def _square(net, b, samples):
    """Squares of the inputs and of the units below the top."""
    count = samples.rows * int(net.sizes[0])
    squares(over(count), b.inputs, 0, *samples.x, count)
    for layer in range(net.weight.size - 1):
        count = samples.rows * int(net.sizes[layer + 1])
        squares(over(count), *b.squares.part(0, layer), *b.state.units.part(A, layer), count)


def hessian_diagonal(net, loss, data, W, buffers, workers, size, sums, out):
    """∂²L/∂W_i² (D,) at W."""
    b, loss, m = buffers, loss_on_device(loss), data.x.shape[0]
    b.state.W.load(W)
    b.state.scale = 1 / m
    for first in range(0, m, size):
        samples = Samples(data, first, min(size, m - first))
        fill_state(net, loss, samples, b.state)
        set_factors(b.factor, loss, samples, b.state)
        for layer in range(net.weight.size):
            _of_layer(net, loss, b, layer, samples.rows)
        _square(net, b, samples)
        x = Part(b.inputs, 0)
        powers = (b.h, 0), (b.squares, 0)
        collect_layers(b.state.sums, b.out, *powers, x, samples.rows, add=first > 0)
    fetch(b.out.array, out)
