"""A stabilised explicit method of second order: Runge–Kutta–Chebyshev, RKC2.

s stages are stable up to h·λ = 0.65·s² on the real axis, so that a stiff step costs √λ evaluations
of f and no matrix (Sommeijer, Shampine, Verwer, J. Comput. Appl. Math. 88 (1998) 315).
"""

import math

from ...._compile import jit
from ...layout import AGAIN, CALLS, CHEBYSHEV, ERROR, TAKEN, H
from .solution import TINY, accept, put, refuse, scaled_norm, to_try

_DAMPING = 2 / 13
_REACH = 1.54  # s stages are stable where s² ≥ 1 + 1.54·h·λ
_ROUNDING = 2.2e-15  # of s² stages, relative
_STRICT = 12.0  # the estimate of a method of second order is held so far below the tolerance
_SAFETY, _LEAST, _MOST = 0.8, 0.1, 10.0


@jit
def stages_for(h, radius):
    """Stages of a step h where the spectral radius is `radius`."""
    return max(2, 1 + int(math.sqrt(1 + _REACH * h * radius)))


@jit
def _combine(out, a, x, b, y, c, z, d, u, e, v):
    """out ← a·x + b·y + c·z + d·u + e·v."""
    real = out.dtype.type
    a, b, c, d, e = real(a), real(b), real(c), real(d), real(e)
    for i in range(out.size):
        out[i] = a * x[i] + b * y[i] + c * z[i] + d * u[i] + e * v[i]


@jit
def _next_step(s, h, error):
    """Length of the step after one with this scaled error, by the trend since the one before."""
    n = s.numbers
    error = max(error, 1e-10)
    grow = 1 / error ** (1 / 3)
    if n[TAKEN] > 0 and not n[AGAIN]:
        grow = min(grow, grow * h / n[TAKEN] * (max(n[ERROR], TINY) / error) ** (1 / 3))
    n[H] = h * min(1.0 if n[AGAIN] else _MOST, max(_LEAST, _SAFETY * grow))


def chebyshev(velocity):
    """`attempt(followed, s, rtol, atol, end, radius)` -> whether a step of ẏ = f(y) was taken.

    `velocity(followed, y, out, meters)` writes f(y) to `out`; `radius` bounds its spectral radius.
    """

    def attempt(followed, s, rtol, atol, end, radius):
        n, k = s.numbers, s.k
        h = to_try(s, end, (rtol / _ROUNDING - 1) / (_REACH * max(radius, 1e-300)))
        stages = stages_for(h, radius)
        w0 = 1 + _DAMPING / stages**2
        sinh = math.sqrt(w0 * w0 - 1)
        angle = stages * math.log(w0 + sinh)
        slope = stages * math.sinh(angle) / sinh  # T_s′ and T_s″ at w₀
        w1 = slope * sinh**2 / (stages**2 * math.cosh(angle) - w0 * slope)
        b1 = b2 = 1 / (2 * w0) ** 2
        T1, T2, dT1, dT2, ddT1, ddT2 = w0, 1.0, 1.0, 0.0, 0.0, 0.0
        older, newer = k[1], k[2]
        put(older, s.y)
        _combine(newer, 1.0, s.y, h * w1 * b1, k[0], 0.0, s.y, 0.0, s.y, 0.0, s.y)
        for _ in range(2, stages + 1):
            Tj = 2 * w0 * T1 - T2
            dTj = 2 * w0 * dT1 - dT2 + 2 * T1
            ddTj = 2 * w0 * ddT1 - ddT2 + 4 * dT1
            b = ddTj / dTj**2
            mu, nu = 2 * w0 * b / b1, -b / b2
            rate = h * mu * w1 / w0
            velocity(followed, newer, k[3], s.meters)
            _combine(
                older,
                nu,
                older,
                mu,
                newer,
                1 - mu - nu,
                s.y,
                rate,
                k[3],
                rate * (b1 * T1 - 1),
                k[0],
            )
            older, newer = newer, older
            b1, b2, T1, T2, dT1, dT2, ddT1, ddT2 = b, b1, Tj, T1, dTj, dT1, ddTj, ddT1
        put(s.stage, newer)
        velocity(followed, s.stage, k[6], s.meters)
        n[CALLS] += stages
        _combine(s.other, 0.8, s.y, -0.8, s.stage, 0.4 * h, k[0], 0.4 * h, k[6], 0.0, s.y)
        error = _STRICT * scaled_norm(s.other, s.y, s.stage, rtol, atol, s.scratch)
        if not error < 1:  # NaN too
            shrink = _SAFETY / error ** (1 / 3) if math.isfinite(error) else _LEAST
            refuse(s, h * max(_LEAST, shrink))
            return False
        _next_step(s, h, error)
        accept(s, end, h, error, stages, CHEBYSHEV)
        return True

    return attempt
