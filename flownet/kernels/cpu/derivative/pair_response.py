"""How complex units respond to a displacement, order by order, and series through them for jets.

With z(s) = Σ z_k s^k and the series of ∂f/∂z and ∂f/∂z̄ along it, a cotangent G_f(s) gives

    G_z = G_f·conj(∂f/∂z) + conj(G_f)·∂f/∂z̄,   ∂ℓ/∂b = Re(conj(G_f)·∂f/∂b)

Rows hold the real parts of their units, then the imaginary ones.
"""

from ...._compile import compiled, part, separate
from ...scalar import pair_series as scalar
from ...scalar.pair import MODRELU
from ...scalar.pair_series import ROWS, F, P, Q, W, Z
from ..base.views import view

get, put = compiled(scalar.get), compiled(scalar.put)
pair_series = compiled(scalar.pair_series, inline=False)


@part
def _along(code, order, z0, z1, z2, b, b1, scratch, s, j):
    """The series of one unit of one row, up to an order."""
    S = view(scratch, 0, ROWS, 3)
    n = z0.shape[1] // 2
    put(S, Z, 0, complex(float(z0[s, j]), float(z0[s, n + j])))
    put(S, Z, 1, complex(float(z1[s, j]), float(z1[s, n + j])))
    if order == 2:
        put(S, Z, 2, complex(float(z2[s, j]), float(z2[s, n + j])))
    pair_series(code, S, float(b[j]), float(b1[j]), order + 1)


@separate
def pair_values(code, order, z0, z1, z2, b, b1, scratch, out):
    """Coefficient of an order, 1 or 2, of f along z(s), into out (rows, 2n)."""
    S, n = view(scratch, 0, ROWS, 3), out.shape[1] // 2
    for s in range(out.shape[0]):
        for j in range(n):
            _along(code, order, z0, z1, z2, b, b1, scratch, s, j)
            out[s, j], out[s, n + j] = S[F, order], S[F + 1, order]


@separate
def pair_cotangents(code, order, z0, z1, z2, g0, g1, g2, b, b1, scratch, out, gate):
    """Coefficient of an order of G_z from those of G_f; of modReLU also of ∂ℓ/∂b into `gate`."""
    S, n = view(scratch, 0, ROWS, 3), out.shape[1] // 2
    for s in range(out.shape[0]):
        for j in range(n):
            _along(code, order, z0, z1, z2, b, b1, scratch, s, j)
            total, own = 0j, 0.0
            for k in range(order + 1):
                g = g0 if k == 0 else g1 if k == 1 else g2
                cotangent = complex(float(g[s, j]), float(g[s, n + j]))
                total += cotangent * get(S, P, order - k).conjugate()
                total += cotangent.conjugate() * get(S, Q, order - k)
                own += (cotangent.conjugate() * get(S, W, order - k)).real
            if code == MODRELU:
                gate[s, j] = own
            out[s, j], out[s, n + j] = total.real, total.imag


@separate
def pairs_along(code, z, rows, b, b1, scratch):
    """z ← f(z) for series z (orders, rows·2n) of complex units."""
    orders = z.shape[0]
    S, n = view(scratch, 0, ROWS, orders), z.shape[1] // (2 * rows)
    for s in range(rows):
        at = s * 2 * n
        for j in range(n):
            for k in range(orders):
                S[Z, k], S[Z + 1, k] = z[k, at + j], z[k, at + n + j]
            pair_series(code, S, float(b[j]), float(b1[j]), orders)
            for k in range(orders):
                z[k, at + j], z[k, at + n + j] = S[F, k], S[F + 1, k]
