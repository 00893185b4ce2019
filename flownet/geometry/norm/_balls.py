"""Unit balls of norms on one block of parameters, an array (n,) or (n, k), real or complex.

Each gives the length ‖v‖, the ascent of a covector p, ‖p‖_* = max_{‖v‖≤1} Re ⟨p, v⟩ with a v where
it is reached, a norming covector of v, p with ‖p‖_* = 1 and ⟨p, v⟩ = ‖v‖, the largest ‖v‖₂², and
as matrices (g, n, k) what has MMᴴ ⪯ 1 where ‖v‖ ≤ 1.
"""

import numpy as np

from ._polar import polar_factor


class Sphere:
    """‖v‖₂, its own dual."""

    def length(self, v):
        """√Σ|v_i|²."""
        return float(np.linalg.norm(v))

    def ascent(self, p):
        """‖p‖₂ and p/‖p‖₂."""
        size = self.length(p)
        return size, (p / p.real.dtype.type(size) if size != 0 else np.zeros_like(p))

    def norming(self, v):
        """v/‖v‖₂."""
        return self.ascent(v)[1]

    def reach2(self, shape):
        """1."""
        return 1

    def matrices(self, where):
        """One row."""
        return where.reshape(1, 1, -1)


class Cube:
    """max |v_i|; the dual is Σ|p_i|, reached where every v_i has the sign, or phase, of its p_i."""

    def length(self, v):
        """max |v_i|."""
        return float(np.abs(v).max())

    def ascent(self, p):
        """Σ|p_i| and the signs."""
        return float(np.abs(p).sum(dtype=np.float64)), phase(p)

    def norming(self, v):
        """The sign of the first of the largest, alone."""
        return _alone(v)

    def reach2(self, shape):
        """Their number."""
        return int(np.prod(shape))

    def matrices(self, where):
        """Each a number."""
        return where.reshape(-1, 1, 1)


class Diamond:
    """Σ|v_i|; the dual is max |p_i|, reached by one coordinate, the first of the largest."""

    def length(self, v):
        """Σ|v_i|."""
        return float(np.abs(v).sum(dtype=np.float64))

    def ascent(self, p):
        """max |p_i| and that coordinate's sign, alone."""
        return float(np.abs(p).max()), _alone(p)

    def norming(self, v):
        """The signs."""
        return phase(v)

    def reach2(self, shape):
        """1."""
        return 1

    def matrices(self, where):
        """One row."""
        return where.reshape(1, 1, -1)


class Spectral:
    """σ_max of a matrix; the dual is Σσ, reached at the polar factor UVᴴ, by one of its methods."""

    def __init__(self, method="svd"):
        self.method = method

    def length(self, v):
        """σ_max."""
        return float(np.linalg.norm(v, 2)) if np.isfinite(v).all() else np.nan

    def ascent(self, p):
        """Σσ and UVᴴ."""
        return polar_factor(p, self.method)

    def norming(self, v):
        """uvᴴ of σ_max."""
        if not np.isfinite(v).all():
            return np.full_like(v, np.nan)
        U, _, Vh = np.linalg.svd(v, full_matrices=False)
        return np.outer(U[:, 0], Vh[0])

    def reach2(self, shape):
        """Σσ² of σ = 1."""
        return min(shape)

    def matrices(self, where):
        """Itself, no higher than wide."""
        return (where if where.shape[0] <= where.shape[1] else where.T)[None]


def phase(z):
    """z/|z| of each component: the sign of a real one; 0 of 0."""
    if z.dtype.kind != "c":
        return np.sign(z)
    size = np.abs(z)
    return z / np.where(size == 0, size.dtype.type(1), size)


def _alone(z):
    """The phase of the first of the largest components, 0 elsewhere."""
    flat = z.ravel()
    i, out = int(np.argmax(np.abs(flat))), np.zeros_like(flat)
    out[i : i + 1] = phase(flat[i : i + 1])
    return out.reshape(z.shape)
