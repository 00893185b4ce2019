"""Velocity Verlet there and back, sample by sample: p ← p − ½dt·∂V/∂q, q ← q + dt·p, and a kick.

The kicks at a moment between two steps are two halves, as they are at the ends, so that the way
back undoes the way there step by step.
"""

from ...._compile import jit, part
from .slopes import collect, slope


@part
def _kick(moving, orbit, W, u, y, n, q, p, room, nudge):
    """Half a kick at moment n, under V + nudge·ℓ."""
    slope(moving, W, q, u[n], room)
    half, k = p.dtype.type(orbit.dt / 2), orbit.observed
    for i in range(q.size):
        pull = room[i]
        if i < k and nudge != 0.0:
            stiff = p.dtype.type(nudge * orbit.gamma[n * k + i])
            pull += stiff * (q[i] - y[n * k + i])
        p[i] -= half * pull


@part
def _drift(orbit, q, p):
    for i in range(q.size):
        q[i] += q.dtype.type(orbit.dt) * p[i]


@part
def _share(orbit, n):
    """dt, half of it at the ends."""
    return orbit.dt / 2 if n == 0 or n == orbit.steps else orbit.dt


@part
def _cost(orbit, y, n, q):
    total, k = 0.0, orbit.observed
    for i in range(k):
        e = float(q[i]) - float(y[n * k + i])
        total += orbit.gamma[n * k + i] * e * e
    return _share(orbit, n) * total / 2


@jit
def orbits_forth(moving, orbit, W, u, y, q, p, room, losses):
    """Move q, p (m, d) to the end of their orbits; losses (m,) ← Σ w_n·dt·ℓ(q_n) of each."""
    for s in range(q.shape[0]):
        total = _cost(orbit, y[s], 0, q[s])
        for n in range(orbit.steps):
            _kick(moving, orbit, W, u[s], y[s], n, q[s], p[s], room, 0.0)
            _drift(orbit, q[s], p[s])
            _kick(moving, orbit, W, u[s], y[s], n + 1, q[s], p[s], room, 0.0)
            total += _cost(orbit, y[s], n + 1, q[s])
        losses[s] = total


@jit
def orbits_back(moving, orbit, W, u, y, q, p, room, nudge, weight, g):
    """Move q, p (m, d), turned round at the end, back under V + nudge·ℓ.

    g ← g + Σ weight·w_n·dt·∂V/∂W (D,) on the way.
    """
    last = orbit.steps
    for s in range(q.shape[0]):
        for n in range(last, 0, -1):
            collect(moving, W, q[s], u[s, n], weight[s] * _share(orbit, n), g, room)
            _kick(moving, orbit, W, u[s], y[s], n, q[s], p[s], room, nudge)
            _drift(orbit, q[s], p[s])
            _kick(moving, orbit, W, u[s], y[s], n - 1, q[s], p[s], room, nudge)
        collect(moving, W, q[s], u[s, 0], weight[s] * _share(orbit, 0), g, room)
