"""Conjugate gradients and Lanczos for a symmetric operator A ⪰ 0 that is applied, never inverted.

In exact arithmetic every iterate x_k of conjugate gradients on A·x = b from 0 is *the* least of
½⟨x, Ax⟩ − ⟨b, x⟩ in its Krylov space, so that ⟨b, x_k⟩ = ⟨x_k, Ax_k⟩. Rounding loses that within
twenty products where A is ill-conditioned; residuals that are made orthogonal to all those before,
twice, keep it to the last digits. All vectors are kept: memory for one a product.
"""

from collections import namedtuple

import numpy as np

#: the solution; products spent; ‖b − Ax‖/‖b‖ as it was followed; ⟨p, Ap⟩/⟨p, p⟩ of the direction
#: that it ended at because A does not bend up along it, else None
Solved = namedtuple("Solved", "x products residual flat")

_ROUNDING = 8  # units in the last place of ‖b‖ below which a residual is rounding


class Basis:
    """Orthonormal vectors (k, D), to which others are made orthogonal in two passes."""

    def __init__(self, most, size):
        self._rows, self.count = np.empty((min(most, size) + 1, size)), 0

    @property
    def rows(self):
        """The vectors (k, D)."""
        return self._rows[: self.count]

    def append(self, v):
        """Take another one in."""
        self._rows[self.count] = v
        self.count += 1

    def remove_from(self, r):
        """r less its part in the span, in place."""
        for _ in range(2):
            r -= self.rows.T @ (self.rows @ r)


def conjugate_gradients(act, b, tolerance, most):
    """`Solved` of A·x = b, until ‖r‖ ≤ tolerance·‖b‖, after `most` products, or A has no more.

    It ends where ⟨p, Ap⟩ ≤ 0, in a null space or at a direction that bends down: x is the last
    iterate then, and a descent direction still.
    """
    size = float(np.sqrt(b @ b))
    x, r, p = np.zeros_like(b), b.copy(), b.copy()
    if not size > 0:
        return Solved(x, 0, 0.0, None)
    basis, rr = Basis(most, b.size), size * size
    least = max(tolerance, _ROUNDING * np.finfo(b.dtype).eps) * size
    for products in range(1, min(most, b.size) + 1):
        basis.append(r / np.sqrt(rr))
        Ap = act(p)
        bent = p @ Ap
        if not bent > 0:
            return Solved(x, products, float(np.sqrt(rr)) / size, float(bent / (p @ p)))
        x += (rr / bent) * p
        r -= (rr / bent) * Ap
        basis.remove_from(r)
        before, rr = rr, float(r @ r)
        if np.sqrt(rr) <= least:
            break
        p = r + (rr / before) * p
    return Solved(x, products, float(np.sqrt(rr)) / size, None)


def lanczos_function(act, b, function, most, tolerance):
    """f(A)·b by Lanczos, and whether it has settled to a tolerance within so many products.

    `function` takes eigenvalues (k,) of the projected matrix; b/‖b‖ is where it begins.
    """
    size = float(np.sqrt(b @ b))
    if not size > 0:
        return np.zeros_like(b), True
    most = min(most, b.size)
    basis, alpha, beta, before = Basis(most, b.size), [], [], None
    q = b / size
    for k in range(1, most + 1):
        basis.append(q)
        r = act(q)
        alpha.append(float(q @ r))
        basis.remove_from(r)
        beta.append(float(np.sqrt(r @ r)))
        scale = max(map(abs, alpha))
        closed = beta[-1] <= _ROUNDING * np.finfo(b.dtype).eps * scale or k == b.size
        if closed or k % 4 == 0:
            c = _first_column(alpha, beta[:-1], function)
            apart = np.inf if before is None else np.linalg.norm(c - np.pad(before, (0, 4))[:k])
            if closed or apart <= tolerance * np.linalg.norm(c):
                return size * (basis.rows.T @ c), True
            before = c
        q = r / beta[-1]
    return size * (basis.rows.T @ _first_column(alpha, beta[:-1], function)), False


def _first_column(alpha, beta, function):
    """f(T)·e₁ of the tridiagonal T."""
    T = np.diag(alpha) + np.diag(beta, 1) + np.diag(beta, -1)
    values, vectors = np.linalg.eigh(T)
    return vectors @ (function(values) * vectors[0])
