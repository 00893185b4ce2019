"""Thermal noise: normal numbers keyed by seed, iteration and place, the same on every device.

Philox gives the words of any place without those before it, so that neither threads nor a stop and
a resumption nor the ranges of a metric change a bit.
"""

from ...._compile import compiled, jit
from ...scalar import philox as scalar

two_normals = compiled(scalar.two_normals)


@jit
def add_thermal_noise(a, scale, seed, iteration, begin):
    """a ← a + scale·ξ; a[i] is place begin + i of the whole."""
    for block in range(begin // 2, (begin + a.size + 1) // 2):
        first, second = two_normals(block, iteration, seed)
        i = 2 * block - begin
        if i >= 0:
            a[i] += a.dtype.type(scale * first)
        if i + 1 < a.size:
            a[i + 1] += a.dtype.type(scale * second)
