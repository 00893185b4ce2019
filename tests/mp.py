"""The witness in a hundred digits: Taylor coefficients of any function of s by Cauchy's integral.

    c_k = (1/N rᵏ) Σ_j f(r ωʲ) ω^{−jk},  ω = e^{2πi/N}

On N > K points the next coefficient folded onto c_k is c_{k+N} rᴺ. With rᴺ = 1e-60 and a hundred
digits that and rounding stay below 1e-30, wherever coefficients grow by less than a factor 1000 an
order. Nothing here knows a Taylor recurrence or a derivative: only the definitions of network and
loss at complex parameters (a kinked activation takes the side of the real part).
"""

from types import SimpleNamespace

import mpmath
import numpy as np
from mpmath import mp, mpf

DIGITS = 100
FOLDED = 60  # digits of rᴺ

PHI = {  # the definitions, at any complex number
    "identity": lambda z: z,
    "tanh": mpmath.tanh,
    "sigmoid": lambda z: 1 / (1 + mpmath.exp(-z)),
    "relu": lambda z: z if z.real > 0 else mpf(0),
    "leaky_relu": lambda z: z if z.real > 0 else mpf(0.01) * z,  # the double next to 1/100
    "elu": lambda z: z if z.real >= 0 else mpmath.exp(z) - 1,
    "softplus": lambda z: mpmath.log(1 + mpmath.exp(z)),
    "gelu": lambda z: z * mpmath.erfc(-z / mpmath.sqrt(2)) / 2,
    "sin": mpmath.sin,
}


def exact(array):
    """The same numbers as nested lists of mpf."""
    return [exact(row) for row in array] if np.ndim(array) else mpf(float(array))


def cauchy(f, order):
    """Coefficients (order+1, n) of f(s) = [n numbers], real for real s: half a circle is enough."""
    N = order + 2 + order % 2  # even: the circle meets the real line on both sides
    r = mpf(10) ** (-FOLDED // N)
    values = [f(r), *(f(r * mpmath.expjpi(mpf(2 * j) / N)) for j in range(1, N // 2)), f(-r)]

    rounding = [max(map(abs, v)) * mpf(10) ** (5 - mp.dps) for v in zip(*values)]

    def coefficient(k, n):
        inner = sum(
            2 * (values[j][n] * mpmath.expjpi(mpf(-2 * j * k) / N)).real for j in range(1, N // 2)
        )
        total = inner + values[0][n].real + (-1) ** k * values[-1][n].real
        return total / (N * r**k) if abs(total) > rounding[n] else mpf(0)

    return [[coefficient(k, n) for n in range(len(values[0]))] for k in range(order + 1)]


def outputs(case, W):
    """Ŷ (m, n_out) of the case's network at parameters W, real or complex."""
    rows = exact(case["arrays"]["x"])
    at = 0
    names = [*case["activations"], case["output"]]
    for n_in, n_out, name in zip(case["sizes"], case["sizes"][1:], names):
        weights = [W[at + i * n_in : at + (i + 1) * n_in] for i in range(n_out)]
        at += n_in * n_out
        bias = W[at : at + n_out] if case["bias"] else [mpf(0)] * n_out
        at += n_out if case["bias"] else 0
        rows = [[PHI[name](mpmath.fdot(w, a) + b) for w, b in zip(weights, bias)] for a in rows]
    return rows


def mixed(case, rows):
    """Γ·rows·γ, each metric symmetrised; rows (m, n_out)."""
    for name, transposed in (("Gamma", False), ("gamma", True)):
        if name in case["arrays"]:
            metric = exact(case["arrays"][name])
            rows = list(zip(*rows)) if transposed else rows
            rows = (
                [[g * v for v in row] for g, row in zip(metric, rows)]
                if np.ndim(case["arrays"][name]) == 1
                else [
                    [
                        sum(
                            (metric[i][j] + metric[j][i]) / 2 * rows[j][n] for j in range(len(rows))
                        )
                        for n in range(len(rows[0]))
                    ]
                    for i in range(len(rows))
                ]
            )
            rows = list(zip(*rows)) if transposed else rows
    return rows


def losses(case, y_hat):
    """Each sample's share of L, whose mean is L: ½ e·(Γeγ), or −q log P̂ with q = ΓPγ (TM 27-32)."""
    y = exact(case["arrays"]["y"])
    if case["loss"] == "quadratic":
        e = [[a - b for a, b in zip(*rows)] for rows in zip(y_hat, y)]
        return [sum(a * b for a, b in zip(*rows)) / 2 for rows in zip(e, mixed(case, e))]
    kT, shares = mpf(case["temperature"]), []
    for row, q in zip(y_hat, mixed(case, y)):
        log_Z = mpmath.log(sum(mpmath.exp(v / kT) for v in row))
        shares.append(sum(w * (log_Z - v / kT) for w, v in zip(q, row)))
    return shares


def _answer(coefficients):
    """`jet` (K+1,), `samples` (m, K+1), and `scale` (K+1,): mean size of the samples' shares."""
    m = len(coefficients[0])
    return SimpleNamespace(
        jet=np.array([float(sum(c) / m) for c in coefficients]),
        scale=np.array([float(sum(map(abs, c)) / m) for c in coefficients]),
        samples=np.array([[float(v) for v in c] for c in coefficients]).T,
    )


def jet(case, order):
    """Taylor coefficients of s ↦ L(W + sV), and of each sample's share."""
    with mp.workdps(DIGITS):
        W, V = exact(case["arrays"]["W"]), exact(case["arrays"]["V"])
        return _answer(
            cauchy(lambda s: losses(case, outputs(case, [w + s * v for w, v in zip(W, V)])), order)
        )


def changes(case, steps):
    """L(W + sV) − L(W) at each step s (n,), to the last digit of a double."""
    with mp.workdps(DIGITS):
        W, V, m = exact(case["arrays"]["W"]), exact(case["arrays"]["V"]), len(case["arrays"]["x"])

        def at(s):
            return sum(losses(case, outputs(case, [w + s * v for w, v in zip(W, V)]))) / m

        return np.array([float(at(s) - at(mpf(0))) for s in exact(steps)])


def linearized_jet(case, order):
    """The same along the straight line of outputs Ŷ + s·JV."""
    with mp.workdps(DIGITS):
        W, V, n = exact(case["arrays"]["W"]), exact(case["arrays"]["V"]), case["sizes"][-1]
        y_hat, y_dot = cauchy(
            lambda s: [v for row in outputs(case, [w + s * v for w, v in zip(W, V)]) for v in row],
            1,
        )
        line = lambda s: [a + s * b for a, b in zip(y_hat, y_dot)]  # noqa: E731
        return _answer(
            cauchy(
                lambda s: losses(case, [line(s)[i : i + n] for i in range(0, len(y_hat), n)]), order
            )
        )
