"""The activations: value and first three derivatives of each, written once as scalar bodies.

`ACTIVATIONS` fixes the codes by which compiled code knows them. Kinks take the derivative from the
left at 0 for relu and leaky_relu and 1 for elu, as PyTorch does.
"""

import math

from numba import types
from numba.extending import overload

from ...._compile import jit, separate
from ..base.elementary import exp, expm1, tanh

LEAK = 0.01  # slope of leaky_relu below 0


def constant(like, value):
    raise NotImplementedError("compiled code only")


@overload(constant, jit_options={"forceinline": True})
def _constant(like, value):
    """A number in the type of `like`, so that float32 loops stay float32."""
    real = types.float32 if like == types.float32 else types.float64
    return lambda like, value: real(value)


def _identity(z):
    return z, constant(z, 1), constant(z, 0), constant(z, 0)


def _tanh(z):
    a = tanh(z)
    slope = constant(z, 1) - a * a
    return a, slope, constant(z, -2) * a * slope, slope * (constant(z, 6) * a * a - constant(z, 2))


def _sigmoid(z):
    e = exp(-abs(z))  # ≤ 1: neither tail overflows nor cancels
    small = e / (constant(z, 1) + e)
    large = constant(z, 1) / (constant(z, 1) + e)
    a, rest = (large, small) if z >= constant(z, 0) else (small, large)
    slope = a * rest
    return a, slope, slope * (rest - a), slope * (constant(z, 1) - constant(z, 6) * slope)


def _relu(z):
    on = z > constant(z, 0)
    a = z if on or z != z else constant(z, 0)
    return a, constant(z, 1) if on else constant(z, 0), constant(z, 0), constant(z, 0)


def _leaky_relu(z):
    slope = constant(z, 1) if z > constant(z, 0) else constant(z, LEAK)
    return slope * z, slope, constant(z, 0), constant(z, 0)


def _elu(z):
    below = z < constant(z, 0)
    e = expm1(z if below else constant(z, 0))
    a = e if below else z
    slope = e + constant(z, 1)
    curvature = slope if below else constant(z, 0)
    return a, slope, curvature, curvature


def _softplus(z):
    e = exp(-abs(z))
    a = (z if z > constant(z, 0) else constant(z, 0)) + math.log1p(e)
    sigma, slope, curvature, _ = _sigmoid_values(z)
    return a, sigma, slope, curvature


def _gelu(z):
    density = exp(constant(z, -0.5) * z * z) * constant(z, 1 / math.sqrt(2 * math.pi))
    below = constant(z, 0.5) * math.erfc(-z * constant(z, math.sqrt(0.5)))
    square = z * z
    return (
        z * below,
        below + z * density,
        (constant(z, 2) - square) * density,
        (square - constant(z, 4)) * (z * density),
    )


def _sin(z):
    a, slope = math.sin(z), math.cos(z)
    return a, slope, -a, -slope


_sigmoid_values = jit(_sigmoid, cached=False, inline=True)

_BODIES = {
    "identity": _identity,
    "tanh": _tanh,
    "sigmoid": _sigmoid,
    "relu": _relu,
    "leaky_relu": _leaky_relu,
    "elu": _elu,
    "softplus": _softplus,
    "gelu": _gelu,
    "sin": _sin,
}
ACTIVATIONS = tuple(_BODIES)


def _values(body):
    @jit(cached=False)
    def loop(z, slope, curvature, third):
        for i in range(z.size):
            z[i] = body(z[i])[0]

    return loop


def _slopes(body):
    @jit(cached=False)
    def loop(z, slope, curvature, third):
        for i in range(z.size):
            z[i], slope[i], _, _ = body(z[i])

    return loop


def _curvatures(body):
    @jit(cached=False)
    def loop(z, slope, curvature, third):
        for i in range(z.size):
            z[i], slope[i], curvature[i], _ = body(z[i])

    return loop


def _thirds(body):
    @jit(cached=False)
    def loop(z, slope, curvature, third):
        for i in range(z.size):
            z[i], slope[i], curvature[i], third[i] = body(z[i])

    return loop


def _by_code(make_loop):
    """Kernel (code, z, slope, curvature, third): one loop, of the activation with that code."""
    (identity, tanh, sigmoid, relu, leaky_relu, elu, softplus, gelu, sin) = (
        make_loop(jit(body, cached=False, inline=True)) for body in _BODIES.values()
    )

    def run(code, z, slope, curvature, third):
        if code == 0:
            identity(z, slope, curvature, third)
        elif code == 1:
            tanh(z, slope, curvature, third)
        elif code == 2:
            sigmoid(z, slope, curvature, third)
        elif code == 3:
            relu(z, slope, curvature, third)
        elif code == 4:
            leaky_relu(z, slope, curvature, third)
        elif code == 5:
            elu(z, slope, curvature, third)
        elif code == 6:
            softplus(z, slope, curvature, third)
        elif code == 7:
            gelu(z, slope, curvature, third)
        else:
            sin(z, slope, curvature, third)

    return separate(run, name=make_loop.__name__)


_run_values, _run_slopes, _run_curvatures, _run_thirds = map(
    _by_code, (_values, _slopes, _curvatures, _thirds)
)


@jit(cached=False)
def activate(code, z):
    """z ← φ(z)."""
    _run_values(code, z, z, z, z)


@jit(cached=False)
def activate_slope(code, z, slope):
    """z ← φ(z), slope ← φ′(z)."""
    _run_slopes(code, z, slope, slope, slope)


@jit(cached=False)
def activate_curvature(code, z, slope, curvature):
    """z ← φ(z), slope ← φ′(z), curvature ← φ″(z)."""
    _run_curvatures(code, z, slope, curvature, curvature)


@jit(cached=False)
def activate_third(code, z, slope, curvature, third):
    """z ← φ(z), and its first three derivatives."""
    _run_thirds(code, z, slope, curvature, third)
