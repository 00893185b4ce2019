"""Semidefinite complementarity of a few dimensions: X ⪰ 0, Y = q + B(X) ⪰ 0, ⟨X, Y⟩ = 0."""

import numpy as np

_MOST = 100  # iterations; a dozen or two are usual
_TOL = 1e-13  # of the duality gap, in units of q
_ENOUGH = 1e-8  # of gap and residual where rounding ends the search before
_BOUNDARY = 0.98  # share of the way to the boundary of the cone
_BLIND, _LITTLE = 1e-8, 1e-6  # of the largest eigenvalue of B: below the one rounding would choose


def complementary(B, q):
    """X ⪰ 0 (k, k) with Y = q + B(X) ⪰ 0 and ⟨X, Y⟩ = 0, or None where there is none.

    The minimum of ½⟨X, BX⟩ + ⟨q, X⟩ over the cone, B symmetric and not negative. For k = 1,
    X = max(0, −q/B); otherwise a primal-dual interior-point method in Nesterov & Todd's scaling
    (Todd, Toh & Tütüncü, SIAM J. Optim. 8, 1998): no strict complementarity is needed. Where B is
    blind to part of X, as of directions that do not see each other, the least such X is taken.

    Parameters
    ----------
    B : array (k, k, k, k)
        Symmetric in the first pair of indices, in the last, and under their exchange.
    q : array (k, k)

    Returns
    -------
    ndarray (k, k), or None
    """
    k = len(q)
    if np.linalg.eigvalsh(q)[0] >= 0:
        return np.zeros((k, k))
    b, a = np.abs(B).max(), np.abs(q).max()
    if not (b > 0 and np.isfinite(b) and np.isfinite(a) and np.isfinite(a / b)):
        return None
    X = max(0.0, -q[0, 0] / B[0, 0, 0, 0]) * np.eye(1) if k == 1 else _interior(B / b, q / a)
    return X if X is None or k == 1 else a / b * X


def _interior(B, q):
    """The solution for k > 1, of numbers of order one."""
    k, B = len(q), _seeing(B)
    X, Y = np.eye(k), np.eye(k)
    for _ in range(_MOST):
        residual = q + np.tensordot(B, X, 2) - Y
        gap, size = np.vdot(X, Y) / k, 1 + np.abs(X).max()
        found = _scaling(X, Y)
        if found is None or gap <= _TOL * size:
            good = max(gap, np.abs(residual).max()) <= _ENOUGH * size
            return X if good else None
        d, G = found
        both = np.kron(G, G)
        w, U = np.linalg.eigh(both.T @ B.reshape(k * k, k * k) @ both)
        w = 1 + np.maximum(w, 0)
        off = G.T @ residual @ G
        aim = -np.diag(d**2)
        dx, dy = _direction(aim, d, U, w, off)
        a = min(_reach(d, dx), _reach(d, dy))  # one for both: X has a part in the residual
        ahead = np.vdot(np.diag(d) + a * dx, np.diag(d) + a * dy) / k
        centre = min(1.0, max(ahead / gap, 0.0)) ** 3
        second = (dx @ dy + dy @ dx) / 2
        dx, dy = _direction(aim + centre * gap * np.eye(k) - second, d, U, w, off)
        a = min(_reach(d, dx), _reach(d, dy))
        dX = G @ dx @ G.T  # and dY not from dy, whose way back would lose what G is ill for
        X, Y = X + a * dX, Y + a * (residual + np.tensordot(B, dX, 2))
        X, Y = (X + X.T) / 2, (Y + Y.T) / 2
    return None


def _seeing(B):
    """B, with a little on the symmetric X that it is blind to, so that the least is taken."""
    n = len(B) ** 2
    turned = np.eye(n).reshape(B.shape).transpose(0, 1, 3, 2).reshape(n, n)
    odd = np.abs(B).max() * (np.eye(n) - turned)
    values, V = np.linalg.eigh(B.reshape(n, n) + odd)
    blind = V[:, values <= _BLIND * values[-1]]
    return B + (_LITTLE * values[-1] * blind @ blind.T).reshape(B.shape)


def _direction(wanted, d, U, w, off):
    """Changes dx and dy, in scaled coordinates, that lead to what is wanted of the product."""
    k, whole = len(d), 2 * wanted / (d[:, None] + d)
    dx = (U @ ((U.T @ (whole - off).ravel()) / w)).reshape(k, k)
    return dx, whole - dx


def _scaling(X, Y):
    """d (k,) and G with G⁻¹XG⁻ᵀ = GᵀYG = diag(d); None outside the cone."""
    try:
        L, R = np.linalg.cholesky(X), np.linalg.cholesky(Y)
    except np.linalg.LinAlgError:
        return None
    _, d, Vt = np.linalg.svd(R.T @ L)
    return d, L @ Vt.T / np.sqrt(d)


def _reach(d, dx):
    """Longest step up to 1 along which diag(d) + a·dx stays well within the cone."""
    root = np.sqrt(d)
    lowest = np.linalg.eigvalsh(dx / root[:, None] / root)[0]
    return min(1.0, -_BOUNDARY / lowest) if lowest < 0 else 1.0
