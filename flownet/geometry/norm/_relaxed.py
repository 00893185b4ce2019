"""An upper bound of the sharpness in a norm: the dual of its semidefinite relaxation.

Of a unit displacement each block is a matrix M, or many, with MMᵀ ⪯ r²: of signs a number each, of
a Euclidean ball one row, of the spectral norm the weights, on their shorter side. So, for every
P = A⊗1 > 0 with matrices A of that side,

    ⟨d, Hd⟩ ≤ λ_max(P^−½HP^−½)·⟨d, Pd⟩,   S ≤ λ_max(P^−½HP^−½)·Σ r² tr A,

and of all A the least is the dual of max ⟨H, X⟩ over X ⪰ 0 that are of such blocks in the mean: of
signs Goemans & Williamson's (J. ACM 42, 1995), at most π/2 times S where no direction bends down
(Nesterov, Optim. Methods Softw. 9, 1998); RMSProp at rest has half of that P. It is looked for with
X = VᵀV of a few rows (Burer & Monteiro, Math. Program. 95, 2003), V ← the polar factors of the
blocks of HV + cV, side by side, whose multipliers are A, and λ_max is 1 in the end. Any A gives a
bound, so that the search may end anywhere.
"""

from collections import namedtuple

import numpy as np

from ..._random import stream_key, uniform
from ..curvature._eigen import extreme, fresh

_ROWS = 12, 24  # of V: more where so few did not do
_OVER = 1e-2  # of λ_max above 1: then V has too few rows
_LITTLE = 0.1  # of a row: how long one more is at first
_MOST = 100  # iterations
_GAIN = 1e-6  # of the value: what one more of them gains, and it ends
_LEAST = 1e-2  # of the mean of A: what no eigenvalue of it is below
_RTOL, _ACTIONS = 1e-6, 10_000  # of λ_max
_STREAM = 1 << 45  # of the rows of V

#: where the matrices of a block lie among the reals, (g, n, k), and its r²
Cells = namedtuple("Cells", "where radius2")


def upper_bound(hessian, norm, pairs, begins):
    """A number that S in a norm is not above; of parameters in reals, two of each if `pairs`."""
    cells = [_cells(block, norm.size, pairs) for block in norm.blocks]
    if not cells:
        return np.inf
    if norm.combine != "max":  # one ball of all blocks: each counts as much
        shapes = [(c.where.shape[:2], c.radius2) for c in cells]
        roots = [np.sqrt(r2 * g * n) * np.eye(n)[None] for (g, n), r2 in shapes]
        return _largest(hessian, cells, roots)
    V, bound = np.concatenate([begins, _draws(_ROWS[0] - len(begins), len(begins[0]))]), np.inf
    for rows in _ROWS:
        if len(V) < rows:
            little = _LITTLE * np.linalg.norm(V) / len(V)
            V = np.concatenate([V, little * _draws(rows - len(V), V.shape[1])])
        V, A = _multipliers(hessian, cells, V)
        roots, whole = _roots(cells, A)
        over = _largest(hessian, cells, roots)
        bound = min(bound, over * whole)
        if over <= 1 + _OVER:
            break
    return bound


def _largest(hessian, cells, roots):
    """λ_max(P^−½HP^−½), not too small, of P^−½ on each block; 0 where none is above."""
    from scipy.sparse.linalg import LinearOperator  # takes a tenth of a second

    def scaled(V):
        out = np.zeros_like(V)
        for (where, _), root in zip(cells, roots):
            out[where] = root @ V[where]
        return out

    def matvec(v):
        return scaled(hessian.matvec(scaled(v)))

    n = hessian.shape[0]
    operator = LinearOperator((n, n), matvec=matvec, dtype=np.float64)
    values, vectors = extreme(operator, 1, "largest", fresh(n, 0), _RTOL, _ACTIONS)
    residual = np.linalg.norm(matvec(vectors[0]) - values[0] * vectors[0])
    return max(0.0, float(values[0] + residual))


def _draws(rows, n):
    """Rows (rows, n) in no particular direction, of length 1 or so."""
    drawn = [uniform(0, stream_key("probes", _STREAM + k), n) - 0.5 for k in range(rows)]
    return np.array(drawn).reshape(rows, n) * np.sqrt(12 / n)


def _cells(block, size, pairs):
    """`Cells` of a block: of complex numbers real and imaginary parts are side by side."""
    where = block.ball.matrices(np.arange(size)[block.where].reshape(block.shape))
    if pairs:
        where = np.concatenate([2 * where, 2 * where + 1], axis=-1)
    return Cells(where, block.radius**2)


def _roots(cells, A):
    """A^−½ of each block, no eigenvalue too small, and Σ r² tr A."""
    found = [np.linalg.eigh(a) for a in A]
    size = np.concatenate([np.abs(w).ravel() for w, _ in found])
    least, roots, whole = _LEAST * size.mean() or 1.0, [], 0.0
    for (_, radius2), (w, U) in zip(cells, found):
        w = np.maximum(w, least)
        roots.append((U / np.sqrt(w)[:, None]) @ np.swapaxes(U, -1, -2))
        whole += radius2 * w.sum()
    return roots, float(whole)


def _multipliers(hessian, cells, V):
    """Rows V from which one more iteration gains nothing, and A (g, n, n) of each block there."""
    V, c = _polar(V, cells), 0.0
    HV = hessian.action(V)
    value = np.vdot(V, HV)
    for _ in range(_MOST):
        new = _polar(HV + c * V, cells)
        image = hessian.action(new)
        found = np.vdot(new, image)
        if found > value + _GAIN * abs(value):
            V, HV, value = new, image, found
        elif found < value - _GAIN * abs(value):
            c = max(2 * c, np.linalg.norm(HV) / np.linalg.norm(V) / 4)
        else:
            break
    A = []
    for where, radius2 in cells:
        product = _beside(HV, where) @ np.swapaxes(_beside(V, where), -1, -2) / radius2
        A.append((product + np.swapaxes(product, -1, -2)) / 2)
    return V, A


def _beside(V, where):
    """The matrices (g, n, R·k) of a block of rows V (R, ·), side by side."""
    g, n, k = where.shape
    return V[:, where].transpose(1, 2, 0, 3).reshape(g, n, len(V) * k)


def _polar(V, cells):
    """Rows whose blocks, side by side, are r times polar factors of those of V."""
    out = np.zeros_like(V)
    for where, radius2 in cells:
        M = _beside(V, where)
        w, U = np.linalg.eigh(M @ np.swapaxes(M, -1, -2))
        some = w > np.finfo(np.float64).eps * w[:, -1:]
        root = np.where(some, 1 / np.sqrt(np.where(some, w, 1.0)), 0.0)
        M = (U * (np.sqrt(radius2) * root)[:, None]) @ (np.swapaxes(U, -1, -2) @ M)
        g, n, k = where.shape
        out[:, where] = M.reshape(g, n, len(V), k).transpose(2, 0, 1, 3)
    return out
