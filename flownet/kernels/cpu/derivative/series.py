"""Series through the activations of a block of units at a time, which stays in the cache."""

from ...._compile import compiled, part, separate
from ...scalar import series as scalar
from ..base.plan import BLOCK
from ..base.pointwise import copy
from ..base.views import view
from ..layers.activation import activate_slope, by_code


def _beginnings(body):
    @part
    def loop(z, a, u, p, q):
        for i in range(z.size):
            a[i], u[i], p[i], q[i] = body(z[i])

    return loop


_begin = by_code(_beginnings, scalar.BEGINNINGS)
next_order = compiled(scalar.order, inline=False)


@part
def _firstorder(code, z, z_1, slope):
    """z ← φ(z), z_1 ← φ′(z)·z_1."""
    for first in range(0, z.size, BLOCK):
        n = min(BLOCK, z.size - first)
        activate_slope(code, z[first : first + n], slope[:n])
        for i in range(n):
            z_1[first + i] *= slope[i]


@separate
def activate_series(code, z, scratch):
    """z ← φ(z) for series z (order+1, n) of n units; scratch: see `plan.SCRATCH`."""
    order = z.shape[0] - 1
    if order == 1:
        _firstorder(code, z[0], z[1], scratch)
        return
    size = (order + 1) * BLOCK
    zs, a = view(scratch, 0, order + 1, BLOCK), view(scratch, size, order + 1, BLOCK)
    u, p = view(scratch, 2 * size, order + 1, BLOCK), view(scratch, 3 * size, order + 1, BLOCK)
    q = view(scratch, 4 * size, order + 1, BLOCK)
    for first in range(0, z.shape[1], BLOCK):
        n = min(BLOCK, z.shape[1] - first)
        for k in range(order + 1):
            copy(zs[k, :n], z[k, first : first + n])
        _begin(code, zs[0, :n], a[0, :n], u[0, :n], p[0, :n], q[0, :n])
        for k in range(1, order + 1):
            next_order(code, zs, a, u, p, q, k, n)
        for k in range(order + 1):
            copy(z[k, first : first + n], a[k, :n])
