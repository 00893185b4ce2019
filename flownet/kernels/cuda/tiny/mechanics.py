"""What each mechanics does to one parameter, from the bodies in `kernels.scalar`: for the device.

Of a step there are three stages: what depends on it alone (`begin`), on the stiffness of a range
too (`of_range`), and on the parameter (`move`). The numbers of a mechanics lie behind one another,
so far apart as suits the kernel, and so do the memories of a parameter.
"""

import math
from collections import namedtuple

from ...._compile._cuda import cuda, device, load1, store1
from ...scalar import mechanics as scalar

#: the three device functions; of those with a heat bath `of_range` gives how strong it is, last
Stages = namedtuple("Stages", "begin of_range move")

#: kind and parts of a mechanics: its class, which memories it has (of Adaptive), whether it is hot
Kind = namedtuple("Kind", "name force square centre inertia momentum hot")


def kind_of(numbers, hot):
    """`Kind` of the numbers of a mechanics."""
    name = type(numbers).__name__
    if name != "Adaptive":
        return Kind(name, False, False, False, False, False, hot)
    inertia = numbers.inertia
    return Kind(
        name,
        numbers.force is not None,
        numbers.square is not None,
        numbers.centre is not None,
        inertia is not None,
        inertia is not None and inertia.momentum is not None,
        False,
    )


def flattened(numbers):
    """The numbers of a mechanics behind one another, without what is not there."""
    if isinstance(numbers, tuple):
        return [number for part in numbers for number in flattened(part)]
    return [] if numbers is None else [numbers]


def make_stages(kind, real):
    """`Stages` of a mechanics, all of them called with numbers `n` from place `at` on, `apart`."""
    if kind.name == "Adaptive":
        return _adaptive(kind, real)
    makers = {"Aristotle": _aristotle, "Nesterov": _nesterov, "Langevin": _langevin}
    return _newton(real, kind.hot) if kind.name == "Newton" else makers[kind.name](real)


@cuda.jit(device=True)
def _nothing(n, at, apart, h, count):
    return 0.0, 0.0


def _aristotle(real):
    @cuda.jit(device=True)
    def of_range(n, at, apart, begun, sharp, h, temperature):
        return real(h * sharp), 0.0

    @cuda.jit(device=True)
    def move(of, w, dL, memory, place, rows, noise):
        return w - of[0] * dL

    return Stages(_nothing, of_range, move)


def _nesterov(real):
    looked_ahead = device(scalar.looked_ahead, real)

    @cuda.jit(device=True)
    def of_range(n, at, apart, begun, sharp, h, temperature):
        return real(-sharp), real(load1(n, at)), real(h), 0.0

    @cuda.jit(device=True)
    def move(of, w, dL, memory, place, rows, noise):
        w, v = looked_ahead(w, load1(memory, place), of[0] * dL, of[1], of[2])
        store1(memory, place, v)
        return w

    return Stages(_nothing, of_range, move)


def _langevin(real):
    @cuda.jit(device=True)
    def of_range(n, at, apart, begun, sharp, h, temperature):
        return real(h * sharp), math.sqrt(2 * h * temperature * sharp)

    @cuda.jit(device=True)
    def move(of, w, dL, memory, place, rows, noise):
        return w - of[0] * dL + noise

    return Stages(_nothing, of_range, move)


def _newton(real, hot):
    friction_of, kicked = device(scalar.friction_of, float), device(scalar.kicked, real)
    leapfrog, explicit = scalar.LEAPFROG, scalar.EXPLICIT

    @cuda.jit(device=True)
    def begin(n, at, apart, h, count):
        kick = h / 2 if load1(n, at + 2 * apart) == leapfrog and count == 1 else h
        return friction_of(
            kick, load1(n, at), load1(n, at + apart), load1(n, at + 2 * apart) == explicit
        )

    @cuda.jit(device=True)
    def of_range(n, at, apart, begun, sharp, h, temperature):
        decay, gain = begun
        heat = 0.0
        if hot:
            heat = math.sqrt(max(temperature / load1(n, at) * (1 - decay * decay) * sharp, 0.0))
        return real(decay), real(-gain * sharp), real(h), heat

    @cuda.jit(device=True)
    def move(of, w, dL, memory, place, rows, noise):
        v = kicked(load1(memory, place), dL, of[0], of[1]) + noise
        store1(memory, place, v)
        return w + of[2] * v

    return Stages(begin, of_range, move)


def _adaptive(kind, real):
    """Mechanics with some of the memories ⟨F⟩, ⟨F²⟩, the centre's ⟨F⟩ and v.

    v ← decay·v + gain·γ⟨F⟩, W ← W + h·v, or W ← W + gain·γ⟨F⟩.
    """
    rolls, sized, centered, inertial, by_momentum = kind[1:6]
    at_s = int(rolls)
    at_c = at_s + sized
    at_v = at_c + centered
    at_beta1 = 1 + inertial * (1 + by_momentum)  # among the numbers: λ, inertia, memories, …
    at_beta2 = at_beta1 + 2 * rolls
    at_epsilon = at_beta2 + 2 * sized + centered
    friction_of, seen = device(scalar.friction_of, float), device(scalar.seen, float)
    average, size, kicked = (
        device(body, real) for body in (scalar.average, scalar.size, scalar.kicked)
    )
    zero, one = real(0), real(1)

    @cuda.jit(device=True)
    def begin(n, at, apart, h, count):
        decay, gain, root = 0.0, 1.0, 1.0
        if by_momentum:
            decay = load1(n, at + 2 * apart)
        elif inertial:
            decay, gain = friction_of(h, load1(n, at + apart), load1(n, at), False)
        else:
            gain = h / load1(n, at)
        if load1(n, at + (at_epsilon + 1) * apart) != 0:  # corrected
            if rolls:
                gain /= seen(load1(n, at + at_beta1 * apart), count)
            if sized:
                root = 1 / math.sqrt(seen(load1(n, at + at_beta2 * apart), count))
        return decay, gain, root

    @cuda.jit(device=True)
    def of_range(n, at, apart, begun, sharp, h, temperature):
        decay, gain, root = begun
        keep1, take1, keep2, take2 = zero, zero, zero, zero
        if rolls:
            keep1, take1 = (
                real(load1(n, at + at_beta1 * apart)),
                real(1 - load1(n, at + at_beta1 * apart)),
            )
        if sized:
            keep2, take2 = (
                real(load1(n, at + at_beta2 * apart)),
                real(1 - load1(n, at + at_beta2 * apart)),
            )
        epsilon = real(load1(n, at + at_epsilon * apart))
        return (
            real(-sharp), real(decay), real(gain), real(h), keep1, take1, keep2, take2, real(root),
            epsilon, 0.0,
        )  # fmt: skip

    @cuda.jit(device=True)
    def move(of, w, dL, memory, place, rows, noise):
        factor, decay, gain, h, keep1, take1, keep2, take2, root, epsilon, _ = of
        F, divisor, centre = factor * dL, one, zero
        if sized:
            if centered:
                c = average(load1(memory, place + at_c * rows), F, keep2, take2)
                store1(memory, place + at_c * rows, c)
                centre = c * c
            s = average(load1(memory, place + at_s * rows), F * F, keep2, take2)
            store1(memory, place + at_s * rows, s)
            divisor = size(s, centre, root, epsilon)
        if rolls:
            F = average(load1(memory, place), F, keep1, take1)
            store1(memory, place, F)
        if inertial:
            v = kicked(load1(memory, place + at_v * rows), gain * F / divisor, decay, one)
            store1(memory, place + at_v * rows, v)
            return w + h * v
        return w + gain * F / divisor

    return Stages(begin, of_range, move)
