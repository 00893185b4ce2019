"""Truncated Taylor series through the activations: coefficients of φ(z(s)) from those of z(s).

With u = φ′(z(s)), φ(z(s)) = Σ a_k s^k follows from a′ = u·z′, that is k·a_k = Σ_j j·z_j·u_{k−j};
every activation has a rule for u_k from what is known by then (Griewank & Walther, ch. 13):

    tanh, sigmoid   u is quadratic in a:  u_k = (∂u/∂a)·a_k − Σ_{0<i<k} a_i·a_{k−i}
    softplus        u = σ(z), whose own derivative obeys the sigmoid's rule
    sin             u = cos z:  k·u_k = −Σ j·z_j·a_{k−j}
    gelu            u = Φ + z·ϕ with the normal density ϕ:  k·ϕ_k = −Σ j·z_j·(zϕ)_{k−j}
    elu             u = a + 1 below 0;  identity, relu, leaky_relu: u is constant

Loops run over blocks of units, whose series stay in the first-level cache.
"""

import math

from ...._compile import jit, separate
from ..base.elementary import exp, tanh
from ..base.plan import BLOCK
from ..base.pointwise import copy
from ..base.simd import view
from ..layers.activation import ACTIVATIONS, activate_curvature, activate_slope

(_IDENTITY, _TANH, _SIGMOID, _RELU, _LEAKY_RELU, _ELU, _SOFTPLUS, _GELU, _SIN) = range(
    len(ACTIVATIONS)
)


@jit(cached=False)
def _integral(out, z, u, k, n, sign):
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


@jit(cached=False)
def _riccati(out, linear, a, k, n):
    """out_k = c·a_k − Σ_{0<i<k} a_i·a_{k−i}, the series of u = c₀ + c·a − a² around a_0."""
    for i in range(n):
        out[k, i] = linear[0, i] * a[k, i]
    for j in range(1, (k + 1) // 2):
        for i in range(n):
            out[k, i] -= a[j, i] * (a[k - j, i] + a[k - j, i])
    if k % 2 == 0:
        for i in range(n):
            out[k, i] -= a[k // 2, i] * a[k // 2, i]


@jit(cached=False)
def _begin(code, z, a, u, p, q, n):
    """Order 0 of the series a = φ(z), u = φ′(z), and of what the activation needs beside."""
    real = a.dtype.type
    copy(a[0, :n], z[0, :n])
    activate_curvature(code, a[0, :n], u[0, :n], p[0, :n])
    if code == _TANH:
        for i in range(n):  # 1 − a² cancels where tanh saturates, and with it every order
            e = exp(real(-2) * abs(z[0, i]))
            d = real(1) + e
            u[0, i] = real(4) * e / (d * d)
            p[0, i] = real(-2) * a[0, i]
    elif code == _SIGMOID:
        for i in range(n):
            p[0, i] = -tanh(real(0.5) * z[0, i])  # 1 − 2σ
    elif code == _SOFTPLUS:
        for i in range(n):
            q[0, i] = -tanh(real(0.5) * z[0, i])
    elif code == _ELU:
        for i in range(n):
            p[0, i] = real(1) if z[0, i] < real(0) else real(0)
    elif code == _GELU:
        for i in range(n):
            p[0, i] = exp(real(-0.5) * z[0, i] * z[0, i]) * real(1 / math.sqrt(2 * math.pi))
            q[0, i] = z[0, i] * p[0, i]


@jit(cached=False)
def _order(code, z, a, u, p, q, k, n):
    """Order k of the same series."""
    real = a.dtype.type
    if code == _IDENTITY or code == _RELU or code == _LEAKY_RELU:
        for i in range(n):
            a[k, i] = u[0, i] * z[k, i]
        return
    _integral(a, z, u, k, n, 1)
    if code == _TANH or code == _SIGMOID:
        _riccati(u, p, a, k, n)
    elif code == _ELU:
        for i in range(n):
            u[k, i] = p[0, i] * a[k, i]
    elif code == _SOFTPLUS:
        _integral(u, z, p, k, n, 1)
        _riccati(p, q, u, k, n)
    elif code == _SIN:
        _integral(u, z, a, k, n, -1)
    elif code == _GELU:
        _integral(p, z, q, k, n, -1)
        _integral(u, z, p, k, n, 1)
        for i in range(n):
            q[k, i] = real(0)
        for j in range(k + 1):
            for i in range(n):
                q[k, i] += z[j, i] * p[k - j, i]
        for i in range(n):
            u[k, i] += q[k, i]


@jit(cached=False)
def _first_order(code, z, z_1, slope):
    """z ← φ(z), z_1 ← φ′(z)·z_1."""
    for first in range(0, z.size, BLOCK):
        n = min(BLOCK, z.size - first)
        activate_slope(code, z[first : first + n], slope[:n])
        for i in range(n):
            z_1[first + i] *= slope[i]


@separate
def activate_series(code, z, scratch):
    """z ← φ(z) for series z (order+1, n) of n units; scratch: see `plan.SCRATCH`."""
    order = z.shape[0] - 1
    if order == 1:
        _first_order(code, z[0], z[1], scratch)
        return
    size = (order + 1) * BLOCK
    zs, a = view(scratch, 0, order + 1, BLOCK), view(scratch, size, order + 1, BLOCK)
    u, p = view(scratch, 2 * size, order + 1, BLOCK), view(scratch, 3 * size, order + 1, BLOCK)
    q = view(scratch, 4 * size, order + 1, BLOCK)
    for first in range(0, z.shape[1], BLOCK):
        n = min(BLOCK, z.shape[1] - first)
        for k in range(order + 1):
            copy(zs[k, :n], z[k, first : first + n])
        _begin(code, zs, a, u, p, q, n)
        for k in range(1, order + 1):
            _order(code, zs, a, u, p, q, k, n)
        for k in range(order + 1):
            copy(z[k, first : first + n], a[k, :n])
