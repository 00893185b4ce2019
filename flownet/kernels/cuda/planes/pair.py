"""Passes over complex units, made from the activations in `kernels.scalar`.

A row holds the real parts of its n units, then the imaginary ones. `kept` is what the pullback
needs: ∂f/∂z of holomorphic functions, z itself of others.
"""

from ...._compile._cuda import cuda, device
from ...scalar import pair as scalar
from ...scalar.pair import ABS, ABS2, CARDIOID, CAYLEY, MODRELU, SIN, TANH, ZRELU
from ..base import elementary  # noqa: F401  stands for plain functions: before any body is made
from ..base.launch import kernel, over

_HOLOMORPHIC = {TANH: scalar.tanh, SIN: scalar.sin, CAYLEY: scalar.cayley}
_OTHERS = {  # value and pullback
    ZRELU: (scalar.zrelu, scalar.pull_zrelu),
    CARDIOID: (scalar.cardioid, scalar.pull_cardioid),
    ABS: (scalar.modulus, scalar.pull_modulus),
    ABS2: (scalar.square, scalar.pull_square),
}
CODES = [(code,) for code in (MODRELU, *_HOLOMORPHIC, *_OTHERS)]  # of complex units


def _values(code, real):
    """(x, y, b) -> f and what is kept."""
    if code in _HOLOMORPHIC:
        body = device(_HOLOMORPHIC[code], real)

        @cuda.jit(device=True)
        def values(x, y, b):
            return body(x, y)

    elif code == MODRELU:
        body = device(scalar.modrelu, real)

        @cuda.jit(device=True)
        def values(x, y, b):
            f, f_i = body(x, y, b)
            return f, f_i, x, y

    else:
        body = device(_OTHERS[code][0], real)

        @cuda.jit(device=True)
        def values(x, y, b):
            f, f_i = body(x, y)
            return f, f_i, x, y

    return values


def _pulled(code, real):
    """(what is kept, b, G_f) -> G_z and ∂ℓ/∂b."""
    if code in _HOLOMORPHIC:

        @cuda.jit(device=True)
        def pulled(p, p_i, b, gx, gy):
            return gx * p + gy * p_i, gy * p - gx * p_i, b

    elif code == MODRELU:
        pulled = device(scalar.pull_modrelu, real)
    else:
        body = device(_OTHERS[code][1], real)

        @cuda.jit(device=True)
        def pulled(x, y, b, gx, gy):
            g, g_i = body(x, y, gx, gy)
            return g, g_i, b

    return pulled


@kernel("r[] i8 r[] i8 r[] i8 i8 i8", variants=CODES)
def activate_pairs(real, code):
    """z (rows, 2n) ← f(z), and what the pullback needs into `kept`."""
    values, gated, zero = _values(code, real), code == MODRELU, real(0)

    def run(z, at, kept, to, W, gate, rows, n):
        for i in range(cuda.grid(1), rows * n, cuda.gridsize(1)):
            x, k = at + i // n * 2 * n + i % n, to + i // n * 2 * n + i % n
            b = W[gate + i % n] if gated else zero
            z[x], z[x + n], kept[k], kept[k + n] = values(z[x], z[x + n], b)

    return run


@kernel("r[] i8 r[] i8 r[] i8 r[] i8 i8 i8", variants=CODES)
def pull_pairs(real, code):
    """g (rows, 2n) ← G_z from G_f; of modReLU ∂ℓ/∂b into the n first of each row of `gates`."""
    pulled, gated, zero = _pulled(code, real), code == MODRELU, real(0)

    def run(kept, at, g, g_at, gates, to, W, gate, rows, n):
        for i in range(cuda.grid(1), rows * n, cuda.gridsize(1)):
            here = i // n * 2 * n + i % n
            k, c = at + here, g_at + here
            b = W[gate + i % n] if gated else zero
            g[c], g[c + n], own = pulled(kept[k], kept[k + n], b, g[c], g[c + n])
            if gated:
                gates[to + here] = own

    return run


@kernel("r[] i8 i8 r")
def put(real):
    """So many numbers of an array from a place on ← one number."""

    def run(out, to, count, number):
        for i in range(cuda.grid(1), count, cuda.gridsize(1)):
            out[to + i] = number

    return run


@kernel("r[] i8 r[] i8 i8 i8 i8 i8")
def sum_rows(real):
    """Sums over the rows of a matrix, `wide` numbers each, of its n first columns."""

    def run(out, to, matrix, at, rows, wide, n, add):
        for b in range(cuda.grid(1), n, cuda.gridsize(1)):
            total = out[to + b] if add else real(0)
            for s in range(rows):
                total += matrix[at + s * wide + b]
            out[to + b] = total

    return run


def activate(code, z, kept, W, gate, rows, n):
    """z (rows, 2n) ← f(z); `gate` says where in W biases of modReLU begin, −1 for others."""
    activate_pairs(over(rows * n), *z, *kept, W, gate, rows, n, variant=(code,))


def pull(code, kept, g, gates, W, gate, rows, n):
    """g (rows, 2n) ← G_z from G_f; ∂ℓ/∂b of modReLU into the n first of each row of `gates`."""
    pull_pairs(over(rows * n), *kept, *g, *gates, W, gate, rows, n, variant=(code,))
