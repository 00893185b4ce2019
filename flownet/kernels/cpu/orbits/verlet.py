"""Velocity Verlet there and back, sample by sample: p ← p − ½dt·∂V/∂q, q ← q + dt·p, and a kick.

The kick at a moment between two steps is two halves, of one slope, so that the way back undoes the
way there step by step.
"""

from ...._compile import jit, part
from .bends import bend, collect_along
from .slopes import collect, slope


@part
def _pull(moving, orbit, W, u, y, n, q, room, nudge):
    """room[:d] ← ∂(V + nudge·ℓ)/∂q at moment n."""
    slope(moving, W, q, u[n], room)
    k = orbit.observed
    if nudge != 0.0:
        for i in range(k):
            stiff = q.dtype.type(nudge * orbit.gamma[n * k + i])
            room[i] += stiff * (q[i] - y[n * k + i])


@part
def _kick(orbit, p, room):
    """Half a kick."""
    half = p.dtype.type(orbit.dt / 2)
    for i in range(p.size):
        p[i] -= half * room[i]


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
        _pull(moving, orbit, W, u[s], y[s], 0, q[s], room, 0.0)
        for n in range(orbit.steps):
            _kick(orbit, p[s], room)
            _drift(orbit, q[s], p[s])
            _pull(moving, orbit, W, u[s], y[s], n + 1, q[s], room, 0.0)
            _kick(orbit, p[s], room)
            total += _cost(orbit, y[s], n + 1, q[s])
        losses[s] = total


@jit
def orbits_back(moving, orbit, W, u, y, q, p, room, nudge, weight, g):
    """Move q, p (m, d), turned round at the end, back under V + nudge·ℓ.

    g ← g + Σ weight·w_n·dt·∂V/∂W (D,) on the way.
    """
    last = orbit.steps
    for s in range(q.shape[0]):
        for n in range(last, -1, -1):
            _pull(moving, orbit, W, u[s], y[s], n, q[s], room, nudge)
            if n < last:
                _kick(orbit, p[s], room)
            collect(moving, W, q[s], u[s, n], weight[s] * _share(orbit, n), g, room)
            if n > 0:
                _kick(orbit, p[s], room)
                _drift(orbit, q[s], p[s])


@jit
def orbits_adjoint(moving, orbit, W, u, y, q, p, change, room, weight, g):
    """Move q, p (m, d), turned round at the end, back, and beside them how a nudge changes them.

    `change` (3, d) is room for the changes of q and p by the nudge, to first order, and for what
    pulls at them. g ← g + Σ weight·w_n·dt·(∂_q ∂_W V)·dq (D,) on the way.
    """
    last, k = orbit.steps, orbit.observed
    dq, dp, pull = change
    for s in range(q.shape[0]):
        dq[:], dp[:] = 0, 0
        for n in range(last, -1, -1):
            _pull(moving, orbit, W, u[s], y[s], n, q[s], room, 0.0)
            bend(moving, W, q[s], dq, pull, room)
            for i in range(k):
                stiff = q.dtype.type(orbit.gamma[n * k + i])
                pull[i] += stiff * (q[s, i] - y[s, n * k + i])
            for _ in range((n < last) + (n > 0)):  # a kick ends a step, and begins one
                _kick(orbit, p[s], room)
                _kick(orbit, dp, pull)
            collect_along(moving, W, q[s], u[s, n], dq, weight[s] * _share(orbit, n), g, room)
            if n > 0:
                _drift(orbit, q[s], p[s])
                _drift(orbit, dq, dp)
