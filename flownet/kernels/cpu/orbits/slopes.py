"""∂V/∂q of one sample at one moment, and what it adds to ∂V/∂W, of each kind of system.

The layout of W is that of `Oscillators` and of `NeuralForce`.
"""

import math

from ...._compile import compiled, part
from ...layout import OSCILLATORS
from ...scalar.elementary import tanh_slope

_tanh_slope = compiled(tanh_slope)


@part
def couple(W, d, q, out):
    """out[i] ← out[i] + Σ_j J_ij·(q_i − q_j) of oscillators."""
    at = 2 * d
    for i in range(d):
        for j in range(i + 1, d):
            pull = W[at] * (q[i] - q[j])
            out[i] += pull
            out[j] -= pull
            at += 1


@part
def _of_oscillators(W, d, q, u, out):
    drive = 2 * d + d * (d - 1) // 2
    for i in range(d):
        out[i] = W[i] * q[i] + W[d + i] * q[i] * q[i] * q[i]
        for k in range(u.size):
            out[i] -= W[drive + i * u.size + k] * u[k]
    couple(W, d, q, out)


@part
def _collect_oscillators(d, q, u, weight, g):
    two, drive = 2 * d, 2 * d + d * (d - 1) // 2
    at = two
    for i in range(d):
        square = float(q[i]) * float(q[i])
        g[i] += weight * square / 2
        g[d + i] += weight * square * square / 4
        for j in range(i + 1, d):
            apart = float(q[i]) - float(q[j])
            g[at] += weight * apart * apart / 2
            at += 1
        for k in range(u.size):
            g[drive + i * u.size + k] -= weight * float(q[i]) * float(u[k])


@part
def _units(W, d, n, q, u, z):
    weights, drive, bias = d + n, d + n + n * d, d + n + n * d + n * u.size
    for j in range(n):
        total = W[bias + j]
        for i in range(d):
            total += W[weights + j * d + i] * q[i]
        for k in range(u.size):
            total += W[drive + j * u.size + k] * u[k]
        z[j] = total


@part
def _of_neurons(W, d, n, q, u, out, z, t):
    _units(W, d, n, q, u, z)
    for i in range(d):
        out[i] = W[i] * q[i]
    for j in range(n):
        t[j], _ = _tanh_slope(z[j])
        pulled = W[d + j] * t[j]
        for i in range(d):
            out[i] += pulled * W[d + n + j * d + i]


@part
def _collect_neurons(W, d, n, q, u, weight, g, z, t):
    weights, drive, bias = d + n, d + n + n * d, d + n + n * d + n * u.size
    for i in range(d):
        g[i] += weight * float(q[i]) * float(q[i]) / 2
    for j in range(n):
        size = abs(float(z[j]))
        g[d + j] += weight * (size + math.log1p(math.exp(-2 * size)) - math.log(2.0))
        pulled = weight * float(W[d + j]) * float(t[j])
        for i in range(d):
            g[weights + j * d + i] += pulled * float(q[i])
        for k in range(u.size):
            g[drive + j * u.size + k] += pulled * float(u[k])
        g[bias + j] += pulled


@part
def slope(moving, W, q, u, room):
    """room[:d] ← ∂V/∂q (d,) at q (d,) under u (n_in,); of neurons z and tanh z behind it."""
    d, n = moving.coordinates, moving.own
    if moving.code == OSCILLATORS:
        _of_oscillators(W, d, q, u, room)
    else:
        _of_neurons(W, d, n, q, u, room, room[d : d + n], room[d + n :])


@part
def collect(moving, W, q, u, weight, g, room):
    """g ← g + weight·∂V/∂W, at the moment of which `slope` was asked last."""
    d, n = moving.coordinates, moving.own
    if moving.code == OSCILLATORS:
        _collect_oscillators(d, q, u, weight, g)
    else:
        _collect_neurons(W, d, n, q, u, weight, g, room[d : d + n], room[d + n :])
