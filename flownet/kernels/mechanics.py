"""What the force F = −g^♯dL does to the parameters: each mechanics' step and rate, written once.

    m dv/dt = F − λv,  dW/dt = v                                       Newton
    d⟨F²⟩/dt = −ρ(⟨F²⟩ − F²),  dW/dt = F/(√⟨F²⟩ + ε)                   RMSProp
    d⟨F⟩/dt = −ρ₁(⟨F⟩ − F),  d⟨F²⟩/dt = −ρ₂(⟨F²⟩ − F²)                 Adam, with
    dW/dt = F̂/(√F̂² + ε),  F̂ = ⟨F⟩/(1 − e^{−ρ₁t}),  F̂² = ⟨F²⟩/(1 − e^{−ρ₂t})

(TM 25-26). A finite step of Newton's takes the decay of v exactly, β = e^{−λh/m}; those of RMSProp
and Adam forget by β = e^{−ρh} a step, as the field's programs do.
"""

import math

from .._compile import jit

ARISTOTLE, NEWTON, RMSPROP, ADAM = range(4)
MEMORIES = (0, 1, 1, 2)  # vectors (D,) that each remembers, by code
CLOCKS = (0, 0, 0, 1)  # and whether its rate depends on time


@jit(cached=False)
def _newton(W, v, sharp, dL, h, mass, friction):
    """v ← e^{−λh/m}·v + (1 − e^{−λh/m})/λ·F, W ← W + h·v."""
    x = friction * h / mass
    real = W.dtype.type
    decay = real(math.exp(-x))
    gain = real(-h / mass * (-math.expm1(-x) / x if x > 0 else 1.0) * sharp)
    h = real(h)
    for i in range(W.size):
        v[i] = decay * v[i] + gain * dL[i]
        W[i] += h * v[i]


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
def remembering_step(code, numbers, W, memory, sharp, dL, h, count):
    """One finite step of a range of W that moves, the `count`-th of the run."""
    if code == NEWTON:
        _newton(W, memory[0], sharp, dL, h, numbers[0], numbers[1])
    elif code == RMSPROP:
        _rmsprop(W, memory[0], sharp, dL, h, numbers[0], numbers[1])
    else:
        _adam(W, memory[0], memory[1], sharp, dL, h, numbers[0], numbers[1], numbers[2], count)


@jit
def rate(code, numbers, y, F, out):
    """dy/dt of y = (W, memories, time) from F (D,), which is where dW/dt goes in `out`."""
    D, real = F.size, F.dtype.type
    if code == ARISTOTLE:
        return
    if code == NEWTON:
        mass, friction = real(numbers[0]), real(numbers[1])
        for i in range(D):
            v = y[D + i]
            out[D + i] = (F[i] - friction * v) / mass
            out[i] = v
    elif code == RMSPROP:
        forget, epsilon = real(numbers[2]), real(numbers[1])
        for i in range(D):
            s = y[D + i]
            out[D + i] = forget * (F[i] * F[i] - s)
            out[i] = F[i] / (math.sqrt(max(s, real(0))) + epsilon)
    else:
        forget1, forget2, epsilon = real(numbers[3]), real(numbers[4]), real(numbers[2])
        time = y[3 * D]
        out[3 * D] = 1
        share1 = real(-math.expm1(-numbers[3] * time))
        share2 = real(-math.expm1(-numbers[4] * time))
        for i in range(D):
            f, s = y[D + i], y[2 * D + i]
            out[D + i] = forget1 * (F[i] - f)
            out[2 * D + i] = forget2 * (F[i] * F[i] - s)
            if time > 0:
                out[i] = f / share1 / (math.sqrt(max(s, real(0)) / share2) + epsilon)
            else:
                out[i] = F[i] / (abs(F[i]) + epsilon)
