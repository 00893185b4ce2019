"""tanh, exp, cos and sin from + - * / alone, so that made data are the same bits on every machine.

A libm, or a vectorized one, is free to differ in the last bit; IEEE 754 arithmetic is not. Each
function is good to a few 1e-16, absolute.
"""

import numpy as np

_LOG2 = 0.6931471805599453
_TWO_PI = 6.283185307179586
# Beyond this tanh rounds to one.
_FLAT = 20.0


def tanh(z):
    """Hyperbolic tangent, 1 - 2 / (exp(2 |z|) + 1) with the sign of z."""
    return np.copysign(1 - 2 / (exp(2 * np.minimum(np.abs(z), _FLAT)) + 1), z)


def cos_sin_turns(u):
    """Cosine and sine of the angle 2 pi u; one turn is u = 1."""
    quarter = np.rint(4 * u)
    a = _TWO_PI * (u - 0.25 * quarter)  # |a| <= pi/4, and u itself is reduced exactly
    c, s = _series(-a * a, range(0, 20, 2)), a * _series(-a * a, range(1, 21, 2))
    cosines, sines = np.stack([c, -s, -c, s]), np.stack([s, c, -s, -c])
    which = quarter.astype(np.int64) % 4, np.arange(len(u))
    return cosines[which], sines[which]


def exp(z):
    """Exponential: 2**k exp(r) with |r| <= log(2) / 2."""
    k = np.rint(z / _LOG2)
    return np.ldexp(_series(z - k * _LOG2, range(15)), k.astype(np.int32))


def _series(x, orders):
    """Sum of x**i / (i-th order)!, by Horner's rule from the smallest term."""
    value = np.zeros_like(x)
    for term in reversed([1.0 / _factorial(order) for order in orders]):
        value = value * x + term
    return value


def _factorial(n):
    return 1 if n < 2 else n * _factorial(n - 1)
