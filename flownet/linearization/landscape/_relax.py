"""A chain of pivots let down onto the ground, its ends fixed, its hills climbed if wanted."""

from dataclasses import dataclass

import numpy as np

from ..._errors import FlownetError
from . import _chain

_GROW, _SHRINK, _MIX, _LESS, _WAIT = 1.1, 0.5, 0.1, 0.99, 5  # FIRE's numbers, as published
_PATIENCE = 300  # steps without a smaller slope, after which a chain falls to no smaller one
_LONGEST = 0.2  # of the mean gap: no pivot moves further in a step


@dataclass(frozen=True)
class Relaxed:
    """A chain that came to rest, or that was stopped.

    Attributes
    ----------
    X : ndarray (n, F)
    losses : ndarray (n,)
    slope : float
        The largest ‖∂L/∂x‖ across the chain that is left.
    climbing : float
        The largest ‖∂L/∂x‖ of the pivots that climb, 0 without them.
    steps, gradients : int
        How many it took.
    """

    X: np.ndarray
    losses: np.ndarray
    slope: float
    climbing: float
    steps: int
    gradients: int


def relax(ground, X, shares, *, radius, spring, tolerance, steps, show, held=(), calm=None):
    """The chain X (n, F) moved until no pivot is pushed by more than a tolerance, or no less so.

    The force on a pivot is −∂L/∂x without its part along the tangent τ, and along τ alone the pull
    spring·(length ahead − length behind) of its neighbours (nudged elastic band; Jónsson, Mills &
    Jacobsen 1998). An infinite spring puts pivots at their shares of the length before each
    gradient (string method; E, Ren & Vanden-Eijnden 2002). Pivots that are held climb instead: the
    force along τ is turned round, so that they come to rest on a saddle (Henkelman, Uberuaga &
    Jónsson 2000); the push across the chain on the others need only fall below `calm` then. The
    motion is Newton's with a friction that stops what goes uphill, with time steps of 1/√max|λ| at
    most (FIRE; Bitzek et al., Phys. Rev. Lett. 97 (2006) 170201). `show` is told of each step.
    """
    held, least = np.asarray(held, int), (np.inf, 0)
    calm = tolerance if calm is None else calm
    longest = 1 / np.sqrt(radius)
    dt, mix, since = 0.1 * longest, _MIX, 0
    v = np.zeros_like(X[1:-1])
    ends = ground.values(X[[0, -1]])
    for step in range(steps + 1):
        if np.isinf(spring):
            X = _chain.spread(X, shares, held)
        inner, slopes = ground.differentials(X[1:-1])
        losses = np.concatenate([ends[:1], inner, ends[1:]])
        F, slope, climbing = _force(X, losses, slopes, spring, held)
        left = max(slope / calm, climbing / tolerance)
        least = min(least, (left, step))
        if not np.isfinite(left):
            raise FlownetError("the chain runs to where the loss is no finite number.")
        if left <= 1 or step == min(steps, least[1] + _PATIENCE):
            break
        show(step + 1)
        v = v + dt * F
        if np.vdot(F, v) > 0:
            v = (1 - mix) * v + mix * np.linalg.norm(v) / np.linalg.norm(F) * F
            since += 1
            if since > _WAIT:
                dt, mix = min(dt * _GROW, longest), mix * _LESS
        else:
            v, dt, mix, since = np.zeros_like(v), dt * _SHRINK, _MIX, 0
        X = X.copy()
        X[1:-1] += dt * v * _cut(dt * v, X)
    return Relaxed(X, losses, slope, climbing, step, (step + 1) * len(inner))


def _force(X, losses, slopes, spring, held):
    """Forces (n−2, F) on the inner pivots, the largest push across, and on those that climb."""
    t = _chain.tangents(X, losses)
    along = np.sum(slopes * t, axis=1, keepdims=True)
    F = along * t - slopes
    push = np.linalg.norm(F, axis=1)
    if np.isfinite(spring):
        lengths = _chain.gaps(X)
        F = F + (spring * (lengths[1:] - lengths[:-1]))[:, None] * t
    climbs = held - 1
    F[climbs] = 2 * along[climbs] * t[climbs] - slopes[climbs]
    climbing = np.linalg.norm(slopes[climbs], axis=1).max(initial=0.0)
    return F, float(push.max()), float(climbing)


def _cut(move, X):
    """The share of a move that is not too long."""
    size = np.linalg.norm(move, axis=1).max()
    most = _LONGEST * _chain.gaps(X).mean()
    return min(1.0, most / size) if size > 0 else 1.0
