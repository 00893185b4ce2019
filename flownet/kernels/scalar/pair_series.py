"""Truncated Taylor series through one complex activation: f, ∂f/∂z and ∂f/∂z̄ along z(s).

With w = z/r, r² = zz̄ and v = 1/r, order by order from what is known by then:

    cardioid   f = ½z + ½z·Re w           ∂f = ½ + ½Re w + (i/4)Im w   ∂̄f = −(i/4)w²·Im w
    modReLU    f = z + b·w                ∂f = 1 + b/2r                ∂̄f = −(b/2r)w²
    |z|, |z|²  f = r, r²                  ∂f = w̄/2, z̄                  ∂̄f = w/2, z
    tanh       k·f_k = Σ j·z_j·p_{k−j},   ∂f = p = 1 − f²
    sin        likewise with p = cos z,   k·p_k = −Σ j·z_j·f_{k−j}
    Cayley     f = 1 − 2iw with w = 1/(z + i),   ∂f = 2iw²

The bias of modReLU may move too, b + s·b₁. A series lies in two rows of `S`, its real and its
imaginary parts. Everything is done in double precision, one unit after another.
"""

import math

from .elementary import scale_of
from .pair import ABS, ABS2, CARDIOID, CAYLEY, MODRELU, SIN, TANH, ZRELU, sin, tanh

Z, F, P, Q, W, W2 = range(0, 12, 2)
R, V = 12, 13
ROWS = 14


def get(S, row, k):
    """Coefficient k of a complex series."""
    return complex(float(S[row, k]), float(S[row + 1, k]))


def put(S, row, k, value):
    """Set it."""
    S[row, k] = value.real
    S[row + 1, k] = value.imag


def _times(S, a, b, k):
    """Coefficient k of the product of two series."""
    total = 0j
    for i in range(k + 1):
        total += get(S, a, i) * get(S, b, k - i)
    return total


def _grown(S, rate, k):
    """(1/k) Σ_{j=1..k} j·z_j·rate_{k−j}."""
    total = 0j
    for j in range(1, k + 1):
        total += j * get(S, Z, j) * get(S, rate, k - j)
    return total / k


def _squared(S, k):
    """Coefficient k of zz̄."""
    total = 0.0
    for i in range(k + 1):
        total += (get(S, Z, i) * get(S, Z, k - i).conjugate()).real
    return total


def _polar(S, k):
    """Coefficient k of r, 1/r, w = z/r and w²; all of them 0 at the origin."""
    norm2 = _squared(S, k)
    if k == 0:
        S[R, 0] = math.sqrt(norm2)
        S[V, 0] = 1 / S[R, 0] if S[R, 0] > 0 else 0.0
    else:
        for i in range(1, k):
            norm2 -= float(S[R, i]) * float(S[R, k - i])
        S[R, k] = norm2 * 0.5 * float(S[V, 0])
        total = 0.0
        for i in range(1, k + 1):
            total += float(S[R, i]) * float(S[V, k - i])
        S[V, k] = -float(S[V, 0]) * total
    w = 0j
    for i in range(k + 1):
        w += get(S, Z, i) * float(S[V, k - i])
    put(S, W, k, w)
    put(S, W2, k, _times(S, W, W, k))


def _cardioid(S, k):
    """f = ½z + ½z·Re w, ∂f = ½ + ½Re w + (i/4)Im w and ∂̄f = −(i/4)w²·Im w."""
    f, q = 0.5 * get(S, Z, k), 0j
    for i in range(k + 1):
        w = get(S, W, i)
        f += 0.5 * w.real * get(S, Z, k - i)
        q += w.imag * get(S, W2, k - i)
    w = get(S, W, k)
    put(S, F, k, f)
    put(S, P, k, complex((0.5 if k == 0 else 0.0) + 0.5 * w.real, 0.25 * w.imag))
    put(S, Q, k, -0.25j * q)


def _modrelu(S, b, b_1, k):
    """f = z + b·w, ∂f = 1 + b/2r and ∂̄f = −(b/2r)w² where r + b > 0, else 0."""
    on = float(S[R, 0]) + b > 0
    f = get(S, Z, k) + b * get(S, W, k) + (b_1 * get(S, W, k - 1) if k > 0 else 0j)
    q = 0j
    for i in range(k + 1):
        q += _half_bias(S, b, b_1, i) * get(S, W2, k - i)
    p = (1.0 if k == 0 else 0.0) + _half_bias(S, b, b_1, k)
    put(S, F, k, f if on else 0j)
    put(S, P, k, complex(p if on else 0.0, 0.0))
    put(S, Q, k, -q if on else 0j)
    if not on:
        put(S, W, k, 0j)  # which is ∂f/∂b


def _half_bias(S, b, b_1, k):
    """Coefficient k of b/2r."""
    return 0.5 * (b * float(S[V, k]) + (b_1 * float(S[V, k - 1]) if k > 0 else 0.0))


def _begin(S, both):
    """Order 0 of f and ∂f."""
    S[F, 0], S[F + 1, 0], S[P, 0], S[P + 1, 0] = both


def _tanh(S, k):
    """k·f_k = Σ j·z_j·p_{k−j} and p_k = −(f²)_k."""
    if k == 0:
        _begin(S, tanh(float(S[Z, 0]), float(S[Z + 1, 0])))
        return
    put(S, F, k, _grown(S, P, k))
    put(S, P, k, -_times(S, F, F, k))


def _sin(S, k):
    """k·f_k = Σ j·z_j·p_{k−j} and k·p_k = −Σ j·z_j·f_{k−j}."""
    if k == 0:
        _begin(S, sin(float(S[Z, 0]), float(S[Z + 1, 0])))
        return
    put(S, F, k, _grown(S, P, k))
    put(S, P, k, -_grown(S, F, k))


def _cayley(S, k):
    """f = 1 − 2iw and ∂f = 2iw² with (z + i)·w = 1."""
    if k == 0:
        put(S, W, 0, 1 / (get(S, Z, 0) + 1j))
    else:
        put(S, W, k, 0j)
        put(S, W, k, -get(S, W, 0) * _times(S, Z, W, k))
    put(S, F, k, (1.0 if k == 0 else 0.0) - 2j * get(S, W, k))
    put(S, P, k, 2j * _times(S, W, W, k))


def _zrelu(S, k):
    """f = z and ∂f = 1 in the first quadrant, else 0."""
    on = S[Z, 0] > 0 and S[Z + 1, 0] > 0
    put(S, F, k, get(S, Z, k) if on else 0j)
    put(S, P, k, complex(1.0 if on and k == 0 else 0.0, 0.0))


def _scaled(S, row, scale, orders):
    """Multiply a complex series by a power of two."""
    for k in range(orders):
        S[row, k] *= scale
        S[row + 1, k] *= scale


def _turning(code, S, b, b_1, orders):
    """The activations made of r and w; where |z₀|² would overflow or vanish, of 2ⁿz and 2ⁿb."""
    scale, back = scale_of(float(S[Z, 0]), float(S[Z + 1, 0]))
    _scaled(S, Z, scale, orders)
    for k in range(orders):
        _polar(S, k)
        if code == CARDIOID:
            _cardioid(S, k)
        elif code == ABS:
            put(S, F, k, complex(float(S[R, k]), 0.0))
            put(S, P, k, 0.5 * get(S, W, k).conjugate())
            put(S, Q, k, 0.5 * get(S, W, k))
    if code == MODRELU:  # when w is known to all orders, since it is changed
        for k in range(orders - 1, -1, -1):
            _modrelu(S, b * scale, b_1 * scale, k)
    _scaled(S, Z, back, orders)
    _scaled(S, F, back, orders)


def _square(S, k):
    """f_k = Σ z_i·z̄_{k−i}, ∂f = z̄ and ∂̄f = z."""
    put(S, F, k, complex(_squared(S, k), 0.0))
    put(S, P, k, get(S, Z, k).conjugate())
    put(S, Q, k, get(S, Z, k))


def pair_series(code, S, b, b_1, orders):
    """Fill the series of f, ∂f/∂z and ∂f/∂z̄ (F, P, Q) from that of z; W is ∂f/∂b of modReLU."""
    for k in range(orders):
        put(S, Q, k, 0j)
        if code == TANH:
            _tanh(S, k)
        elif code == SIN:
            _sin(S, k)
        elif code == CAYLEY:
            _cayley(S, k)
        elif code == ZRELU:
            _zrelu(S, k)
        elif code == ABS2:
            _square(S, k)
    if code in (CARDIOID, MODRELU, ABS):
        _turning(code, S, b, b_1, orders)
