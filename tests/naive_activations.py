"""Slow, obvious twins of the activations: value, three derivatives and Taylor series of φ.

Taylor coefficients sit on the leading axis: a series a is (K+1, ...), a(s) = Σ a[k] sᵏ.
"""

from math import pi, sqrt

import numpy as np
from scipy.special import erfc

ACTIVATIONS = (
    "identity",
    "tanh",
    "sigmoid",
    "relu",
    "leaky_relu",
    "elu",
    "softplus",
    "gelu",
    "sin",
)


def activation(name, z):
    """φ, φ′, φ″, φ‴ at z, each of z's shape; at a kink as PyTorch: elu right of 0, relu left."""
    zero, one = np.zeros_like(z), np.ones_like(z)
    decay = np.exp(-np.abs(z))  # never overflows, whatever the sign of z
    sigma = np.where(z >= 0, 1, decay) / (1 + decay)
    dsigma = decay / (1 + decay) ** 2
    if name == "identity":
        return z, one, zero, zero
    if name == "tanh":
        a, u = np.tanh(z), 4 * decay**2 / (1 + decay**2) ** 2  # u = 1 − a², kept exact far from 0
        return a, u, -2 * a * u, 2 * u * (3 * a**2 - 1)
    if name == "sigmoid":
        return sigma, dsigma, dsigma * (1 - 2 * sigma), dsigma * (1 - 6 * dsigma)
    if name == "relu":
        return np.where(z > 0, z, zero), np.where(z > 0, one, zero), zero, zero
    if name == "leaky_relu":
        slope = np.where(z > 0, one, 0.01)
        return slope * z, slope, zero, zero
    if name == "elu":
        e = np.exp(np.minimum(z, 0))
        bend = np.where(z < 0, e, zero)
        return np.where(z < 0, np.expm1(np.minimum(z, 0)), z), e, bend, bend
    if name == "softplus":
        return np.maximum(z, 0) + np.log1p(decay), sigma, dsigma, dsigma * (1 - 2 * sigma)
    if name == "gelu":
        Phi, density = erfc(-z / sqrt(2)) / 2, np.exp(-(z**2) / 2) / sqrt(2 * pi)
        return z * Phi, Phi + z * density, (2 - z**2) * density, (z**2 - 4) * z * density
    if name == "sin":
        return np.sin(z), np.cos(z), -np.sin(z), -np.cos(z)
    raise ValueError(f"unknown activation {name!r}")


def times(a, b):
    """Product of two series: c_k = Σ_j a_j b_{k−j}."""
    return np.array([sum(a[j] * b[k - j] for j in range(k + 1)) for k in range(len(a))])


def integrate(a0, z, slope):
    """Series of a(z(s)) with da/dz = u = slope(a): k a_k = Σ_{j=1..k} j z_j u_{k−j}, a_0 given."""
    a = [a0]
    for k in range(1, len(z)):
        u = slope(np.array(a))
        a.append(sum(j * z[j] * u[k - j] for j in range(1, k + 1)) / k)
    return np.array(a)


def series(name, z):
    """Series of φ(z(s)), each order by a recurrence, from the series z."""
    a0, slope = activation(name, z[0])[:2]
    if name == "identity":
        return z
    if name in ("relu", "leaky_relu"):
        return np.array([a0, *(slope * z[1:])])
    if name == "tanh":
        one = np.array([np.ones_like(a0), *np.zeros_like(z[1:])])
        return integrate(a0, z, lambda a: one[: len(a)] - times(a, a))
    if name == "sigmoid":
        return integrate(a0, z, lambda a: a - times(a, a))
    if name == "elu":
        e = integrate(np.exp(np.minimum(z[0], 0)), z, lambda a: a)
        return np.array([a0, *np.where(z[0] < 0, e[1:], z[1:])])
    if name == "softplus":
        sigma = series("sigmoid", z)
        return integrate(a0, z, lambda a: sigma[: len(a)])
    if name == "gelu":
        w = -times(z, z) / 2
        density = integrate(np.exp(w[0]), w, lambda a: a) / sqrt(2 * pi)
        return times(z, integrate(erfc(-z[0] / sqrt(2)) / 2, z, lambda a: density[: len(a)]))
    if name == "sin":
        return integrate(np.exp(1j * z[0]), z, lambda a: 1j * a).imag
    raise ValueError(name)
