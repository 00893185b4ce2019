"""The analytic potentials on the device: their differentials and jets, as in `cpu.motion`."""

import math

import numpy as np

from ...._compile._cuda import cuda
from ...layout import DOUBLE_WELL, PARABOLA, UV
from ..base import mirror
from ..base.launch import kernel, over
from ..base.sums import PARTS, WIDTH, block_sum, total

_ORDERS = 5  # coefficients of a jet; of UV three products come before them


@kernel("f8[] r[] r[] i8")
def uv_parts(real):
    """Parts of the coefficients of f(W + sV)·√n, f = u·v/√n: three sums of each block."""

    def run(parts, W, V, n):
        f0, f1, f2 = 0.0, 0.0, 0.0
        for i in range(cuda.grid(1), n, cuda.gridsize(1)):
            u, v, du, dv = float(W[i]), float(W[n + i]), float(V[i]), float(V[n + i])
            f0 += u * v
            f1 += u * dv + v * du
            f2 += du * dv
        s0, s1, s2 = block_sum(f0), block_sum(f1), block_sum(f2)
        if cuda.threadIdx.x == 0:
            b = cuda.blockIdx.x
            parts[b], parts[PARTS + b], parts[2 * PARTS + b] = s0, s1, s2

    return run


@kernel("r[] r[] f8[] i8 f8 i8 i8")
def uv_slope(real):
    """dL ← scale·f·∂f/∂W, added or not, with f√n in `found`[at]; then ½·scale·f² there."""

    def run(dL, W, found, at, scale, n, add):
        f = found[at] / math.sqrt(float(n))
        factor = real(scale * f / math.sqrt(float(n)))
        for i in range(cuda.grid(1), n, cuda.gridsize(1)):
            u, v = factor * W[n + i], factor * W[i]
            dL[i] = dL[i] + u if add != 0 else u
            dL[n + i] = dL[n + i] + v if add != 0 else v

    return run


@kernel("f8[] i8 f8 i8")
def uv_value(real):
    """found[at] ← ½·scale·f² of f√n there."""

    def run(found, at, scale, n):
        if cuda.grid(1) == 0:
            f = found[at] / math.sqrt(float(n))
            found[at] = scale * 0.5 * f * f

    return run


@kernel("f8[] r[] r[] i8 f8 f8 f8 i8 i8")
def formula(real):
    """Parts of Σ of squares, and dL ← scale·∂L/∂W, added or not: parabola, quartic, double well."""

    def run(parts, dL, W, code, p, q, scale, size, add):
        found = 0.0
        factor = real(scale * p) if code == PARABOLA else real(scale * p / 2)
        c2 = real(q * q) if code == DOUBLE_WELL else real(0)
        for i in range(cuda.grid(1), size, cuda.gridsize(1)):
            w = W[i]
            if code == PARABOLA:
                found += float(w) * float(w)
                slope = factor * w
            else:
                square = w * w - c2
                found += float(square) * float(square)
                slope = factor * w * square
            dL[i] = dL[i] + slope if add != 0 else slope
        s = block_sum(found)
        if cuda.threadIdx.x == 0:
            parts[cuda.blockIdx.x] = s

    return run


def add_formula(code, p, q, scale, W, dL, size, parts, found, at, add=True):
    """found[at] ← scale·L(W), and scale·∂L/∂W is added to dL, or put there.

    W and dL are of the device; `parts` is room for 3·PARTS float64 numbers.
    """
    if code == UV:
        n = size // 2
        uv_parts((PARTS, WIDTH), parts, W, W, n)
        total(found, at, parts, PARTS)
        uv_slope(over(n), dL, W, found, at, scale, n, add)
        uv_value((1, 1), found, at, scale, n)
        return
    formula((PARTS, WIDTH), parts, dL, W, code, p, q, scale, size, add)
    total(found, at, parts, PARTS, scale * (0.5 * p if code == PARABOLA else p / 8))


@kernel("f8[] r[] r[] i8 f8 i8")
def jet_parts(real):
    """Parts of the five coefficients along a line, of all formulas but UV."""

    def run(parts, W, V, code, well, size):
        c0, c1, c2, c3, c4 = 0.0, 0.0, 0.0, 0.0, 0.0
        for i in range(cuda.grid(1), size, cuda.gridsize(1)):
            w, v = float(W[i]), float(V[i])
            if code == PARABOLA:
                c0 += w * w
                c1 += w * v
                c2 += v * v
            else:
                square = w * w - well  # (W+sV)² − c² = square + 2wv·s + v²·s²
                c0 += square * square
                c1 += 4 * square * w * v
                c2 += 2 * square * v * v + 4 * w * w * v * v
                c3 += 4 * w * v * v * v
                c4 += v * v * v * v
        s0, s1, s2, s3, s4 = (
            block_sum(c0),
            block_sum(c1),
            block_sum(c2),
            block_sum(c3),
            block_sum(c4),
        )
        if cuda.threadIdx.x == 0:
            b = cuda.blockIdx.x
            parts[b], parts[PARTS + b], parts[2 * PARTS + b] = s0, s1, s2
            parts[3 * PARTS + b], parts[4 * PARTS + b] = s3, s4

    return run


def _sums(parts, count):
    """So many sums of PARTS parts each, as numbers of Python."""
    found, out = mirror.empty(count, np.float64), np.empty(count)
    for i in range(count):
        total(found, i, parts[i * PARTS : (i + 1) * PARTS], PARTS)
    mirror.fetch(found, out)
    return out.tolist()


# ---- entries ------------------------------------------------------------------------------------


def analytic_differential(code, p, q, scale, W, dL):
    """scale·L(W); scale·∂L/∂W is added to dL."""
    w, slope, found = mirror.fresh(W), mirror.fresh(dL), mirror.empty(1, np.float64)
    parts, out = mirror.empty(3 * PARTS, np.float64), np.empty(1)
    add_formula(code, p, q, scale, w, slope, W.size, parts, found, 0)
    mirror.fetch(slope, dL)
    mirror.fetch(found, out)
    return float(out[0])


def analytic_jet(code, p, q, W, V):
    """Coefficients c₀ … c₄ of L(W + sV), a polynomial of degree four at most."""
    w, v, parts = mirror.fresh(W), mirror.fresh(V), mirror.empty(_ORDERS * PARTS, np.float64)
    if code == UV:
        n = W.size // 2
        uv_parts((PARTS, WIDTH), parts, w, v, n)
        f0, f1, f2 = (f / math.sqrt(n) for f in _sums(parts, 3))
        return 0.5 * f0 * f0, f0 * f1, f0 * f2 + 0.5 * f1 * f1, f1 * f2, 0.5 * f2 * f2
    well = q * q if code == DOUBLE_WELL else 0.0
    jet_parts((PARTS, WIDTH), parts, w, v, code, well, W.size)
    c = _sums(parts, _ORDERS)
    if code == PARABOLA:
        return 0.5 * p * c[0], p * c[1], 0.5 * p * c[2], 0.0, 0.0
    return tuple(p / 8 * number for number in c)
