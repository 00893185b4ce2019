"""What the force F = −g^♯dL does to the parameters in time: each mechanics' rate, for their flows.

    m dv/dt = F − λv,  dW/dt = v                                       Newton
    d⟨F²⟩/dt = −ρ(⟨F²⟩ − F²),  dW/dt = F/(√⟨F²⟩ + ε)                   RMSProp
    d⟨F⟩/dt = −ρ₁(⟨F⟩ − F),  d⟨F²⟩/dt = −ρ₂(⟨F²⟩ − F²)                 Adam, with
    dW/dt = F̂/(√F̂² + ε),  F̂ = ⟨F⟩/(1 − e^{−ρ₁t}),  F̂² = ⟨F²⟩/(1 − e^{−ρ₂t})
    m dv/dt = F̂/(√F̂² + ε) − λv,  dW/dt = v                            all of it

(TM 25-26).
"""

import math

from ...._compile import chosen, compiled, jit, part
from ...scalar import mechanics as scalar
from ..motion.mechanics import adaptive_kernel

relaxed, accelerated, size, seen_in_time = map(
    compiled, (scalar.relaxed, scalar.accelerated, scalar.size, scalar.seen_in_time)
)


@part
def _aristotle(n, y, F, out, pairs):
    """dW/dt = F, which is there already."""


@part
def _inertial(n, y, F, out, pairs):
    """Newton's and Nesterov's."""
    D, real = F.size, F.dtype.type
    mass, friction = real(n.mass), real(n.friction)
    for i in range(D):
        v = y[D + i]
        out[D + i] = accelerated(F[i], v, friction, mass)
        out[i] = v


def _adaptive(rolls, sized, centered, inertial, width):
    """Rate of mechanics with some of the memories ⟨F⟩, ⟨F²⟩, the centre's ⟨F⟩ and v."""
    at_s = 1 + rolls
    at_c = at_s + sized
    at_v = at_c + centered

    @part
    def rate(n, y, F, out, pairs):
        D, real = F.size, F.dtype.type
        zero, friction, epsilon = real(0), real(n.friction), real(n.epsilon)
        share, root, rho1, rho2, mass, young = real(1), real(1), zero, zero, zero, False
        time = 0.0
        if n.corrected:
            time = y[y.size - 1]
            out[y.size - 1] = 1
            young = not time > 0
        if rolls:
            rho1 = real(n.force.rho)
            if n.corrected:
                share = real(1 / seen_in_time(n.force.rho, time))
        if sized:
            rho2 = real(n.square.rho)
            if n.corrected:
                root = real(1 / math.sqrt(seen_in_time(n.square.rho, time)))
        if inertial:
            mass = real(n.inertia.mass)
        for i in range(0, D, width):
            divisor = real(1)
            if sized:
                square, centre, kept = zero, zero, y[at_s * D + i]
                for j in range(i, i + width):
                    square += F[j] * F[j]
                    if centered:
                        c = y[at_c * D + j]
                        centre += c * c
                        out[at_c * D + j] = relaxed(rho2, F[j], c)
                for j in range(i, i + width):
                    out[at_s * D + j] = relaxed(rho2, square, y[at_s * D + j])
                divisor = size(square if young else kept, centre, root, epsilon)
            for j in range(i, i + width):
                drive = F[j]
                if rolls:
                    f = y[D + j]
                    out[D + j] = relaxed(rho1, F[j], f)
                    if not young:
                        drive = share * f
                drive /= divisor
                if inertial:
                    v = y[at_v * D + j]
                    out[at_v * D + j] = accelerated(drive, v, friction, mass)
                    out[j] = v
                else:
                    out[j] = drive / friction

    return rate


_adaptive_rates = {}  # by the memories that they have


def _rate_of(n, y, F, out, pairs):
    name = n.instance_class.__name__
    if name == "Adaptive":
        return adaptive_kernel(_adaptive, _adaptive_rates, n, pairs)
    return {"Aristotle": _aristotle, "Newton": _inertial, "Nesterov": _inertial}[name]


#: dy/dt of y = (W, memories, time) from F (D,), which is where dW/dt goes in `out`
rate_of_mechanics = chosen(_rate_of)


@jit
def rate(n, y, F, out, pairs):
    """dy/dt of y = (W, memories, time) from F (D,), for fields that are programs."""
    rate_of_mechanics(n, y, F, out, pairs)
