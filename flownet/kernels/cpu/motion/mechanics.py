"""A finite step of each mechanics for a range of parameters, from the bodies in `kernels.scalar`.

Complex parameters come as pairs (re, im) of reals; with `pairs` both share ⟨|F|²⟩, so that a common
phase of all of W turns the whole path.
"""

import math

from ...._compile import absent, chosen, compiled, lacks, part, spliced
from ...scalar import mechanics as scalar
from .thermal import add_thermal_noise

kicked, looked_ahead, average, size, seen, friction_of = map(
    compiled,
    (
        scalar.kicked,
        scalar.looked_ahead,
        scalar.average,
        scalar.size,
        scalar.seen,
        scalar.friction_of,
    ),
)


@spliced
def of_range(memory, row, W, begin):
    """What a row of memories holds for the range W: columns of a matrix would lie far apart."""
    return memory[row][begin : begin + W.size]


@part
def _newton(n, W, memory, sharp, dL, h, count, begin, pairs, seed):
    """v ← e^{−λh/m}·v + (1 − e^{−λh/m})/λ·F, W ← W + h·v; half a kick at first of the leapfrog.

    What friction takes from v, a heat bath gives back: E g(v, v) = T/m for each degree of freedom.
    """
    real, v = W.dtype.type, of_range(memory, 0, W, begin)
    kick = h / 2 if n.integrator == scalar.LEAPFROG and count == 1 else h
    decay, gain = friction_of(kick, n.mass, n.friction, n.integrator == scalar.EXPLICIT)
    heat = math.sqrt(max(n.temperature / n.mass * (1 - decay * decay) * sharp, 0.0))
    decay, gain, h = real(decay), real(-gain * sharp), real(h)
    if heat > 0:
        for i in range(W.size):
            v[i] = kicked(v[i], dL[i], decay, gain)
        add_thermal_noise(v, heat, seed, count - 1, begin)
        for i in range(W.size):
            W[i] += h * v[i]
    else:
        for i in range(W.size):
            v[i] = kicked(v[i], dL[i], decay, gain)
            W[i] += h * v[i]


@part
def _nesterov(n, W, memory, sharp, dL, h, count, begin, pairs, seed):
    real, v = W.dtype.type, of_range(memory, 0, W, begin)
    factor, beta, h = real(-sharp), real(n.beta), real(h)
    for i in range(W.size):
        W[i], v[i] = looked_ahead(W[i], v[i], factor * dL[i], beta, h)


@part
def _langevin(n, W, memory, sharp, dL, h, count, begin, pairs, seed):
    """W ← W + h·F + √(2hT)·g^{−1/2}ξ."""
    fall = W.dtype.type(h * sharp)
    for i in range(W.size):
        W[i] -= fall * dL[i]
    if n.temperature > 0:
        add_thermal_noise(W, math.sqrt(2 * h * n.temperature * sharp), seed, count - 1, begin)


def _adaptive(rolls, sized, centered, inertial, width):
    """Step of mechanics with some of the memories ⟨F⟩, ⟨F²⟩, the centre's ⟨F⟩ and v.

    v ← decay·v + gain·γ⟨F⟩, W ← W + h·v; `width` parameters share their ⟨F²⟩.
    """
    at_s = int(rolls)
    at_c = at_s + sized
    at_v = at_c + centered

    @part
    def step(n, W, memory, sharp, dL, h, count, begin, pairs, seed):
        real, zero = W.dtype.type, W.dtype.type(0)
        f, s, c, v = (
            of_range(memory, 0, W, begin),
            of_range(memory, at_s * sized, W, begin),
            of_range(memory, at_c * centered, W, begin),
            of_range(memory, at_v * inertial, W, begin),
        )
        factor, decay, gain = real(-sharp), zero, 1.0
        keep1, take1, keep2, take2, root = zero, zero, zero, zero, real(1)
        if inertial:
            kept, gain = _kick(n.inertia, n.friction, h)
            decay = real(kept)
        else:
            gain = h / n.friction
        if rolls:
            keep1, take1 = real(n.force.beta), real(1 - n.force.beta)
            if n.corrected:
                gain /= seen(n.force.beta, count)
        if sized:
            keep2, take2 = real(n.square.beta), real(1 - n.square.beta)
            if n.corrected:
                root = real(1 / math.sqrt(seen(n.square.beta, count)))
        gain, h, epsilon = real(gain), real(h), real(n.epsilon)
        for i in range(0, W.size, width):
            divisor, square, centre = real(1), zero, zero
            if sized:
                for j in range(i, i + width):
                    F = factor * dL[j]
                    square += F * F
                    if centered:
                        c[j] = average(c[j], F, keep2, take2)
                        centre += c[j] * c[j]
                for j in range(i, i + width):
                    s[j] = average(s[j], square, keep2, take2)
                divisor = size(s[i], centre, root, epsilon)
            for j in range(i, i + width):
                F = factor * dL[j]
                if rolls:
                    f[j] = average(f[j], F, keep1, take1)
                    F = f[j]
                if inertial:
                    v[j] = kicked(v[j], gain * F / divisor, decay, real(1))
                    W[j] += h * v[j]
                else:
                    W[j] += gain * F / divisor

    return step


@part
def _by_friction(inertia, friction, h):
    return friction_of(h, inertia.mass, friction, False)


@part
def _by_momentum(inertia, friction, h):
    return inertia.momentum, 1.0


#: what a step h leaves of v, and what it makes of γ⟨F⟩
_kick = chosen(lambda inertia, *more: _by_friction if lacks(inertia, "momentum") else _by_momentum)

_adaptive_steps = {}  # by the memories that they have


def adaptive_kernel(make, made, n, pairs):
    """The kernel of a named tuple's type: made for the memories that its mechanics have."""
    has = tuple(not lacks(n, name) for name in ("force", "square", "centre", "inertia"))
    key = (*has, 1 if absent(pairs) else 2)
    if key not in made:
        made[key] = make(*key)
    return made[key]


def _step_of(n, W, memory, sharp, dL, h, count, begin, pairs, seed):
    name = n.instance_class.__name__
    if name == "Adaptive":
        return adaptive_kernel(_adaptive, _adaptive_steps, n, pairs)
    return {"Newton": _newton, "Nesterov": _nesterov, "Langevin": _langevin}[name]


#: one finite step of a range of W that moves, from place `begin` on, the `count`-th of all; the
#: memories are those of all of W
step_of_mechanics = chosen(_step_of)
