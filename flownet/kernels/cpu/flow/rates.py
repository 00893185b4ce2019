"""What the force F = −g^♯dL does to the parameters: each mechanics' rate, for their flows.

    m dv/dt = F − λv,  dW/dt = v                                       Newton
    d⟨F²⟩/dt = −ρ(⟨F²⟩ − F²),  dW/dt = F/(√⟨F²⟩ + ε)                   RMSProp
    d⟨F⟩/dt = −ρ₁(⟨F⟩ − F),  d⟨F²⟩/dt = −ρ₂(⟨F²⟩ − F²)                 Adam, with
    dW/dt = F̂/(√F̂² + ε),  F̂ = ⟨F⟩/(1 − e^{−ρ₁t}),  F̂² = ⟨F²⟩/(1 − e^{−ρ₂t})
    m dv/dt = F̂/(√F̂² + ε) − λv,  dW/dt = v                            all of it

(TM 25-26).
"""

import math

from ...._compile import jit
from ..motion.mechanics import ADAM, ARISTOTLE, BARE, NEWTON, RMSPROP


@jit(cached=False)
def _remembered(share, time):
    """1/(1 − e^{−ρt}), which makes a memory that began at 0 an average."""
    return 1 / -math.expm1(-share * time) if time > 0 else 1.0


@jit(cached=False)
def _family_rate(numbers, y, F, out):
    """The whole equation: (mass, λ, ρ₁, ρ₂, ε, corrected, centered, pairs) in `numbers`."""
    D, real = F.size, F.dtype.type
    zero = real(0)
    mass, friction = real(numbers[0]), real(numbers[1])
    rolls, sized = numbers[2] != BARE, numbers[3] != BARE
    corrected, centered = numbers[5] != 0, numbers[6] != 0
    forget1, forget2, epsilon = real(numbers[2]), real(numbers[3]), real(numbers[4])
    at_f, at_s = D, D + (D if rolls else 0)
    at_c = at_s + (D if sized else 0)
    at_v = at_c + (D if centered else 0)
    share1, share2, young = real(1), real(1), False
    if corrected:
        time = y[y.size - 1]
        out[y.size - 1] = 1
        young = not time > 0
        share1 = real(_remembered(numbers[2], time))
        share2 = real(_remembered(numbers[3], time))
    width = 2 if numbers[7] != 0 else 1
    for i in range(0, D, width):
        size = real(1)
        if sized:
            square, centre, kept = zero, zero, y[at_s + i]
            for j in range(i, i + width):
                square += F[j] * F[j]
                if centered:
                    c = y[at_c + j]
                    centre += c * c
                    out[at_c + j] = forget2 * (F[j] - c)
            for j in range(i, i + width):
                out[at_s + j] = forget2 * (square - y[at_s + j])
            now = square if young else share2 * kept - centre
            size = math.sqrt(max(now, zero)) + epsilon
        for j in range(i, i + width):
            drive = F[j]
            if rolls:
                f = y[at_f + j]
                out[at_f + j] = forget1 * (F[j] - f)
                if not young:
                    drive = share1 * f
            drive /= size
            if mass > 0:
                v = y[at_v + j]
                out[at_v + j] = (drive - friction * v) / mass
                out[j] = v
            else:
                out[j] = drive / friction


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
    elif code == ADAM:
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
    else:
        _family_rate(numbers, y, F, out)
