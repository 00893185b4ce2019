"""What the force F = −g^♯dL does to one parameter: finite steps of each mechanics, and their flows.

All are limits of one pair of equations (TM 25-26),

    m dv/dt = γ⟨F⟩ − λv,  d⟨F⟩/dt = −ρ(⟨F⟩ − F),  dW/dt = v,  γ = 1/(√⟨F²⟩ + ε) or 1.

A finite step h takes the decay of v exactly, e^{−λh/m}, and forgets by β = e^{−ρh}, as the field's
programs do. The numbers of a mechanics are one named tuple, the same for its steps and its flow;
None stands for what it does not have.
"""

import math
from collections import namedtuple

#: velocity follows force (gradient descent): no numbers at all
Aristotle = namedtuple("Aristotle", "")

#: m, λ, one of the integrators below, and the temperature T of a heat bath (momentum, heavy ball)
Newton = namedtuple("Newton", "mass friction integrator temperature")

#: β, and the mass and friction of its flow
Nesterov = namedtuple("Nesterov", "beta mass friction")

#: T
Langevin = namedtuple("Langevin", "temperature")

#: RMSProp, Adam and the whole equation. `force` and `square` are the `Memory` of ⟨F⟩ and of ⟨F²⟩;
#: `centre`, if not None, says that ⟨F⟩² is taken from ⟨F²⟩, with a ⟨F⟩ that forgets as ⟨F²⟩ does;
#: `inertia` is the `Inertia` of the velocity; without one v = γ⟨F⟩/λ. `corrected`: memories, which
#: begin at 0, count over 1 − β^k.
Adaptive = namedtuple("Adaptive", "friction inertia force square centre epsilon corrected")

#: the share β that a step keeps, and the rate ρ at which the flow forgets (nan where steps vary)
Memory = namedtuple("Memory", "beta rho")

#: m, and the share of v that a step of any length keeps (RMSProp's momentum), None where friction
#: decides
Inertia = namedtuple("Inertia", "mass momentum")

_LONG = 40  # e^{−40} is less than half of what 1 can lose

SEMI_IMPLICIT, LEAPFROG, EXPLICIT = range(3)  # integrators of Newton's mechanics


def friction_of(h, mass, friction, explicit):
    """What a time h leaves of v, and what it makes of F: v ← decay·v + gain·F."""
    x = friction * h / mass
    if explicit:
        return 1 - x, h / mass
    return math.exp(-x), h / mass * (-math.expm1(-x) / x if x > 0 else 1.0)


def kicked(v, F, decay, gain):
    """v ← decay·v + gain·F."""
    return decay * v + gain * F


def looked_ahead(W, v, F, beta, h):
    """W and v after Nesterov's step: v ← βv + F, W ← W + h·(F + βv)."""
    v = beta * v + F
    return W + h * (F + beta * v), v


def average(kept, new, keep, take):
    """⟨F⟩ ← β⟨F⟩ + (1 − β)F, with keep = β and take = 1 − β."""
    return keep * kept + take * new


def size(square, centre, root, epsilon):
    """√(⟨F²⟩ − ⟨F⟩²)·root + ε; root is 1/√(1 − β^k) of a memory that began at 0, else 1."""
    rest = square - centre
    return math.sqrt(rest if rest > 0 else type(rest)(0)) * root + epsilon


def seen(beta, count):
    """1 − β^k, the share of its average that a memory which began at 0 has seen."""
    if count * (1 - beta) > _LONG:  # β^k ≤ e^{−k(1−β)}: 1 to the last bit, and a power less
        return 1.0
    return 1 - beta**count


# ---- flows ----------------------------------------------------------------------------------


def relaxed(rho, F, kept):
    """d⟨F⟩/dt = ρ(F − ⟨F⟩)."""
    return rho * (F - kept)


def accelerated(drive, v, friction, mass):
    """dv/dt = (drive − λv)/m."""
    return (drive - friction * v) / mass


def seen_in_time(rho, time):
    """1 − e^{−ρt}, likewise of a memory in time; 1 before it has seen anything."""
    return -math.expm1(-rho * time) if time > 0 else 1.0
