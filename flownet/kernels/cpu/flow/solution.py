"""The state of an integration of ẏ = f(y), and the passes over it that every method needs.

The methods are written once as plain Python: compiled with a compiled f for the flow of a
potential, and run as they are around a field that is a Python function.
"""

import math

from ...._compile import jit
from ...layout import (
    AGAIN,
    COST,
    ERROR,
    FRESH,
    METHOD,
    REFUSED,
    SINCE,
    STEPS,
    T_BEFORE,
    TAKEN,
    H,
    T,
)
from ..base.pointwise import mean

_LONGEST = 1e100  # step, where nothing moves
TINY = 1e-4  # a scaled error counts as at least this in the choice of a step


@jit
def put(a, b):
    """a ← b."""
    for i in range(a.size):
        a[i] = b[i]


@jit
def add_weighted(out, h, weights, k, stages):
    """out += h·Σ_j weights_j·k_j over the first stages, two of them in one pass."""
    real = out.dtype.type
    for j in range(0, stages - 1, 2):
        a, b = real(h * weights[j]), real(h * weights[j + 1])
        for i in range(out.size):
            out[i] += a * k[j, i] + b * k[j + 1, i]
    if stages % 2:
        a = real(h * weights[stages - 1])
        for i in range(out.size):
            out[i] += a * k[stages - 1, i]


@jit
def moved(out, y, h, weights, k, stages):
    """out ← y + h·Σ_j weights_j·k_j over the first stages."""
    put(out, y)
    add_weighted(out, h, weights, k, stages)


@jit
def weighted(out, h, weights, k, stages):
    """out ← h·Σ_j weights_j·k_j over the first stages."""
    for i in range(out.size):
        out[i] = 0
    add_weighted(out, h, weights, k, stages)


@jit
def scaled_norm(error, y, other, rtol, atol, scratch):
    """√(mean of (error/(atol + rtol·max(|y|, |other|)))²)."""
    for i in range(y.size):
        part = error[i] / (atol + rtol * max(abs(y[i]), abs(other[i])))
        scratch[i] = part * part
    return math.sqrt(mean(scratch))


@jit
def distance2(a, b, scratch):
    """‖a − b‖²."""
    for i in range(a.size):
        scratch[i] = (a[i] - b[i]) * (a[i] - b[i])
    return mean(scratch) * a.size


@jit
def accept(s, end, h, error, cost, method):
    """Take the step to the stage reached."""
    n = s.numbers
    n[ERROR], n[TAKEN], n[COST], n[METHOD] = error, h, cost, method
    n[T_BEFORE], n[T] = n[T], end if n[T] + h >= end else n[T] + h
    n[STEPS] += 1
    n[SINCE] += 1
    n[FRESH], n[AGAIN] = 1, 0
    put(s.before, s.y)
    put(s.y, s.stage)


@jit
def refuse(s, h):
    """Refuse a try; the next one is of length h."""
    s.numbers[H] = h
    s.numbers[AGAIN] = 1
    s.numbers[REFUSED] += 1


@jit
def to_try(s, end, longest):
    """Length of the next try: not beyond the end, nor leaving a splinter before it."""
    n = s.numbers
    h = min(n[H], longest, _LONGEST)
    return end - n[T] if n[T] + 1.01 * h >= end and end - n[T] <= longest else h


@jit
def trial_step(y, slope, rtol, atol, scratch):
    """A step along which y changes by a hundredth of itself, in the scaled norm."""
    size = scaled_norm(y, y, y, rtol, atol, scratch)
    change = scaled_norm(slope, y, y, rtol, atol, scratch)
    return 0.01 * size / change if size > 1e-5 and change > 1e-5 else 1e-6


@jit
def first_step(y, further, slope, h, rtol, atol, scratch):
    """A first step for a method of order 5, from f at y and f a trial step h further on."""
    for i in range(y.size):
        further[i] -= slope[i]
    bend = scaled_norm(further, y, y, rtol, atol, scratch) / h
    most = max(scaled_norm(slope, y, y, rtol, atol, scratch), bend)
    return min(100 * h, (0.01 / most) ** 0.2 if most > 1e-15 else max(1e-6, 1e-3 * h))
