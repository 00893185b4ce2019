"""The analytic potentials (TM 33-37; UV: Lewkowycz et al.), their differentials and jets.

Codes: 0 parabola ½κΣW², 1 quartic (α/8)ΣW⁴, 2 double well (α/8)Σ(W²−c²)², 3 UV ½f² with
f = u·v/√n and W = (u, v). Parameters (p, q) are (κ, ·), (α, ·), (α, c), (·, ·).
"""

import math

from ...._compile import jit, part
from ...layout import DOUBLE_WELL, PARABOLA, UV


@part
def _uv(W, V, n):
    """Coefficients of f(W + sV)."""
    f0 = f1 = f2 = 0.0
    for i in range(n):
        u, v, du, dv = float(W[i]), float(W[n + i]), float(V[i]), float(V[n + i])
        f0 += u * v
        f1 += u * dv + v * du
        f2 += du * dv
    root = math.sqrt(n)
    return f0 / root, f1 / root, f2 / root


@jit
def analytic_differential(code, p, q, scale, W, dL):
    """scale·L(W); scale·∂L/∂W is added to dL."""
    total = 0.0
    real = W.dtype.type
    if code == UV:
        n = W.size // 2
        f, _, _ = _uv(W, W, n)
        factor = real(scale * f / math.sqrt(n))
        for i in range(n):
            dL[i] += factor * W[n + i]
            dL[n + i] += factor * W[i]
        return scale * 0.5 * f * f
    if code == PARABOLA:
        factor = real(scale * p)
        for i in range(W.size):
            total += float(W[i]) * float(W[i])
            dL[i] += factor * W[i]
        return scale * 0.5 * p * total
    c2 = real(q * q) if code == DOUBLE_WELL else real(0)
    factor = real(scale * p / 2)
    for i in range(W.size):
        square = W[i] * W[i] - c2
        total += float(square) * float(square)
        dL[i] += factor * W[i] * square
    return scale * p / 8 * total


@jit
def analytic_jet(code, p, q, W, V):
    """Coefficients c₀ … c₄ of L(W + sV), a polynomial of degree four at most."""
    c0 = c1 = c2 = c3 = c4 = 0.0
    if code == UV:
        f0, f1, f2 = _uv(W, V, W.size // 2)
        return 0.5 * f0 * f0, f0 * f1, f0 * f2 + 0.5 * f1 * f1, f1 * f2, 0.5 * f2 * f2
    if code == PARABOLA:
        for i in range(W.size):
            w, v = float(W[i]), float(V[i])
            c0 += w * w
            c1 += w * v
            c2 += v * v
        return 0.5 * p * c0, p * c1, 0.5 * p * c2, 0.0, 0.0
    well = q * q if code == DOUBLE_WELL else 0.0
    for i in range(W.size):
        w, v = float(W[i]), float(V[i])
        square = w * w - well  # (W+sV)² − c² = square + 2wv·s + v²·s²
        c0 += square * square
        c1 += 4 * square * w * v
        c2 += 2 * square * v * v + 4 * w * w * v * v
        c3 += 4 * w * v * v * v
        c4 += v * v * v * v
    scale = p / 8
    return scale * c0, scale * c1, scale * c2, scale * c3, scale * c4
