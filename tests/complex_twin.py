"""A complex network written as a real one of pairs (x, y), in a hundred digits, and polarised jets.

Only real arithmetic on x and y, so that s ↦ L(u + sv) may be followed to complex s (`mp.cauchy`).
A kinked activation takes the side of the real part.
"""

import mp as digits
import mpmath
import numpy as np
from mpmath import mp, mpf


def _r(x, y):
    return mpmath.sqrt(x * x + y * y)


def _cardioid(x, y, b):
    factor = (1 + x / _r(x, y)) / 2
    return factor * x, factor * y


def _modrelu(x, y, b):
    r = _r(x, y)
    height = r + b if (r + b).real > 0 else mpf(0)
    return height * x / r, height * y / r


def _zrelu(x, y, b):
    return (x, y) if x.real > 0 and y.real > 0 else (mpf(0), mpf(0))


def _tanh(x, y, b):
    below = mpmath.cosh(2 * x) + mpmath.cos(2 * y)
    return mpmath.sinh(2 * x) / below, mpmath.sin(2 * y) / below


def _sin(x, y, b):
    return mpmath.sin(x) * mpmath.cosh(y), mpmath.cos(x) * mpmath.sinh(y)


def _cayley(x, y, b):
    below = x * x + (y + 1) * (y + 1)
    return (x * x + y * y - 1) / below, -2 * x / below


PAIRS = {
    "identity": lambda x, y, b: (x, y),
    "split_tanh": lambda x, y, b: (mpmath.tanh(x), mpmath.tanh(y)),
    "split_relu": lambda x, y, b: tuple(v if v.real > 0 else mpf(0) for v in (x, y)),
    "cardioid": _cardioid,
    "modrelu": _modrelu,
    "zrelu": _zrelu,
    "tanh": _tanh,
    "sin": _sin,
    "cayley": _cayley,
    "real": lambda x, y, b: (x, None),
    "abs": lambda x, y, b: (_r(x, y), None),
    "abs2": lambda x, y, b: (x * x + y * y, None),
}


def _layer(parts, rows, name):
    """One layer's units as pairs, from pairs; `parts` are nested lists of pairs."""
    weights, conjugate, bias, gate = parts
    out = []
    for row in rows:
        units = []
        for k, w in enumerate(weights):
            x, y = bias[k] if bias else (mpf(0), mpf(0))
            for (a, b), (p, q) in zip(w, row):  # (a + ib)(p + iq)
                x, y = x + a * p - b * q, y + a * q + b * p
            for (c, d), (p, q) in zip(conjugate[k] if conjugate else (), row):  # (c + id)(p − iq)
                x, y = x + c * p + d * q, y + d * p - c * q
            units.append(PAIRS[name](x, y, gate[k][0] if gate else mpf(0)))
        out.append(units)
    return out


def _parts(network, u):
    """Layers of pairs of the reals u, in the order (re, im) of the network's own layout."""
    index = np.arange(network.size)
    pairs = list(zip(u[0::2], u[1::2]))
    for layer in network.parts(index):
        yield [
            None
            if part is None
            else [
                [pairs[i] for i in row] if part.ndim == 2 else pairs[row] for row in part.tolist()
            ]
            for part in layer
        ]


def _losses(network, loss, y_hat, y):
    """Each sample's share: ½|e|², or −q log P̂."""
    if loss == "quadratic":
        return [
            sum(
                (a - c) ** 2 + (0 if b is None else (b - d) ** 2)
                for (a, b), (c, d) in zip(row, truth)
            )
            / 2
            for row, truth in zip(y_hat, y)
        ]
    return [
        sum(
            q * (mpmath.log(sum(mpmath.exp(a) for a, _ in row)) - a)
            for (a, _), (q, _) in zip(row, truth)
        )
        for row, truth in zip(y_hat, y)
    ]


def _pairs(rows):
    return [[(mpf(v.real), mpf(v.imag)) for v in row] for row in np.asarray(rows, complex).tolist()]


def jet(network, loss, data, u, v, order=3):
    """Taylor coefficients (order+1,) of the mean loss along u + sv, reals (2D,) as mpf."""
    x, y = _pairs(data.x), _pairs(data.y)

    def at(s):
        rows = x
        moved = [a + s * b for a, b in zip(u, v)]
        for parts, name in zip(_parts(network, moved), (*network.activation, network.output)):
            rows = _layer(parts, rows, name)
        return [sum(_losses(network, loss, rows, y)) / len(x)]

    return [c[0] for c in digits.cauchy(at, order)]


def derivatives(network, loss, data, W, V):
    """c (4,), and dL, HV, T[V,V], H_ii, Σ_k T_iik V_k, T_iii as reals (2D,)."""
    with mp.workdps(digits.DIGITS):
        u, v = (digits.exact(np.ascontiguousarray(part).view(float)) for part in (W, V))
        c, found = jet(network, loss, data, u, v), []
        for i in range(len(u)):
            unit = [mpf(int(i == j)) for j in range(len(u))]
            own, plus, minus = (
                jet(network, loss, data, u, d)
                for d in (unit, [a + b for a, b in zip(v, unit)], [a - b for a, b in zip(v, unit)])
            )
            odd, even = (plus[3] - minus[3]) / 2, (plus[3] + minus[3]) / 2
            found.append(
                [
                    own[1],
                    (plus[2] - minus[2]) / 2,
                    2 * (odd - own[3]),
                    2 * own[2],
                    2 * (even - c[3]),
                    6 * own[3],
                ]
            )
        return (
            np.array([float(k) for k in c]),
            *np.array([[float(k) for k in row] for row in found]).T,
        )
