"""∂²V/∂q² along a displacement of q, and what that adds to ∂V/∂W, of each kind of system.

Of one sample at one moment, that of which `slope` was asked last; the layout of W is that of
`slopes`.
"""

from ...._compile import compiled, part
from ...layout import OSCILLATORS
from ...scalar.elementary import tanh_slope
from .slopes import couple

_tanh_slope = compiled(tanh_slope)


@part
def _of_oscillators(W, d, q, v, out):
    for i in range(d):
        out[i] = (W[i] + 3 * W[d + i] * q[i] * q[i]) * v[i]
    couple(W, d, v, out)


@part
def _collect_oscillators(d, q, u, v, weight, g):
    at, drive = 2 * d, 2 * d + d * (d - 1) // 2
    for i in range(d):
        along = weight * float(q[i]) * float(v[i])
        g[i] += along
        g[d + i] += along * float(q[i]) * float(q[i])
        for j in range(i + 1, d):
            g[at] += weight * (float(q[i]) - float(q[j])) * (float(v[i]) - float(v[j]))
            at += 1
        for k in range(u.size):
            g[drive + i * u.size + k] -= weight * float(v[i]) * float(u[k])


@part
def _moved(W, d, n, v, j):
    """By how much the j-th neuron's z changes along v."""
    total = v.dtype.type(0)
    for i in range(d):
        total += W[d + n + j * d + i] * v[i]
    return total


@part
def _of_neurons(W, d, n, v, out, z):
    for i in range(d):
        out[i] = W[i] * v[i]
    for j in range(n):
        _, sech2 = _tanh_slope(z[j])
        bent = W[d + j] * sech2 * _moved(W, d, n, v, j)
        for i in range(d):
            out[i] += bent * W[d + n + j * d + i]


@part
def _collect_neurons(W, d, n, q, u, v, weight, g, z, t):
    weights, drive, bias = d + n, d + n + n * d, d + n + n * d + n * u.size
    for i in range(d):
        g[i] += weight * float(q[i]) * float(v[i])
    for j in range(n):
        _, sech2 = _tanh_slope(z[j])
        moved, strength = float(_moved(W, d, n, v, j)), weight * float(W[d + j])
        bent, pulled = strength * float(sech2) * moved, strength * float(t[j])
        g[d + j] += weight * float(t[j]) * moved
        for i in range(d):
            g[weights + j * d + i] += bent * float(q[i]) + pulled * float(v[i])
        for k in range(u.size):
            g[drive + j * u.size + k] += bent * float(u[k])
        g[bias + j] += bent


@part
def bend(moving, W, q, v, out, room):
    """out (d,) ← (∂²V/∂q²)·v; `room` as `slope` has left it."""
    d, n = moving.coordinates, moving.own
    if moving.code == OSCILLATORS:
        _of_oscillators(W, d, q, v, out)
    else:
        _of_neurons(W, d, n, v, out, room[d : d + n])


@part
def collect_along(moving, W, q, u, v, weight, g, room):
    """g ← g + weight·(∂_q ∂_W V)·v (D,)."""
    d, n = moving.coordinates, moving.own
    if moving.code == OSCILLATORS:
        _collect_oscillators(d, q, u, v, weight, g)
    else:
        _collect_neurons(W, d, n, q, u, v, weight, g, room[d : d + n], room[d + n :])
