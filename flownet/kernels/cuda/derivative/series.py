"""Series through the activations of real units, one thread a unit."""

from ...._compile._cuda import cuda, device
from ...scalar import series as scalar
from ...scalar.activation import BODIES
from ..base import elementary  # noqa: F401  stands for plain functions: before any body is made
from ..base.launch import kernel, over
from .buffers import few

_CODES = [(code,) for code in range(len(BODIES))]


@kernel("r[,]", variants=_CODES)
def first_order(real, code):
    """z ← φ(z), z₁ ← φ′(z)·z₁ for z (2, units)."""
    body = device(BODIES[code], real)

    def run(z):
        for i in range(cuda.grid(1), z.shape[1], cuda.gridsize(1)):
            a, slope, _, _ = body(z[0, i])
            z[0, i] = a
            z[1, i] *= slope

    return run


@kernel("r[,] r[,]", variants=_CODES)
def any_order(real, code):
    """z ← φ(z) for series z (orders, units); each thread has four series of `work`."""
    begin, order = device(scalar.BEGINNINGS[code], real), device(scalar.order, real)

    def run(z, work):
        t, orders = cuda.grid(1), z.shape[0]
        a = work[:orders, t : t + 1]
        u = work[orders : 2 * orders, t : t + 1]
        p = work[2 * orders : 3 * orders, t : t + 1]
        q = work[3 * orders : 4 * orders, t : t + 1]
        for i in range(t, z.shape[1], cuda.gridsize(1)):
            own = z[:, i : i + 1]
            a[0, 0], u[0, 0], p[0, 0], q[0, 0] = begin(own[0, 0])
            for k in range(1, orders):
                order(code, own, a, u, p, q, k, 1)
            for k in range(orders):
                own[k, 0] = a[k, 0]

    return run


def activate_series(code, z, jet):
    """z ← φ(z) for series z (orders, units)."""
    orders, units = z.shape
    if orders == 2:
        first_order(over(units), z, variant=(code,))
    else:
        any_order(few(units), z, jet.series, variant=(code,))
