"""A finite step of each mechanics, a parameter a thread, from the bodies in `kernels.scalar`.

All kernels take the same: W, dL and the memories, rows of as many numbers; the run's clock and
place; bounds of ranges and their inverse stiffness; the numbers of the mechanics and temperatures;
`plan`, whole numbers; the seed of thermal noise. What is frozen keeps every bit.
"""

import math
from functools import partial

import numpy as np

from ...._compile._cuda import cuda, device
from ...scalar import mechanics as scalar
from ...scalar.philox import two_normals
from ..base.launch import kernel, over
from .clock import BAD, NOW, STEP

#: places in `plan`: how many ranges and parameters; the iteration of the block's first step and
#: that at which the mechanics began; that of the first row of stiffnesses and of temperatures;
#: whether there is a row of stiffnesses for each step, and a temperature; every how many iterations
#: the parameters are kept, and the first of those in the block
RANGES, SIZE, FIRST, BORN, FIRST_ROW, BY_STEP, SCHEDULED, EVERY, FIRST_KEPT = range(9)
#: the first two of `numbers`: the κ of a parabola in dL, and of one that moves W by itself
DECAY, SHRINK, OWN = range(3)

_TAKES = "r[] r[] r[] f8[] i8[] i8[] f8[] f8[] f8[] i8[] u8[]"
_WIDE = np.float64


@cuda.jit(device=True)
def range_of(bounds, ranges, j):
    """The range that a parameter is in."""
    low, high = 0, ranges
    while high - low > 1:
        middle = (low + high) // 2
        if bounds[middle] <= j:
            low = middle
        else:
            high = middle
    return low


@cuda.jit(device=True)
def first_sharp(plan, k):
    """Where the inverse stiffness of the ranges begins for iteration k."""
    return (k - plan[FIRST_ROW]) * plan[RANGES] if plan[BY_STEP] != 0 else 0


@cuda.jit(device=True)
def temperature_of(plan, temperatures, k, constant):
    """The temperature of iteration k."""
    return temperatures[k - plan[FIRST_ROW]] if plan[SCHEDULED] != 0 else constant


def _force(real):
    """Bodies that make of a parameter what is moved: dL with its decay, and W shrunk."""
    one = real(1)

    @cuda.jit(device=True)
    def slope_at(W, dL, numbers, j):
        return dL[j] + real(numbers[DECAY]) * W[j] if numbers[DECAY] != 0 else dL[j]

    @cuda.jit(device=True)
    def shrunk(W, numbers, step, sharp, j):
        if numbers[SHRINK] != 0:
            return W[j] * real(1 - numbers[SHRINK] * step * sharp)
        return W[j] * one

    return slope_at, shrunk


@cuda.jit(device=True)
def keep(W, at, j, moved):
    """Write a parameter, and say where it is not finite: whichever thread, the same number."""
    W[j] = moved
    if not math.isfinite(moved):
        at[BAD] = 1


@cuda.jit(device=True)
def noise_of(pair, place):
    """The standard normal number of a place, of the two of its pair."""
    return pair[0] if place % 2 == 0 else pair[1]


@kernel(_TAKES)
def aristotle(real):
    """W ← W − step·g^♯dL."""
    slope_at, shrunk = _force(real)

    def run(W, dL, memory, clock, at, bounds, sharps, numbers, temperatures, plan, seed):
        if at[NOW] < 0:
            return
        step, row = clock[STEP], first_sharp(plan, plan[FIRST] + at[NOW])
        for j in range(cuda.grid(1), plan[SIZE], cuda.gridsize(1)):
            sharp = sharps[row + range_of(bounds, plan[RANGES], j)]
            if sharp != 0.0:
                F = slope_at(W, dL, numbers, j)
                keep(W, at, j, shrunk(W, numbers, step, sharp, j) - real(step * sharp) * F)

    return run


@kernel(_TAKES, variants=((False,), (True,)))
def newton(real, heated):
    """v ← e^{−λh/m}·v + (1 − e^{−λh/m})/λ·F, W ← W + h·v; half a kick at first of the leapfrog."""
    slope_at, shrunk = _force(real)
    friction_of, normals = device(scalar.friction_of, _WIDE), device(two_normals, _WIDE)
    kicked = device(scalar.kicked, real)

    def run(W, dL, memory, clock, at, bounds, sharps, numbers, temperatures, plan, seed):
        if at[NOW] < 0:
            return
        h, k = clock[STEP], plan[FIRST] + at[NOW]
        row, age = first_sharp(plan, k), k - plan[BORN]
        mass, friction, integrator = numbers[OWN], numbers[OWN + 1], numbers[OWN + 2]
        warmth = temperature_of(plan, temperatures, k, numbers[OWN + 3]) if heated else 0.0
        kick = h / 2 if integrator == scalar.LEAPFROG and age == 0 else h
        kept, gain = friction_of(kick, mass, friction, integrator == scalar.EXPLICIT)
        for j in range(cuda.grid(1), plan[SIZE], cuda.gridsize(1)):
            sharp = sharps[row + range_of(bounds, plan[RANGES], j)]
            if sharp != 0.0:
                F = slope_at(W, dL, numbers, j)
                v = kicked(memory[j], F, real(kept), real(-gain * sharp))
                if heated:
                    heat = math.sqrt(max(warmth / mass * (1 - kept * kept) * sharp, 0.0))
                    if heat > 0:
                        v += real(heat * noise_of(normals(j // 2, age, seed[0]), j))
                memory[j] = v
                keep(W, at, j, shrunk(W, numbers, h, sharp, j) + real(h) * v)

    return run


@kernel(_TAKES)
def nesterov(real):
    """v ← βv + F, W ← W + h·(F + βv)."""
    slope_at, shrunk = _force(real)
    looked_ahead = device(scalar.looked_ahead, real)

    def run(W, dL, memory, clock, at, bounds, sharps, numbers, temperatures, plan, seed):
        if at[NOW] < 0:
            return
        h, row = clock[STEP], first_sharp(plan, plan[FIRST] + at[NOW])
        for j in range(cuda.grid(1), plan[SIZE], cuda.gridsize(1)):
            sharp = sharps[row + range_of(bounds, plan[RANGES], j)]
            if sharp != 0.0:
                F = real(-sharp) * slope_at(W, dL, numbers, j)
                w = shrunk(W, numbers, h, sharp, j)
                moved, v = looked_ahead(w, memory[j], F, real(numbers[OWN]), real(h))
                memory[j] = v
                keep(W, at, j, moved)

    return run


@kernel(_TAKES)
def langevin(real):
    """W ← W + h·F + √(2hT)·g^{−1/2}ξ."""
    slope_at, shrunk = _force(real)
    normals = device(two_normals, _WIDE)

    def run(W, dL, memory, clock, at, bounds, sharps, numbers, temperatures, plan, seed):
        if at[NOW] < 0:
            return
        h, k = clock[STEP], plan[FIRST] + at[NOW]
        row, age = first_sharp(plan, k), k - plan[BORN]
        warmth = temperature_of(plan, temperatures, k, numbers[OWN])
        for j in range(cuda.grid(1), plan[SIZE], cuda.gridsize(1)):
            sharp = sharps[row + range_of(bounds, plan[RANGES], j)]
            if sharp != 0.0:
                F = slope_at(W, dL, numbers, j)
                moved = shrunk(W, numbers, h, sharp, j) - real(h * sharp) * F
                if warmth > 0:
                    heat = math.sqrt(2 * h * warmth * sharp)
                    moved += real(heat * noise_of(normals(j // 2, age, seed[0]), j))
                keep(W, at, j, moved)

    return run


FRICTION, MOMENTUM = 1, 2  # what keeps the velocity of adaptive mechanics, 0 where there is none
_FRICTION, _MASS, _SHARE, _FORCE, _SQUARE, _EPSILON, _CORRECTED = range(OWN, OWN + 7)
#: of RMSProp, Adam, AdamW, ThierryMieg and of momentum; the last of complex parameters
_ADAPTIVE = [
    *((0, 1, centred, inertia, 1) for centred in (0, 1) for inertia in (0, MOMENTUM)),
    *((1, 1, centred, FRICTION, 1) for centred in (0, 1)),
    *((1, 1, 0, 0, 1), (0, 0, 0, MOMENTUM, 1), (1, 1, 0, 0, 2)),
]


@kernel(_TAKES, variants=_ADAPTIVE)
def adaptive(real, rolls, sized, centred, inertia, width):
    """v ← kept·v + gain·γ⟨F⟩, W ← W + h·v, with some of the memories ⟨F⟩, ⟨F²⟩, the centre's, v.

    `width` parameters, which share their ⟨F²⟩, a thread.
    """
    slope_at, shrunk = _force(real)
    friction_of, seen = device(scalar.friction_of, _WIDE), device(scalar.seen, _WIDE)
    average, size, kicked = (
        device(body, real) for body in (scalar.average, scalar.size, scalar.kicked)
    )
    zero, one = real(0), real(1)

    def run(W, dL, memory, clock, at, bounds, sharps, numbers, temperatures, plan, seed):
        if at[NOW] < 0:
            return
        h, k, D = clock[STEP], plan[FIRST] + at[NOW], plan[SIZE]
        row, count = first_sharp(plan, k), k + 1 - plan[BORN]
        f, s = 0, rolls * D
        c, v = (rolls + sized) * D, (rolls + sized + centred) * D
        kept, gain = 0.0, h / numbers[_FRICTION]
        if inertia == FRICTION:
            kept, gain = friction_of(h, numbers[_MASS], numbers[_FRICTION], False)
        elif inertia == MOMENTUM:
            kept, gain = numbers[_SHARE], 1.0
        root = one
        if numbers[_CORRECTED] != 0:
            if rolls:
                gain /= seen(numbers[_FORCE], count)
            if sized:
                root = real(1 / math.sqrt(seen(numbers[_SQUARE], count)))
        keep1, take1 = real(numbers[_FORCE]), real(1 - numbers[_FORCE])
        keep2, take2 = real(numbers[_SQUARE]), real(1 - numbers[_SQUARE])
        decay, epsilon, ahead = real(kept), real(numbers[_EPSILON]), real(gain)
        for i in range(cuda.grid(1) * width, D, cuda.gridsize(1) * width):
            sharp = sharps[row + range_of(bounds, plan[RANGES], i)]
            if sharp != 0.0:
                factor = real(-sharp)
                divisor, square, centre = one, zero, zero
                if sized:
                    for j in range(i, i + width):
                        F = factor * slope_at(W, dL, numbers, j)
                        square += F * F
                        if centred:
                            memory[c + j] = average(memory[c + j], F, keep2, take2)
                            centre += memory[c + j] * memory[c + j]
                    for j in range(i, i + width):
                        memory[s + j] = average(memory[s + j], square, keep2, take2)
                    divisor = size(memory[s + i], centre, root, epsilon)
                for j in range(i, i + width):
                    F = factor * slope_at(W, dL, numbers, j)
                    w = shrunk(W, numbers, h, sharp, j)
                    if rolls:
                        F = average(memory[f + j], F, keep1, take1)
                        memory[f + j] = F
                    if inertia:
                        u = kicked(memory[v + j], ahead * F / divisor, decay, one)
                        memory[v + j] = u
                        keep(W, at, j, w + real(h) * u)
                    else:
                        keep(W, at, j, w + ahead * F / divisor)

    return run


# ---- which kernel, and its numbers --------------------------------------------------------------


def _of_newton(n, scheduled, pairs):
    heated = scheduled or n.temperature > 0
    return partial(newton, variant=(heated,)), [n.mass, n.friction, n.integrator, n.temperature]


def _of_adaptive(n, scheduled, pairs):
    inertia = 0
    if n.inertia is not None:
        inertia = FRICTION if n.inertia.momentum is None else MOMENTUM
    has = (part is not None for part in (n.force, n.square, n.centre))
    numbers = [
        *(n.friction, n.inertia.mass if inertia else 0),
        n.inertia.momentum if inertia == MOMENTUM else 0,
        n.force.beta if n.force is not None else 0,
        n.square.beta if n.square is not None else 0,
        *(n.epsilon, n.corrected),
    ]
    variant = (*map(int, has), inertia, 2 if pairs else 1)
    return partial(adaptive, variant=variant), numbers


_BY_NAME = {
    "Aristotle": lambda n, *more: (aristotle, []),
    "Newton": _of_newton,
    "Nesterov": lambda n, *more: (nesterov, [n.beta]),
    "Langevin": lambda n, *more: (langevin, [n.temperature]),
    "Adaptive": _of_adaptive,
}


def mechanics_of(rule):
    """The kernel of a rule's mechanics, and its own numbers."""
    n = rule.numbers
    return _BY_NAME[type(n).__name__](n, rule.temperatures is not None, rule.pairs)


def threads_for(rule, size):
    """Shape of its launch for so many parameters."""
    return over(size // 2 if rule.pairs else size)
