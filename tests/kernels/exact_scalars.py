"""Scalar functions to hundreds of digits: Taylor coefficients of activations; how errors count.

An error counts in units in the last place of the larger of |φ⁽ᵐ⁾| and |zφ⁽ᵐ⁺¹⁾|: nobody who
knows z to its last place only can do better.
"""

import math
from itertools import pairwise

import mp as digits
import mpmath
import numpy as np
from mpmath import mp, mpf

LAST_PLACES = 8
ORDER = 6

_FAR = [5, 15, 30, 36, 37, 40, 100, 300, 354, 400]
_TINY = [1e-3, 1e-8, 1e-30]
_TURNING = [0.7, 0.75179, 1.31696, 1.41421]  # near zeros of derivatives


def real_points(dtype):
    """Arguments from saturation to saturation and beyond, tiny ones and both zeros."""
    beside = np.array([*_FAR, *_TINY, *_TURNING])
    return np.concatenate([beside, -beside, np.linspace(-8, 8, 21), [-0.0]]).astype(dtype)


def places(found, exact, scale, dtype):
    """|found − exact| in units in the last place of `scale`, all mpf but the first."""
    if not np.isfinite(found):
        return math.inf
    unit = np.spacing(np.dtype(dtype).type(float(scale)))
    return float(abs(mpf(float(found)) - exact) / mpf(float(unit)))


def _branch(name, z):
    """φ on the side of a kink that z is on, continued to complex arguments."""
    if name == "relu":
        return (lambda s: s) if z > 0 else (lambda s: 0 * s)
    if name == "leaky_relu":
        return (lambda s: s) if z > 0 else (lambda s: mpf(0.01) * s)
    if name == "elu":
        return (lambda s: s) if z >= 0 else mpmath.expm1
    return digits.PHI[name]


def taylor(name, z, order):
    """Coefficients (order+1,) of φ(z + s), as mpf."""
    z = float(z)
    lost = z * z / 4 if name == "gelu" and z > 0 else abs(z)  # digits of 1 − φ
    with mp.workdps(100 + int(min(350, lost))):
        phi = _branch(name, z)
        later = digits.cauchy(lambda s: [phi(mpf(z) + s)], order)[1:]
        return [mpmath.re(phi(mpf(z))), *(c[0] for c in later)]


def conditioned(c, z):
    """max(|c_m|, (m+1)·|z·c_{m+1}|) of Taylor coefficients at z, one fewer than those."""
    z = abs(mpf(float(z)))
    return [max(abs(a), (m + 1) * abs(z * b)) for m, (a, b) in enumerate(pairwise(c))]


def composed(c, line):
    """Σ_m c_m·(Σ_{j≥1} line_j s^j)^m, up to the order of both."""
    n = len(line)
    inner = [0 * mpf(0), *line[1:]]
    power, total = [mpf(1)] + [mpf(0)] * (n - 1), [mpf(0)] * n
    for factor in c[:n]:
        total = [t + factor * p for t, p in zip(total, power)]
        power = [sum(power[i] * inner[k - i] for i in range(k + 1)) for k in range(n)]
    return total
