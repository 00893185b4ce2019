"""Complex activations: value and pullback of each, on planes of real and imaginary parts.

A row holds the real parts of its units, then the imaginary ones. A cotangent comes back as

    G_z = G_f·conj(∂f/∂z) + conj(G_f)·∂f/∂z̄

and a holomorphic f has no second term. `slope` keeps what the pullback needs: ∂f/∂z of holomorphic
functions, z itself of others. Activations that act on both parts alike ("split") are real ones.
"""

import math

from ...._compile import jit, separate
from ..base.elementary import exp, expm1
from .activation import ACTIVATIONS, constant

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


@jit(cached=False, inline=True)
def phase(x, y):
    """|z|, cos θ and sin θ; 0 at the origin."""
    r = math.sqrt(x * x + y * y)
    away = r > constant(x, 0)
    inverse = constant(x, 1) / (r if away else constant(x, 1))
    return r, x * inverse, y * inverse


def _modrelu(x, y, b):
    """(r + b)₊·e^{iθ}."""
    r, c, s = phase(x, y)
    height = r + b
    height = height if height > constant(x, 0) or height != height else constant(x, 0)
    return height * c, height * s


def _pull_modrelu(x, y, b, gx, gy):
    r, c, s = phase(x, y)
    along, across = gx * c + gy * s, gy * c - gx * s
    on = r + b > constant(x, 0)
    turned = across * (constant(x, 1) + b / (r if r > constant(x, 0) else constant(x, 1)))
    return (
        along * c - turned * s if on else constant(x, 0),
        along * s + turned * c if on else constant(x, 0),
        along if on else constant(x, 0),
    )


def _zrelu(x, y):
    """z in the first quadrant, else 0."""
    on = (x > constant(x, 0) and y > constant(x, 0)) or x != x or y != y
    return (x, y) if on else (constant(x, 0), constant(x, 0))


def _pull_zrelu(x, y, gx, gy):
    on = x > constant(x, 0) and y > constant(x, 0)
    zero = constant(x, 0)
    return gx if on else zero, gy if on else zero


def _cardioid(x, y):
    """½(1 + cos θ)·z."""
    _, c, _ = phase(x, y)
    factor = constant(x, 0.5) + constant(x, 0.5) * c
    return factor * x, factor * y


def _pull_cardioid(x, y, gx, gy):
    _, c, s = phase(x, y)
    half, quarter = constant(x, 0.5), constant(x, 0.25)
    p, p_i = half + half * c, quarter * s
    q, q_i = half * c * s * s, -quarter * s * (c * c - s * s)
    return gx * (p + q) + gy * (p_i + q_i), gy * (p - q) + gx * (q_i - p_i)


def _abs(x, y):
    """|z|."""
    return phase(x, y)[0], constant(x, 0)


def _pull_abs(x, y, gx, gy):
    _, c, s = phase(x, y)
    return gx * c, gx * s


def _abs2(x, y):
    """|z|²."""
    return x * x + y * y, constant(x, 0)


def _pull_abs2(x, y, gx, gy):
    twice = gx + gx
    return twice * x, twice * y


def _tanh(x, y):
    """tanh z and 1/cosh² z, both over e^{|x|}."""
    one = constant(x, 1)
    below, e2 = -expm1(constant(x, -2) * abs(x)), exp(constant(x, -2) * abs(x))
    above, side = one + e2, math.copysign(below, x)
    c, s = math.cos(y), math.sin(y)
    m, k, a, b = above * c, side * s, side * c, above * s  # cosh, sinh times 2e^{−|x|}
    norm = one / (m * m + k * k)
    scale = constant(x, 4) * e2 * norm * norm
    return (
        (a * m + b * k) * norm,
        (b * m - a * k) * norm,
        scale * (m * m - k * k),
        constant(x, -2) * scale * m * k,
    )


def _sin(x, y):
    """sin z and cos z."""
    half, one = constant(x, 0.5), constant(x, 1)
    grown = expm1(abs(y))
    sinh = math.copysign(half * (grown + grown / (grown + one)), y)
    cosh = half * (grown + one + one / (grown + one))
    s, c = math.sin(x), math.cos(x)
    return s * cosh, c * sinh, c * cosh, -s * sinh


def _cayley(x, y):
    """(z − i)/(z + i) = 1 − 2iw and 2iw², with w = 1/(z + i)."""
    one, two = constant(x, 1), constant(x, 2)
    up = y + one
    norm = one / (x * x + up * up)
    w, w_i = x * norm, -up * norm
    return one + two * w_i, -two * w, constant(x, -4) * w * w_i, two * (w * w - w_i * w_i)


def _kept(body):
    body = jit(body, cached=False, inline=True)

    @jit(cached=False)
    def loop(x, y, kept_x, kept_y):
        for j in range(x.size):
            kept_x[j], kept_y[j] = x[j], y[j]
            x[j], y[j] = body(x[j], y[j])

    return loop


def _holomorphic(body):
    body = jit(body, cached=False, inline=True)

    @jit(cached=False)
    def loop(x, y, p, p_i):
        for j in range(x.size):
            x[j], y[j], p[j], p_i[j] = body(x[j], y[j])

    return loop


def _pulled(body):
    body = jit(body, cached=False, inline=True)

    @jit(cached=False)
    def loop(x, y, gx, gy):
        for j in range(x.size):
            x[j], y[j] = body(x[j], y[j], gx[j], gy[j])

    return loop


_zrelu_kept, _cardioid_kept, _abs_kept, _abs2_kept = map(_kept, (_zrelu, _cardioid, _abs, _abs2))
_zrelu_pulled, _cardioid_pulled, _abs_pulled, _abs2_pulled = map(
    _pulled, (_pull_zrelu, _pull_cardioid, _pull_abs, _pull_abs2)
)
_tanh_kept, _sin_kept, _cayley_kept = map(_holomorphic, (_tanh, _sin, _cayley))
_modrelu_value, _modrelu_pull = (
    jit(body, cached=False, inline=True) for body in (_modrelu, _pull_modrelu)
)


@jit(cached=False)
def _modrelu_kept(x, y, b, kept_x, kept_y):
    for j in range(x.size):
        kept_x[j], kept_y[j] = x[j], y[j]
        x[j], y[j] = _modrelu_value(x[j], y[j], b[j])


@jit(cached=False)
def _modrelu_pulled(x, y, b, gx, gy, gate):
    for j in range(x.size):
        x[j], y[j], gate[j] = _modrelu_pull(x[j], y[j], b[j], gx[j], gy[j])


@jit(cached=False)
def _holomorphic_pulled(p, p_i, gx, gy):
    for j in range(p.size):
        p[j], p_i[j] = gx[j] * p[j] + gy[j] * p_i[j], gy[j] * p[j] - gx[j] * p_i[j]


@separate
def activate_pairs(code, z, b, slope):
    """z (rows, 2n) ← f(z); slope ← what `pull_pairs` needs. b (n,): the bias of modReLU."""
    n = z.shape[1] // 2
    for s in range(z.shape[0]):
        x, y, p, p_i = z[s, :n], z[s, n:], slope[s, :n], slope[s, n:]
        if code == MODRELU:
            _modrelu_kept(x, y, b, p, p_i)
        elif code == ZRELU:
            _zrelu_kept(x, y, p, p_i)
        elif code == CARDIOID:
            _cardioid_kept(x, y, p, p_i)
        elif code == ABS:
            _abs_kept(x, y, p, p_i)
        elif code == ABS2:
            _abs2_kept(x, y, p, p_i)
        elif code == TANH:
            _tanh_kept(x, y, p, p_i)
        elif code == SIN:
            _sin_kept(x, y, p, p_i)
        else:
            _cayley_kept(x, y, p, p_i)


@separate
def pull_pairs(code, slope, b, g, gate):
    """slope (rows, 2n) ← G_z from G_f in g; of modReLU also ∂ℓ/∂b into the n first of each row."""
    n = slope.shape[1] // 2
    for s in range(slope.shape[0]):
        x, y, gx, gy = slope[s, :n], slope[s, n:], g[s, :n], g[s, n:]
        if code == MODRELU:
            _modrelu_pulled(x, y, b, gx, gy, gate[s, :n])
        elif code == ZRELU:
            _zrelu_pulled(x, y, gx, gy)
        elif code == CARDIOID:
            _cardioid_pulled(x, y, gx, gy)
        elif code == ABS:
            _abs_pulled(x, y, gx, gy)
        elif code == ABS2:
            _abs2_pulled(x, y, gx, gy)
        else:
            _holomorphic_pulled(x, y, gx, gy)
