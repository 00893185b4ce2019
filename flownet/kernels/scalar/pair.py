"""The activations of complex units: value and pullback of each, on real and imaginary parts.

A cotangent comes back as

    G_z = G_f·conj(∂f/∂z) + conj(G_f)·∂f/∂z̄

and a holomorphic f has no second term: its body gives f and ∂f/∂z. Activations that act on both
parts alike ("split") are real ones.
"""

import math

from .activation import ACTIVATIONS
from .elementary import cosine, expm1_exp, scale_of, sine

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
    scale, back = scale_of(x, y)
    x, y = x * scale, y * scale
    r = type(x)(math.sqrt(x * x + y * y))
    away = r > type(x)(0)
    inverse = type(x)(1) / (r if away else type(x)(1))
    return r * back, x * inverse, y * inverse


def modrelu(x, y, b):
    """f = (r + b)₊·e^{iθ}."""
    r, c, s = phase(x, y)
    height = r + b
    height = height if height > type(x)(0) or height != height else type(x)(0)
    return height * c, height * s


def pull_modrelu(x, y, b, gx, gy):
    """G_z = G_f + i(b/r)·t·e^{iθ} and G_b = a, with (a + it)·e^{iθ} = G_f; where r + b, r > 0."""
    r, c, s = phase(x, y)
    zero = type(x)(0)
    away = r > zero
    on = away and r + b > zero
    turned = (gy * c - gx * s) * (b / (r if away else type(x)(1)))
    return (
        gx - turned * s if on else zero,
        gy + turned * c if on else zero,
        gx * c + gy * s if on else zero,
    )


def zrelu(x, y):
    """f = z in the first quadrant, else 0."""
    on = (x > type(x)(0) and y > type(x)(0)) or x != x or y != y
    return (x, y) if on else (type(x)(0), type(x)(0))


def pull_zrelu(x, y, gx, gy):
    """G_z = G_f in the first quadrant, else 0."""
    on = x > type(x)(0) and y > type(x)(0)
    zero = type(x)(0)
    return gx if on else zero, gy if on else zero


def cardioid_factor(c, s):
    """½(1 + cos θ), which is ½ sin² θ/(1 − cos θ): the sum would cancel where z is near −|z|."""
    far = type(c)(1) + abs(c)
    return type(c)(0.5) * (far if c >= type(c)(0) else s * s / far)


def cardioid(x, y):
    """f = ½(1 + cos θ)·z."""
    _, c, s = phase(x, y)
    factor = cardioid_factor(c, s)
    return factor * x, factor * y


def pull_cardioid(x, y, gx, gy):
    """G_z = ½(1 + c + cs²)·G_x + ½s³·G_y + i(½(1 + c − cs²)·G_y − ½c²s·G_x), c + is = e^{iθ}."""
    _, c, s = phase(x, y)
    factor, half = cardioid_factor(c, s), type(x)(0.5) * s
    side = half * c * s
    return (gx * (factor + side) + gy * (half * s * s), gy * (factor - side) - gx * (half * c * c))


def modulus(x, y):
    """f = |z|."""
    return phase(x, y)[0], type(x)(0)


def pull_modulus(x, y, gx, gy):
    """G_z = Re G_f·e^{iθ}."""
    _, c, s = phase(x, y)
    return gx * c, gx * s


def square(x, y):
    """f = |z|²."""
    return x * x + y * y, type(x)(0)


def pull_square(x, y, gx, gy):
    """G_z = 2·Re G_f·z."""
    twice = gx + gx
    return twice * x, twice * y


def tanh(x, y):
    """f = tanh z = (½ sinh 2x + i sin y cos y)/|cosh z|² and ∂f = 1/cosh² z, both over e^{|x|}."""
    one, four = type(x)(1), type(x)(4)
    less, e2 = expm1_exp(type(x)(-2) * abs(x))
    above, side = one + e2, type(x)(math.copysign(-less, x))
    c, s = cosine(y), sine(y)
    m, k = above * c, side * s  # cosh z = ½e^{|x|}(m + ik)
    norm = one / (m * m + k * k)
    scale = four * e2 * norm * norm
    return (
        (side * c * m + above * s * k) * norm,
        four * e2 * s * c * norm,
        scale * (m * m - k * k),
        type(x)(-2) * scale * m * k,
    )


def sin(x, y):
    """f = sin z = sin x cosh y + i cos x sinh y and ∂f = cos z = cos x cosh y − i sin x sinh y."""
    half, one = type(x)(0.5), type(x)(1)
    less, grown = expm1_exp(abs(y))
    share = less / grown if less < grown else one  # also where both are infinite
    sinh = type(x)(math.copysign(half * (less + share), y))
    cosh = half * (grown + one / grown)
    s, c = sine(x), cosine(x)
    return s * cosh, c * sinh, c * cosh, -s * sinh


def cayley(x, y):
    """f = (z − i)/(z + i) = 1 − 2iw and ∂f = 2iw², with w = 1/(z + i)."""
    one, two = type(x)(1), type(x)(2)
    up = y + one
    scale, _ = scale_of(x, up)
    x, up = x * scale, up * scale
    norm = one / (x * x + up * up)
    w, w_i = x * norm * scale, -up * norm * scale
    return one + two * w_i, -two * w, type(x)(-4) * w * w_i, two * (w * w - w_i * w_i)
