"""What becomes of a product in a pass of its own: bias, activation and slope, or slopes times it.

The kernel of flownet's own products does the same at its end.
"""

from ...._compile._cuda import cuda, device
from ...scalar.activation import BODIES
from . import elementary  # noqa: F401  stands for plain functions: before any body is made
from .launch import kernel
from .tiled import PLAIN


@kernel(
    "r[] i8 r[] i8 r[] i8 i8 i8", variants=[(PLAIN,), *((code,) for code in range(len(BODIES)))]
)
def finish(real, end):
    """C (count/n, n) ← C + bias, then with an activation φ(C), and φ′ where slopes go."""
    has_body = end >= 0
    body = device(BODIES[max(end, 0)], real)

    def run(c, c_at, b, bias_at, slope, slope_at, n, count):
        for i in range(cuda.grid(1), count, cuda.gridsize(1)):
            z = c[c_at + i]
            if bias_at >= 0:
                z += b[bias_at + i % n]
            if has_body:
                value, tangent, _, _ = body(z)
                c[c_at + i], slope[slope_at + i] = value, tangent
            else:
                c[c_at + i] = z

    return run


@kernel("r[] i8 r[] i8 i8")
def times(real):
    """slope ← g·slope, the cotangent pulled back through an activation."""

    def run(slope, at, g, g_at, count):
        for i in range(cuda.grid(1), count, cuda.gridsize(1)):
            slope[at + i] *= g[g_at + i]

    return run
