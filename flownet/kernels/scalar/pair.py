"""The activations of complex units: value and pullback of each, on real and imaginary parts.

A cotangent comes back as

    G_z = G_f·conj(∂f/∂z) + conj(G_f)·∂f/∂z̄

and a holomorphic f has no second term: its body gives f and ∂f/∂z. Activations that act on both
parts alike ("split") are real ones.
"""

import math

from .activation import ACTIVATIONS
from .elementary import exp, expm1

PAIR = len(ACTIVATIONS)  # codes from here on act on pairs (real, imaginary)
(MODRELU, ZRELU, CARDIOID, ABS, ABS2, TANH, SIN, CAYLEY) = range(PAIR, PAIR + 8)

_SPLIT = {f"split_{name}": code for code, name in enumerate(ACTIVATIONS) if code}
#: codes of the activations of complex units, and of readouts from complex to real ones
COMPLEX_ACTIVATIONS = {
    "identity": 0,
    **_SPLIT,
    "modrelu": MODRELU,
    "zrelu": ZRELU,
    "cardioid": CARDIOID,
    "tanh": TANH,
    "sin": SIN,
    "cayley": CAYLEY,
}
READOUTS = {"real": 0, "abs": ABS, "abs2": ABS2}


def phase(x, y):
    """|z|, cos θ and sin θ; 0 at the origin."""
    r = type(x)(math.sqrt(x * x + y * y))
    away = r > type(x)(0)
    inverse = type(x)(1) / (r if away else type(x)(1))
    return r, x * inverse, y * inverse


def modrelu(x, y, b):
    """(r + b)₊·e^{iθ}."""
    r, c, s = phase(x, y)
    height = r + b
    height = height if height > type(x)(0) or height != height else type(x)(0)
    return height * c, height * s


def pull_modrelu(x, y, b, gx, gy):
    r, c, s = phase(x, y)
    along, across = gx * c + gy * s, gy * c - gx * s
    on = r + b > type(x)(0)
    turned = across * (type(x)(1) + b / (r if r > type(x)(0) else type(x)(1)))
    return (
        along * c - turned * s if on else type(x)(0),
        along * s + turned * c if on else type(x)(0),
        along if on else type(x)(0),
    )


def zrelu(x, y):
    """z in the first quadrant, else 0."""
    on = (x > type(x)(0) and y > type(x)(0)) or x != x or y != y
    return (x, y) if on else (type(x)(0), type(x)(0))


def pull_zrelu(x, y, gx, gy):
    on = x > type(x)(0) and y > type(x)(0)
    zero = type(x)(0)
    return gx if on else zero, gy if on else zero


def cardioid(x, y):
    """½(1 + cos θ)·z."""
    _, c, _ = phase(x, y)
    factor = type(x)(0.5) + type(x)(0.5) * c
    return factor * x, factor * y


def pull_cardioid(x, y, gx, gy):
    _, c, s = phase(x, y)
    half, quarter = type(x)(0.5), type(x)(0.25)
    p, p_i = half + half * c, quarter * s
    q, q_i = half * c * s * s, -quarter * s * (c * c - s * s)
    return gx * (p + q) + gy * (p_i + q_i), gy * (p - q) + gx * (q_i - p_i)


def modulus(x, y):
    """|z|."""
    return phase(x, y)[0], type(x)(0)


def pull_modulus(x, y, gx, gy):
    _, c, s = phase(x, y)
    return gx * c, gx * s


def square(x, y):
    """|z|²."""
    return x * x + y * y, type(x)(0)


def pull_square(x, y, gx, gy):
    twice = gx + gx
    return twice * x, twice * y


def tanh(x, y):
    """tanh z and 1/cosh² z, both over e^{|x|}."""
    one = type(x)(1)
    below, e2 = -expm1(type(x)(-2) * abs(x)), exp(type(x)(-2) * abs(x))
    above, side = one + e2, type(x)(math.copysign(below, x))
    c, s = type(x)(math.cos(y)), type(x)(math.sin(y))
    m, k, a, b = above * c, side * s, side * c, above * s  # cosh, sinh times 2e^{−|x|}
    norm = one / (m * m + k * k)
    scale = type(x)(4) * e2 * norm * norm
    return (
        (a * m + b * k) * norm,
        (b * m - a * k) * norm,
        scale * (m * m - k * k),
        type(x)(-2) * scale * m * k,
    )


def sin(x, y):
    """sin z and cos z."""
    half, one = type(x)(0.5), type(x)(1)
    grown = expm1(abs(y))
    sinh = type(x)(math.copysign(half * (grown + grown / (grown + one)), y))
    cosh = half * (grown + one + one / (grown + one))
    s, c = type(x)(math.sin(x)), type(x)(math.cos(x))
    return s * cosh, c * sinh, c * cosh, -s * sinh


def cayley(x, y):
    """(z − i)/(z + i) = 1 − 2iw and 2iw², with w = 1/(z + i)."""
    one, two = type(x)(1), type(x)(2)
    up = y + one
    norm = one / (x * x + up * up)
    w, w_i = x * norm, -up * norm
    return one + two * w_i, -two * w, type(x)(-4) * w * w_i, two * (w * w - w_i * w_i)
