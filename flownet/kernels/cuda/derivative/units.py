"""Passes over the units of one layer, each number by itself: `count` of them from `first` on.

Kinds of numbers are `size` apart in `state` and `change`, see `buffers`.
"""

from ...._compile._cuda import cuda, device
from ...scalar.activation import BODIES
from ..base import elementary  # noqa: F401  stands for plain functions: before any body is made
from ..base.launch import kernel, over
from .buffers import A1, A2, BEND, CURVATURE, DRIFT, G1, SLOPE, TWIST, Z1, Z2, A, G


@kernel("r[] i8 i8 i8", variants=[(code,) for code in range(len(BODIES))])
def activate_third(real, code):
    """a = φ(z) in place of z, φ′, φ″, and φ‴ into `TWIST`."""
    body = device(BODIES[code], real)

    def run(state, size, first, count):
        for i in range(first + cuda.grid(1), first + count, cuda.gridsize(1)):
            a, slope, curvature, third = body(state[A * size + i])
            state[A * size + i], state[SLOPE * size + i] = a, slope
            state[CURVATURE * size + i], state[TWIST * size + i] = curvature, third

    return run


@kernel("r[] i8 i8 i8 r[] i8")
def bend(real):
    """G_z, G_a·φ″ and ½G_a·φ‴ from G_a."""
    half = real(0.5)

    def run(state, size, first, count, ga, at):
        for j in range(cuda.grid(1), count, cuda.gridsize(1)):
            i, g = first + j, ga[at + j]
            state[G * size + i] = state[SLOPE * size + i] * g
            state[BEND * size + i] = state[CURVATURE * size + i] * g
            state[TWIST * size + i] *= half * g

    return run


@kernel("r[] i8 r[] i8 i8")
def copy(real):
    """So many numbers of an array ← those of another, each from a place on."""

    def run(out, to, array, at, count):
        for i in range(cuda.grid(1), count, cuda.gridsize(1)):
            out[to + i] = array[at + i]

    return run


@kernel("r[] r[] i8 i8 i8")
def first_activate(real):
    """A₁ = φ′·Z₁."""

    def run(state, change, size, first, count):
        for i in range(first + cuda.grid(1), first + count, cuda.gridsize(1)):
            change[A1 * size + i] = state[SLOPE * size + i] * change[Z1 * size + i]

    return run


@kernel("r[] r[] i8 i8 i8 r[] i8")
def first_pull(real):
    """G₁ = G_a₁·φ′ + G_a·φ″·Z₁, and where it is kept d(G_a·φ″)/ds = G_a₁·φ″ + G_a·φ‴·Z₁."""

    def run(state, change, size, first, count, ga, at):
        for j in range(cuda.grid(1), count, cuda.gridsize(1)):
            i, g = first + j, ga[at + j]
            z1 = change[Z1 * size + i]
            change[G1 * size + i] = state[SLOPE * size + i] * g + state[BEND * size + i] * z1
            if change.size > DRIFT * size:
                twist = state[TWIST * size + i]
                change[DRIFT * size + i] = state[CURVATURE * size + i] * g + (twist + twist) * z1

    return run


@kernel("r[] r[] i8 i8 i8")
def second_activate(real):
    """A₂ = φ′·Z₂ + ½φ″·Z₁²."""
    half = real(0.5)

    def run(state, change, size, first, count):
        for i in range(first + cuda.grid(1), first + count, cuda.gridsize(1)):
            z1 = change[Z1 * size + i]
            bent = half * state[CURVATURE * size + i] * z1 * z1
            change[A2 * size + i] = state[SLOPE * size + i] * change[Z2 * size + i] + bent

    return run


@kernel("r[] r[] i8 i8 i8 r[] i8")
def second_pull(real):
    """G₂ = G_a₂·φ′ + G_a₁·φ″·Z₁ + G_a·(φ″·Z₂ + ½φ‴·Z₁²), in place of Z₂."""

    def run(state, change, size, first, count, ga, at):
        for j in range(cuda.grid(1), count, cuda.gridsize(1)):
            i, g = first + j, ga[at + j]
            z1 = change[Z1 * size + i]
            bent = (change[DRIFT * size + i] - state[TWIST * size + i] * z1) * z1
            straight = state[SLOPE * size + i] * g + state[BEND * size + i] * change[Z2 * size + i]
            change[Z2 * size + i] = straight + bent

    return run


def over_layer(pass_, state, layer, rows, *more):
    """A pass over the units of a layer of a `State`."""
    count = rows * int(state.net.sizes[layer + 1])
    own = state.units
    pass_(over(count), own.array, own.size, own.first(layer), count, *more)


def over_both(pass_, state, t, layer, rows, *more):
    """A pass over the units of a layer of a `State` and a `Response`."""
    count = rows * int(state.net.sizes[layer + 1])
    own = state.units
    pass_(over(count), own.array, t.units.array, own.size, own.first(layer), count, *more)


def activate(code, state, layer, rows):
    """a = φ(z) of a layer of a `State`, and three derivatives of φ."""
    count = rows * int(state.net.sizes[layer + 1])
    own = state.units
    activate_third(over(count), own.array, own.size, own.first(layer), count, variant=(code,))
