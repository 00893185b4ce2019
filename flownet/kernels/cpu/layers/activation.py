"""Loops over arrays of units, made from the activations in `kernels.scalar`."""

from ...._compile import compiled, part, separate
from ...scalar.activation import BODIES
from ..base.views import address


def _values(body):
    @part(inline=True)
    def loop(z, a, b, c, d):
        for i in range(z.size):
            z[i] = body(z[i])[0]

    return loop


def _slopes(body):
    @part(inline=True)
    def loop(z, slope, count, c, d):
        for i in range(count):
            z[i], slope[i], _, _ = body(z[i])

    return loop


def _curvatures(body):
    @part(inline=True)
    def loop(z, slope, curvature, c, d):
        for i in range(z.size):
            z[i], slope[i], curvature[i], _ = body(z[i])

    return loop


def _thirds(body):
    @part(inline=True)
    def loop(z, slope, curvature, third, d):
        for i in range(z.size):
            z[i], slope[i], curvature[i], third[i] = body(z[i])

    return loop


def by_code(make_loop, bodies=BODIES):
    """Kernel (code, z, a, b, c, d): the loop made of one activation's body, that of a code."""
    (identity, tanh, sigmoid, relu, leaky_relu, elu, softplus, gelu, sin) = (
        make_loop(compiled(body)) for body in bodies
    )

    def run(code, z, a, b, c, d):
        if code == 0:
            identity(z, a, b, c, d)
        elif code == 1:
            tanh(z, a, b, c, d)
        elif code == 2:
            sigmoid(z, a, b, c, d)
        elif code == 3:
            relu(z, a, b, c, d)
        elif code == 4:
            leaky_relu(z, a, b, c, d)
        elif code == 5:
            elu(z, a, b, c, d)
        elif code == 6:
            softplus(z, a, b, c, d)
        elif code == 7:
            gelu(z, a, b, c, d)
        else:
            sin(z, a, b, c, d)

    return separate(run, name=make_loop.__name__, wide=True)


_run_values, _run_slopes, _run_curvatures, _run_thirds = map(
    by_code, (_values, _slopes, _curvatures, _thirds)
)


@part
def activate(code, z):
    """z ← φ(z)."""
    _run_values(code, z, z, z, z, z)


@part
def activate_slope(code, z, slope):
    """z ← φ(z), slope ← φ′(z)."""
    activate_slope_at(code, address(z), address(slope), z.size)


@part(inline=True)
def activate_slope_at(code, z, slope, count):
    """The same of `count` units from two addresses on."""
    _run_slopes(code, z, slope, count, count, count)


@part
def activate_curvature(code, z, slope, curvature):
    """z ← φ(z), slope ← φ′(z), curvature ← φ″(z)."""
    _run_curvatures(code, z, slope, curvature, z, z)


@part
def activate_third(code, z, slope, curvature, third):
    """z ← φ(z), and its first three derivatives."""
    _run_thirds(code, z, slope, curvature, third, z)
