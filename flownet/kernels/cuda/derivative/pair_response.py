"""How complex units respond to a displacement, order by order, and series through them for jets.

With z(s) = Σ z_k s^k and the series of ∂f/∂z and ∂f/∂z̄ along it, a cotangent G_f(s) gives

    G_z = G_f·conj(∂f/∂z) + conj(G_f)·∂f/∂z̄,   ∂ℓ/∂b = Re(conj(G_f)·∂f/∂b)

Rows hold the real parts of their n units, then the imaginary ones. Series are worked out in double
precision, one thread a unit.
"""

from functools import cache

import numpy as np

from ...._compile._cuda import cuda, device
from ...scalar import pair_series as scalar
from ...scalar.pair import ABS, ABS2, CARDIOID, CAYLEY, MODRELU, SIN, TANH, ZRELU
from ...scalar.pair_series import F, P, Q, W, Z
from ..base import elementary  # noqa: F401  stands for plain functions: before any body is made
from ..base.launch import kernel
from .buffers import A1, A2, BEND, CURVATURE, DRIFT, Z1, Z2, few
from .units import copy

#: variants that a test compiles, each activation in one kernel or another: all take a while
_OF_VALUES = [(SIN, 1), (TANH, 2), (CAYLEY, 2), (ABS, 2)]
_OF_COTANGENTS = [(MODRELU, 2), (ZRELU, 1), (CARDIOID, 2), (ABS2, 2)]
_OF_SERIES = [(MODRELU,), (TANH,)]


def _body(body):
    return device(body, np.float64)


@cache
def _along(code, order):
    """(S, state, change, size, at, n, b, b₁) -> the series of one unit, up to an order."""
    put, pair_series = _body(scalar.put), _body(scalar.pair_series)

    @cuda.jit(device=True)
    def along(S, state, change, size, i, n, b, b_1):
        x, y = state[CURVATURE * size + i], state[CURVATURE * size + i + n]
        put(S, Z, 0, complex(float(x), float(y)))
        x, y = change[Z1 * size + i], change[Z1 * size + i + n]
        put(S, Z, 1, complex(float(x), float(y)))
        if order == 2:
            x, y = change[Z2 * size + i], change[Z2 * size + i + n]
            put(S, Z, 2, complex(float(x), float(y)))
        pair_series(code, S, b, b_1, order + 1)

    return along


@kernel("r[] r[] i8 i8 r[] r[] i8 r[,] i8 i8", variants=_OF_VALUES)
def pair_values(real, code, order):
    """Coefficient of an order, 1 or 2, of f along z(s), into A₁ or A₂."""
    along, gated, out = _along(code, order), code == MODRELU, A1 if order == 1 else A2

    def run(state, change, size, first, biases, moved, gate, series, rows, n):
        t = cuda.grid(1)
        S = series[:, t * 3 : t * 3 + 3]
        for i in range(t, rows * n, cuda.gridsize(1)):
            at = first + i // n * 2 * n + i % n
            b = float(biases[gate + i % n]) if gated else 0.0
            b_1 = float(moved[gate + i % n]) if gated else 0.0
            along(S, state, change, size, at, n, b, b_1)
            change[out * size + at] = S[F, order]
            change[out * size + at + n] = S[F + 1, order]

    return run


@kernel("r[] r[] i8 i8 r[] i8 r[] r[] i8 r[,] r[] i8 r[] i8 i8", variants=_OF_COTANGENTS)
def pair_cotangents(real, code, order):
    """Coefficient of an order of G_z from those of G_f; of modReLU also of ∂ℓ/∂b into `gates`."""
    along, gated, get = _along(code, order), code == MODRELU, _body(scalar.get)

    def run(
        state, change, size, first, g, g_at, biases, moved, gate, series, out, to, gates, rows, n
    ):
        t = cuda.grid(1)
        S = series[:, t * 3 : t * 3 + 3]
        for i in range(t, rows * n, cuda.gridsize(1)):
            here = i // n * 2 * n + i % n
            at, c = first + here, g_at + here
            b = float(biases[gate + i % n]) if gated else 0.0
            b_1 = float(moved[gate + i % n]) if gated else 0.0
            along(S, state, change, size, at, n, b, b_1)
            total, own = 0j, 0.0
            for k in range(order + 1):
                x, y = g[c], g[c + n]  # of the highest order
                if k == 0:
                    x, y = state[BEND * size + at], state[BEND * size + at + n]
                elif k < order:
                    x, y = change[DRIFT * size + at], change[DRIFT * size + at + n]
                cotangent = complex(float(x), float(y))
                total += cotangent * get(S, P, order - k).conjugate()
                total += cotangent.conjugate() * get(S, Q, order - k)
                own += (cotangent.conjugate() * get(S, W, order - k)).real
            if gated:
                gates[at] = own
            out[to + here], out[to + here + n] = total.real, total.imag

    return run


@kernel("r[] i8 r[] r[] i8 r[,] i8 i8 i8", variants=_OF_SERIES)
def series_of_pairs(real, code):
    """z ← f(z) for series z (orders, rows, 2n) from a place on."""
    gated, pair_series = code == MODRELU, _body(scalar.pair_series)

    def run(z, at, biases, moved, gate, series, orders, rows, n):
        t, wide = cuda.grid(1), rows * 2 * n
        S = series[:, t * orders : t * orders + orders]
        for i in range(t, rows * n, cuda.gridsize(1)):
            x = at + i // n * 2 * n + i % n
            b = float(biases[gate + i % n]) if gated else 0.0
            b_1 = float(moved[gate + i % n]) if gated else 0.0
            for k in range(orders):
                S[Z, k], S[Z + 1, k] = z[x + k * wide], z[x + k * wide + n]
            pair_series(code, S, b, b_1, orders)
            for k in range(orders):
                z[x + k * wide], z[x + k * wide + n] = S[F, k], S[F + 1, k]

    return run


def values(state, t, layer, rows, order):
    """A_k, of order 1 or 2, of a layer of complex units, from what it keeps and Z₁, Z₂."""
    n = int(state.net.sizes[layer + 1]) // 2
    pair_values(
        few(rows * n),
        state.units.array,
        t.units.array,
        state.units.size,
        state.units.first(layer),
        state.W.array,
        t.V.array,
        state.W.gate(layer),
        t.series,
        rows,
        n,
        variant=(int(state.net.activation[layer]), order),
    )


def cotangents(state, t, layer, rows, order, ga, kind):
    """G_k, of order 1 or 2, of a layer of complex units from G_a of that order.

    G_a of first order is kept where one of second may be asked for.
    """
    n = int(state.net.sizes[layer + 1]) // 2
    if t.second and order == 1:
        copy(few(rows * n), *t.units.part(DRIFT, layer), *ga, rows * 2 * n)
    pair_cotangents(
        few(rows * n),
        state.units.array,
        t.units.array,
        state.units.size,
        state.units.first(layer),
        *ga,
        state.W.array,
        t.V.array,
        state.W.gate(layer),
        t.series,
        *t.units.part(kind, layer),
        (t.units if t.gate is None else t.gate).array,
        rows,
        n,
        variant=(int(state.net.activation[layer]), order),
    )
