"""The activations of real units: value and first three derivatives of each.

Slopes are computed as such, eᶻ and 1/cosh² z, never as one plus a value near minus one: a saturated
unit keeps its covector. Kinks take the derivative from the left at 0 for relu and leaky_relu and 1
for elu, as PyTorch does.
"""

import math

from .elementary import cosine, exp, expm1_exp, sine, tanh_slope

LEAK = 0.01  # slope of leaky_relu below 0


def identity(z):
    """φ = z."""
    one, zero = type(z)(1), type(z)(0)
    return z, one, zero, zero


def tanh(z):
    """φ = tanh z: φ′ = 1/cosh² z, φ″ = −2φφ′, φ‴ = φ′(6φ² − 2)."""
    a, slope = tanh_slope(z)
    return a, slope, type(z)(-2) * a * slope, slope * (type(z)(6) * a * a - type(z)(2))


def sigmoid(z):
    """φ = 1/(1 + e^{−z}): φ′ = φ(1 − φ), φ″ = −φ′tanh(z/2), φ‴ = φ′(1 − 6φ′)."""
    one = type(z)(1)
    less, e = expm1_exp(-abs(z))  # e ≤ 1: neither tail overflows nor cancels
    small, large = e / (one + e), one / (one + e)
    a, rest = (large, small) if z >= type(z)(0) else (small, large)
    slope, t = a * rest, less * large  # t = −tanh |z/2|
    curvature = slope * (t if z >= type(z)(0) else -t)
    bend = (one + e * (e - type(z)(4))) * large * large  # 1 − 6φ′
    return a, slope, curvature, slope * bend


def relu(z):
    """φ = max(z, 0)."""
    one, zero = type(z)(1), type(z)(0)
    on = z > zero
    a = z if on or z != z else zero
    return a, one if on else zero, zero, zero


def leaky_relu(z):
    """φ = z above 0, z/100 below."""
    zero = type(z)(0)
    slope = type(z)(1) if z > zero else type(z)(LEAK)
    return slope * z, slope, zero, zero


def elu(z):
    """φ = z above 0, e^z − 1 below."""
    one, zero = type(z)(1), type(z)(0)
    below = z < zero
    value, power = expm1_exp(z if below else zero)
    curvature = power if below else zero
    return value if below else z, power if below else one, curvature, curvature


def softplus(z):
    """φ = log(1 + e^z), whose slope is the sigmoid."""
    zero = type(z)(0)
    a = (z if z > zero else zero) + type(z)(math.log1p(exp(-abs(z))))
    return (a, *sigmoid(z)[:3])


def gelu(z):
    """φ = zΦ(z): φ′ = Φ + zϕ, φ″ = (2 − z²)ϕ, φ‴ = (z² − 4)zϕ, with the normal density ϕ."""
    vanished = type(z)(40)  # ϕ, and Φ below −40, are 0 from here on
    low = -vanished if z < -vanished else z
    z = vanished if low > vanished else low
    density = exp(type(z)(-0.5) * z * z) * type(z)(1 / math.sqrt(2 * math.pi))
    below = type(z)(0.5) * type(z)(math.erfc(-z * type(z)(math.sqrt(0.5))))
    square = z * z
    curvature = (type(z)(2) - square) * density
    return low * below, below + z * density, curvature, (square - type(z)(4)) * (z * density)


def sin(z):
    """φ = sin z."""
    a, slope = sine(z), cosine(z)
    return a, slope, -a, -slope


#: by their codes, which are their places here
BODIES = (identity, tanh, sigmoid, relu, leaky_relu, elu, softplus, gelu, sin)
ACTIVATIONS = tuple(body.__name__ for body in BODIES)
