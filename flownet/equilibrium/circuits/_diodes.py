"""Ideal diodes: where the least of a quadratic lies when some voltages may not be above 0.

Minimise ½dᵀHd + r·d with K·d ≤ h. With H = LLᵀ that is the least distance ‖Lᵀ(d − d₀)‖ to a cone
of half-spaces, which non-negative least squares solve in finitely many steps (Lawson and Hanson,
Solving Least Squares Problems, 1974, chapter 23).
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import cho_solve, solve_triangular
from scipy.optimize import nnls


def least_within(L, r, K, h, guess):
    """d (n,), with L the Cholesky factor of H; `guess` says which rows may well hold it."""
    free = -cho_solve((L, True), r, check_finite=False)
    G = solve_triangular(L, K.T, lower=True, check_finite=False)
    slack = 64 * np.finfo(float).eps * (1 + np.abs(h).max(initial=0.0) + np.abs(free).max())
    for holds in (np.zeros(len(h), bool), guess):
        d, force = _along(L, free, G, h, K, holds)
        if (K @ d <= h + slack).all() and (force >= 0).all():
            return d
    beyond, size = K @ free - h, np.linalg.norm(G, axis=0)
    size[size == 0] = 1
    E = np.vstack([-G / size, beyond / size])
    target = np.zeros(len(E))
    target[-1] = 1
    share, _ = nnls(E, target, maxiter=30 * len(E) + 300)
    return _along(L, free, G, h, K, share > 0)[0]


def _along(L, free, G, h, K, holds):
    """The least where the rows that hold are met exactly, and the force of each."""
    if not holds.any():
        return free, np.zeros(0)
    A, over = G[:, holds], K[holds] @ free - h[holds]
    z, *_ = np.linalg.lstsq(A.T, over, rcond=None)
    force, *_ = np.linalg.lstsq(A, z, rcond=None)
    return free - solve_triangular(L.T, z, lower=False, check_finite=False), force


def held_by(K, slope):
    """What diodes that conduct, with the rows K, take up of a slope (n,): Kᵀ·λ, λ ≥ 0."""
    return K.T @ _forces(K, slope) if len(K) else np.zeros_like(slope)


def conducting(K, slope):
    """Of diodes with the rows K, all at voltage 0, those that carry a current."""
    return K[_forces(K, slope) > 0] if len(K) else K


def _forces(K, slope):
    return nnls(K.T, -slope, maxiter=30 * K.size + 300)[0]
