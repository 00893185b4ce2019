"""Lanczos' recurrence with full reorthogonalisation: an operator seen from one vector."""

from __future__ import annotations

from collections import namedtuple
from typing import TYPE_CHECKING

import numpy as np

from ..._errors import FlownetError, shown
from ...model._check import is_whole, numbers_in, yes_or_no

if TYPE_CHECKING:
    from scipy.sparse.linalg import LinearOperator

    from ..._types import Vector

#: Gauss's rule of the measure ⟨v, δ(λ−H) v⟩: nodes (n,), weights (n,) of sum ‖v‖², the Ritz vectors
#: (n, D) if asked for, and whether the rule is the whole measure (the recurrence came to its end)
Quadrature = namedtuple("Quadrature", "nodes weights vectors exact")

BREAKDOWN = 1e-13  # of the operator's scale: what is left of a vector that is only rounding


class NoSpectrum(FlownetError):
    """A spectrum that was not found: the Hessian is not finite, or a search did not converge."""


def lanczos(
    operator: LinearOperator, start: Vector, steps: int, *, vectors: bool = False
) -> Quadrature:
    """Gauss quadrature of a symmetric operator H seen from a vector v (Lanczos).

    Σ w_i θ_i^k = ⟨v, H^k v⟩ for k ≤ 2·steps − 1 (Golub & Meurant, *Matrices, Moments and
    Quadrature*, 2010, §3). Where the Krylov space of v ends earlier the rule is exact for all k.

    Parameters
    ----------
    operator : LinearOperator (n, n)
        Symmetric.
    start : array (n,)
        v.
    steps : int
        Actions of the operator, as many nodes; no more than n are taken.
    vectors : bool
        Whether the Ritz vectors are wanted, orthonormal (nodes, n).

    Returns
    -------
    Quadrature
        nodes ascending, weights, vectors (or None), exact.

    Raises
    ------
    FlownetError
        When v is zero or not finite, or an action of the operator is not finite.
    """
    yes_or_no("vectors", vectors)
    # an operator is whatever acts on vectors; scipy's are known by these two
    if not (hasattr(operator, "matvec") and hasattr(operator, "shape")):
        raise FlownetError(
            f"operator is {shown(operator)}; it has to be one such as potential.hessian(W)."
        )
    if not is_whole(steps, 1):
        raise FlownetError(f"steps is {shown(steps)}; it has to be a whole number above 0.")
    start = numbers_in("start", start).astype(np.float64)
    if start.shape != operator.shape[:1]:
        raise FlownetError(
            f"start has shape {start.shape}; the operator acts on ({operator.shape[0]},)."
        )
    length = np.linalg.norm(start)
    if not (np.isfinite(length) and length > 0):
        raise FlownetError(
            f"Lanczos starts from a vector of length {length}; it has to be finite and above 0."
        )
    T, basis, _, exact = tridiagonal(operator, start / length, int(steps))
    nodes, S = np.linalg.eigh(T)
    return Quadrature(nodes, (length * S[0]) ** 2, S.T @ basis if vectors else None, exact)


def tridiagonal(operator, q, steps):
    """Lanczos' recurrence from a unit vector q (n,): T (k, k), its basis (k, n), what is left, end.

    H·basisᵀ = basisᵀ·T + β·(the next vector); the third is β, the last whether it is the end.
    """
    steps = min(steps, q.size)
    basis, T = np.empty((steps, q.size)), np.zeros((steps, steps))
    scale, done = 0.0, 0
    while True:
        basis[done] = q
        image = operator.matvec(q)
        scale = max(scale, finite_norm(image))
        h, rest = orthogonalise(basis[: done + 1], image)
        T[done, done] = h[done]
        done += 1
        beta = np.linalg.norm(rest)
        exact = bool(beta <= BREAKDOWN * scale) or done == q.size
        if exact or done == steps:
            return T[:done, :done], basis[:done], float(beta), exact
        T[done - 1, done] = T[done, done - 1] = beta
        q = rest / beta


def finite_norm(image):
    """Length of what the operator made of a vector."""
    length = float(np.linalg.norm(image))
    if not np.isfinite(length):
        raise NoSpectrum("the Hessian is too large for its numbers.")
    return length


def orthogonalise(basis, vector):
    """Components h (j,) of a vector along an orthonormal basis (j, n), and what is left of it.

    Twice is enough (Parlett, *The Symmetric Eigenvalue Problem*, §6.9).
    """
    h = basis @ vector
    rest = vector - h @ basis
    again = basis @ rest
    return h + again, rest - again @ basis
