"""The activations: value, first and second derivative of each, written once as scalar bodies.

`ACTIVATIONS` fixes the codes by which compiled code knows them. Kinks take the derivative from the
left at 0 for relu and leaky_relu and 1 for elu, as PyTorch does.
"""

import math

from numba import types
from numba.extending import overload

from .._compile import jit, separate
from .elementary import exp, expm1, tanh

LEAK = 0.01  # slope of leaky_relu below 0


def constant(like, value):
    raise NotImplementedError("compiled code only")


@overload(constant, jit_options={"forceinline": True})
def _constant(like, value):
    """A number in the type of `like`, so that float32 loops stay float32."""
    real = types.float32 if like == types.float32 else types.float64
    return lambda like, value: real(value)


def _identity(z):
    return z, constant(z, 1), constant(z, 0)


def _tanh(z):
    a = tanh(z)
    slope = constant(z, 1) - a * a
    return a, slope, constant(z, -2) * a * slope


def _sigmoid(z):
    e = exp(-abs(z))  # ≤ 1: neither tail overflows nor cancels
    small = e / (constant(z, 1) + e)
    large = constant(z, 1) / (constant(z, 1) + e)
    a, rest = (large, small) if z >= constant(z, 0) else (small, large)
    return a, a * rest, a * rest * (rest - a)


def _relu(z):
    on = z > constant(z, 0)
    a = z if on or z != z else constant(z, 0)
    return a, constant(z, 1) if on else constant(z, 0), constant(z, 0)


def _leaky_relu(z):
    slope = constant(z, 1) if z > constant(z, 0) else constant(z, LEAK)
    return slope * z, slope, constant(z, 0)


def _elu(z):
    below = z < constant(z, 0)
    e = expm1(z if below else constant(z, 0))
    a = e if below else z
    slope = e + constant(z, 1)
    return a, slope, slope if below else constant(z, 0)


def _softplus(z):
    e = exp(-abs(z))
    a = (z if z > constant(z, 0) else constant(z, 0)) + math.log1p(e)
    sigma, slope, _ = _sigmoid_values(z)
    return a, sigma, slope


def _gelu(z):
    density = exp(constant(z, -0.5) * z * z) * constant(z, 1 / math.sqrt(2 * math.pi))
    below = constant(z, 0.5) * math.erfc(-z * constant(z, math.sqrt(0.5)))
    return z * below, below + z * density, constant(z, 2) * density - (z * density) * z


def _sin(z):
    a = math.sin(z)
    return a, math.cos(z), -a


_sigmoid_values = jit(_sigmoid, cached=False, inline=True)

_BODIES = {
    "identity": _identity, "tanh": _tanh, "sigmoid": _sigmoid, "relu": _relu,
    "leaky_relu": _leaky_relu, "elu": _elu, "softplus": _softplus, "gelu": _gelu, "sin": _sin,
}
ACTIVATIONS = tuple(_BODIES)


def _values(body):
    @jit(cached=False)
    def loop(z, slope, curvature):
        for i in range(z.size):
            z[i] = body(z[i])[0]
    return loop


def _slopes(body):
    @jit(cached=False)
    def loop(z, slope, curvature):
        for i in range(z.size):
            z[i], slope[i], _ = body(z[i])
    return loop


def _curvatures(body):
    @jit(cached=False)
    def loop(z, slope, curvature):
        for i in range(z.size):
            z[i], slope[i], curvature[i] = body(z[i])
    return loop


def _by_code(make_loop):
    """Kernel (code, z, slope, curvature) that runs one loop of the activation with that code."""
    (identity, tanh, sigmoid, relu, leaky_relu, elu, softplus, gelu, sin) = (
        make_loop(jit(body, cached=False, inline=True)) for body in _BODIES.values())

    def run(code, z, slope, curvature):
        if code == 0:
            identity(z, slope, curvature)
        elif code == 1:
            tanh(z, slope, curvature)
        elif code == 2:
            sigmoid(z, slope, curvature)
        elif code == 3:
            relu(z, slope, curvature)
        elif code == 4:
            leaky_relu(z, slope, curvature)
        elif code == 5:
            elu(z, slope, curvature)
        elif code == 6:
            softplus(z, slope, curvature)
        elif code == 7:
            gelu(z, slope, curvature)
        else:
            sin(z, slope, curvature)

    return separate(run, name=make_loop.__name__)


_run_values, _run_slopes, _run_curvatures = map(_by_code, (_values, _slopes, _curvatures))


@jit(cached=False)
def activate(code, z):
    """z ← φ(z)."""
    _run_values(code, z, z, z)


@jit(cached=False)
def activate_slope(code, z, slope):
    """z ← φ(z), slope ← φ′(z)."""
    _run_slopes(code, z, slope, slope)


@jit(cached=False)
def activate_curvature(code, z, slope, curvature):
    """z ← φ(z), slope ← φ′(z), curvature ← φ″(z)."""
    _run_curvatures(code, z, slope, curvature)
