"""What the force F = −g^♯dL does to the parameters: each mechanics' finite step, written once.

All are limits of one pair of equations (TM 25-26),

    m dv/dt = γ⟨F⟩ − λv,  d⟨F⟩/dt = −β(⟨F⟩ − F),  dW/dt = v,  γ = 1/(√⟨F²⟩ + ε) or 1:

Aristotle (no mass, no memory), Newton (no memory), RMSProp (no mass, memory of F² alone), Adam (no
mass). A finite step takes the decay of v exactly, e^{−λh/m}, and forgets by β = e^{−ρh} a step, as
the field's programs do. Complex parameters come as pairs (re, im) of reals; with `pairs` both
share ⟨|F|²⟩, so that a common phase of all of W turns the whole path.
"""

import math

from ...._compile import jit
from .noise import add_noise

ARISTOTLE, NEWTON, RMSPROP, ADAM, NESTEROV, LANGEVIN, FAMILY = range(7)
# Their numbers: NEWTON mass, friction, integrator, temperature; RMSPROP β, ε, centered, momentum;
# ADAM β₁, β₂, ε; NESTEROV β; LANGEVIN temperature; FAMILY mass, friction, β₁, β₂, ε, corrected,
# centered.
SEMI_IMPLICIT, LEAPFROG, EXPLICIT = range(3)  # integrators of Newton's
BARE = -1.0  # in place of a β: nothing is remembered


@jit(cached=False)
def friction_of(h, mass, friction, explicit):
    """What a time h leaves of v, and what it makes of F: v ← decay·v + gain·F."""
    x = friction * h / mass
    if explicit:
        return 1 - x, h / mass
    return math.exp(-x), h / mass * (-math.expm1(-x) / x if x > 0 else 1.0)


@jit(cached=False)
def _newton(W, v, sharp, dL, h, mass, friction):
    """v ← e^{−λh/m}·v + (1 − e^{−λh/m})/λ·F, W ← W + h·v."""
    real = W.dtype.type
    decay, gain = friction_of(h, mass, friction, False)
    decay, gain, h = real(decay), real(-gain * sharp), real(h)
    for i in range(W.size):
        v[i] = decay * v[i] + gain * dL[i]
        W[i] += h * v[i]


@jit(cached=False)
def _kicked(W, v, sharp, dL, h, numbers, begin, seed, count):
    """Newton's other steps: friction explicit, half a kick at first, or a heat bath at T.

    What friction takes from v, noise gives back: E g(v, v) = T/m for each degree of freedom.
    """
    real = W.dtype.type
    mass, friction, integrator, temperature = numbers[0], numbers[1], numbers[2], numbers[3]
    kick = h / 2 if integrator == LEAPFROG and count == 1 else h
    decay, gain = friction_of(kick, mass, friction, integrator == EXPLICIT)
    heat = math.sqrt(max(temperature / mass * (1 - decay * decay) * sharp, 0.0))
    decay, gain, h = real(decay), real(-gain * sharp), real(h)
    for i in range(W.size):
        v[i] = decay * v[i] + gain * dL[i]
    if heat > 0:
        add_noise(v, heat, seed, count - 1, begin)
    for i in range(W.size):
        W[i] += h * v[i]


@jit(cached=False)
def _nesterov(W, v, sharp, dL, h, beta):
    """v ← βv + F, W ← W + h·(F + βv): a step by the velocity that comes next."""
    real = W.dtype.type
    factor, beta, h = real(-sharp), real(beta), real(h)
    for i in range(W.size):
        F = factor * dL[i]
        v[i] = beta * v[i] + F
        W[i] += h * (F + beta * v[i])


@jit(cached=False)
def _langevin(W, sharp, dL, h, temperature, begin, seed, count):
    """W ← W + h·F + √(2hT)·g^{−1/2}ξ."""
    fall = W.dtype.type(h * sharp)
    for i in range(W.size):
        W[i] -= fall * dL[i]
    if temperature > 0:
        add_noise(W, math.sqrt(2 * h * temperature * sharp), seed, count - 1, begin)


@jit(cached=False)
def _rmsprop(W, s, sharp, dL, h, beta, epsilon):
    """⟨F²⟩ ← β⟨F²⟩ + (1 − β)F², W ← W + h·F/(√⟨F²⟩ + ε)."""
    real = W.dtype.type
    factor, keep, take = real(-sharp), real(beta), real(1 - beta)
    h, epsilon = real(h), real(epsilon)
    for i in range(W.size):
        F = factor * dL[i]
        s[i] = keep * s[i] + take * (F * F)
        W[i] += h * F / (math.sqrt(s[i]) + epsilon)


@jit(cached=False)
def _adam(W, f, s, sharp, dL, h, beta1, beta2, epsilon, count):
    """⟨F⟩ and ⟨F²⟩ likewise, each over 1 − β^count: they begin at 0."""
    real = W.dtype.type
    factor, keep1, take1 = real(-sharp), real(beta1), real(1 - beta1)
    keep2, take2 = real(beta2), real(1 - beta2)
    h = real(h / (1 - beta1**count))
    root, epsilon = real(1 / math.sqrt(1 - beta2**count)), real(epsilon)
    for i in range(W.size):
        F = factor * dL[i]
        f[i] = keep1 * f[i] + take1 * F
        s[i] = keep2 * s[i] + take2 * (F * F)
        W[i] += h * f[i] / (math.sqrt(s[i]) * root + epsilon)


@jit(cached=False)
def _family(
    W,
    memory,
    sharp,
    dL,
    h,
    decay,
    gain,
    beta1,
    beta2,
    epsilon,
    corrected,
    centered,
    inertial,
    pairs,
    count,
):
    """v ← decay·v + gain·γ⟨F⟩, W ← W + h·v, with memory (⟨F⟩, ⟨F²⟩, the centre's ⟨F⟩, v).

    Rows that are not remembered are left out; `centered` takes ⟨F²⟩ − ⟨F⟩² for ⟨F²⟩.
    """
    real, zero = W.dtype.type, W.dtype.type(0)
    rolls, sized = beta1 != BARE, beta2 != BARE
    row = 1 if rolls else 0
    f, s, c, v = memory[0], memory[row], memory[row + (1 if centered else 0)], memory[-1]
    factor, decay, gain, h = real(-sharp), real(decay), real(gain), real(h)
    share1 = real(1 / (1 - beta1**count)) if corrected and rolls else real(1)
    share2 = real(1 / (1 - beta2**count)) if corrected and sized else real(1)
    keep1, take1, keep2, take2 = real(beta1), real(1 - beta1), real(beta2), real(1 - beta2)
    epsilon = real(epsilon)
    width = 2 if pairs else 1
    for i in range(0, W.size, width):
        size = real(1)
        if sized:
            square, centre = zero, zero
            for j in range(i, i + width):
                F = factor * dL[j]
                square += F * F
                if centered:
                    c[j] = keep2 * c[j] + take2 * F
                    centre += c[j] * c[j]
            for j in range(i, i + width):
                s[j] = keep2 * s[j] + take2 * square
            size = math.sqrt(max(share2 * s[i] - centre, zero)) + epsilon
        for j in range(i, i + width):
            F = factor * dL[j]
            if rolls:
                f[j] = keep1 * f[j] + take1 * F
                F = share1 * f[j]
            F = gain * F / size
            if inertial:
                v[j] = decay * v[j] + F
                F = v[j]
            W[j] += h * F


@jit(cached=False)
def _one_family(code, n, W, memory, sharp, dL, h, pairs, count):
    """RMSProp, Adam and the whole equation, by the numbers of each."""
    if code == RMSPROP:
        _family(
            W,
            memory,
            sharp,
            dL,
            h,
            n[3],
            1.0,
            BARE,
            n[0],
            n[1],
            False,
            n[2] != 0,
            n[3] > 0,
            pairs,
            count,
        )
    elif code == ADAM:
        _family(
            W, memory, sharp, dL, h, 0.0, 1.0, n[0], n[1], n[2], True, False, False, pairs, count
        )
    else:
        mass, friction = n[0], n[1]
        decay, gain = 0.0, 1.0
        if mass > 0:
            decay, gain = friction_of(h, mass, friction, False)
        else:
            gain = 1 / friction
        _family(
            W,
            memory,
            sharp,
            dL,
            h,
            decay,
            gain,
            n[2],
            n[3],
            n[4],
            n[5] != 0,
            n[6] != 0,
            mass > 0,
            pairs,
            count,
        )


@jit(cached=False)
def remembering_step(code, numbers, W, memory, sharp, dL, h, count, begin, pairs, seed):
    """One finite step of a range of W that moves, from place `begin` on, the `count`-th of all."""
    if code == NEWTON:
        if numbers[2] == SEMI_IMPLICIT and numbers[3] == 0:
            _newton(W, memory[0], sharp, dL, h, numbers[0], numbers[1])
        else:
            _kicked(W, memory[0], sharp, dL, h, numbers, begin, seed, count)
    elif code == NESTEROV:
        _nesterov(W, memory[0], sharp, dL, h, numbers[0])
    elif code == LANGEVIN:
        _langevin(W, sharp, dL, h, numbers[0], begin, seed, count)
    elif code == RMSPROP and not pairs and numbers[2] == 0 and numbers[3] == 0:
        _rmsprop(W, memory[0], sharp, dL, h, numbers[0], numbers[1])
    elif code == ADAM and not pairs:
        _adam(W, memory[0], memory[1], sharp, dL, h, numbers[0], numbers[1], numbers[2], count)
    else:
        _one_family(code, numbers, W, memory, sharp, dL, h, pairs, count)
