"""Truncated Taylor series through the activations: coefficients of φ(z(s)) from those of z(s).

With u = φ′(z(s)), φ(z(s)) = Σ a_k s^k follows from a′ = u·z′, that is k·a_k = Σ_j j·z_j·u_{k−j};
every activation has a rule for u_k from what is known by then (Griewank & Walther, ch. 13):

    tanh, sigmoid   u is quadratic in a:  u_k = (∂u/∂a)·a_k − Σ_{0<i<k} a_i·a_{k−i}
    softplus        u = σ(z), whose own derivative obeys the sigmoid's rule
    sin             u = cos z:  k·u_k = −Σ j·z_j·a_{k−j}
    gelu            u = Φ + z·ϕ with the normal density ϕ:  k·ϕ_k = −Σ j·z_j·(zϕ)_{k−j}
    elu             u = a + 1 below 0;  identity, relu, leaky_relu: u is constant

Series are arrays (order+1, units).
"""

import math

from .activation import (
    ACTIVATIONS,
    elu,
    gelu,
    identity,
    leaky_relu,
    relu,
    sigmoid,
    sin,
    softplus,
    tanh,
)
from .elementary import exp, tanh as tanh_alone

(_IDENTITY, _TANH, _SIGMOID, _RELU, _LEAKY_RELU, _ELU, _SOFTPLUS, _GELU, _SIN) = range(
    len(ACTIVATIONS)
)


# ---- order 0 of a, u and of the two series p and q that the activation works with beside ---------


def straight(body):
    """Of activations whose u is constant along the series, or needs nothing beside."""

    def begin(z):
        a, u, _, _ = body(z)
        return a, u, type(z)(0), type(z)(0)

    return begin


def begin_tanh(z):
    """With p = ∂u/∂a."""
    a, u, _, _ = tanh(z)
    return a, u, type(z)(-2) * a, type(z)(0)


def begin_sigmoid(z):
    """With p = ∂u/∂a = 1 − 2σ, which would cancel."""
    a, u, _, _ = sigmoid(z)
    return a, u, -tanh_alone(type(z)(0.5) * z), type(z)(0)


def begin_elu(z):
    """With p = ∂u/∂a, 1 below 0."""
    a, u, _, _ = elu(z)
    return a, u, type(z)(1) if z < type(z)(0) else type(z)(0), type(z)(0)


def begin_softplus(z):
    """With p = u′ and q = ∂p/∂u = 1 − 2σ."""
    a, u, p, _ = softplus(z)
    return a, u, p, -tanh_alone(type(z)(0.5) * z)


def begin_gelu(z):
    """With p = ϕ, the normal density, and q = zϕ."""
    a, u, _, _ = gelu(z)
    p = exp(type(z)(-0.5) * z * z) * type(z)(1 / math.sqrt(2 * math.pi))
    return a, u, p, z * p


#: by the codes of activations
BEGINNINGS = (
    straight(identity),
    begin_tanh,
    begin_sigmoid,
    straight(relu),
    straight(leaky_relu),
    begin_elu,
    begin_softplus,
    begin_gelu,
    straight(sin),
)


# ---- order k from the orders below ---------------------------------------------------------------


def integral(out, z, u, k, n, sign):
    """out_k = ±(1/k) Σ_{j=1..k} j·z_j·u_{k−j}: the series that grows at the rate ±u·z′."""
    real = out.dtype.type
    last = real(sign)
    for i in range(n):
        out[k, i] = last * z[k, i] * u[0, i]
    for j in range(1, k - 1, 2):  # two at a time, which saves half of the loads and stores
        first, second = real(sign * j / k), real(sign * (j + 1) / k)
        for i in range(n):
            out[k, i] += first * z[j, i] * u[k - j, i] + second * z[j + 1, i] * u[k - j - 1, i]
    if k % 2 == 0:
        last = real(sign * (k - 1) / k)
        for i in range(n):
            out[k, i] += last * z[k - 1, i] * u[1, i]


def riccati(out, linear, a, k, n):
    """out_k = c·a_k − Σ_{0<i<k} a_i·a_{k−i}, the series of u = c₀ + c·a − a² around a_0."""
    for i in range(n):
        out[k, i] = linear[0, i] * a[k, i]
    for j in range(1, (k + 1) // 2):
        for i in range(n):
            out[k, i] -= a[j, i] * (a[k - j, i] + a[k - j, i])
    if k % 2 == 0:
        for i in range(n):
            out[k, i] -= a[k // 2, i] * a[k // 2, i]


def order(code, z, a, u, p, q, k, n):
    """Order k of a from k·a_k = Σ_j j·z_j·u_{k−j}, then of u, p and q by the rules above."""
    real = a.dtype.type
    if code in (_IDENTITY, _RELU, _LEAKY_RELU):
        for i in range(n):
            a[k, i] = u[0, i] * z[k, i]
        return
    integral(a, z, u, k, n, 1)
    if code in (_TANH, _SIGMOID):
        riccati(u, p, a, k, n)
    elif code == _ELU:
        for i in range(n):
            u[k, i] = p[0, i] * a[k, i]
    elif code == _SOFTPLUS:
        integral(u, z, p, k, n, 1)
        riccati(p, q, u, k, n)
    elif code == _SIN:
        integral(u, z, a, k, n, -1)
    elif code == _GELU:
        integral(p, z, q, k, n, -1)
        integral(u, z, p, k, n, 1)
        for i in range(n):
            q[k, i] = real(0)
        for j in range(k + 1):
            for i in range(n):
                q[k, i] += z[j, i] * p[k - j, i]
        for i in range(n):
            u[k, i] += q[k, i]
