"""The Hessian at a point as a linear operator that never stores it."""

import numpy as np
from scipy.sparse.linalg import LinearOperator

from ..._errors import FlownetError
from .._check import array


class Hessian(LinearOperator):
    """H = ∂²L at a point W, applied to displacements but never stored; for `eigsh` and the like.

    Attributes
    ----------
    loss : float
        L(W).
    dL : ndarray (D,)
    """

    def __init__(self, size, dtype):
        super().__init__(dtype, (size, size))

    def action(self, V):
        """H·V of a displacement (D,), or of each row of V (R, D)."""
        raise NotImplementedError

    def third_action(self, V):
        """T[V,V] = ∇⟨V, HV⟩ (D,)."""
        raise NotImplementedError

    def diagonal(self):
        """H_ii (D,)."""
        raise NotImplementedError

    def diagonals(self, V):
        """H_ii, Σ_k T_iik·V_k and T_iii: three arrays (D,)."""
        raise NotImplementedError

    def __matmul__(self, V):
        """H @ V of a displacement (D,), or of the columns of V (D, R)."""
        if isinstance(V, np.ndarray):  # scipy's own way round costs as much as a small network
            return self.action(V) if V.ndim == 1 else self.action(V.T).T
        return super().__matmul__(V)

    def _matvec(self, V):
        return self.action(V.reshape(-1))

    def _matmat(self, V):
        return self.action(V.T).T

    def _adjoint(self):
        return self

    def _one(self, V):
        """One displacement (D,)."""
        V = array("V", V)
        if V.ndim != 1:
            raise FlownetError(
                f"V has shape {np.shape(V)}; one displacement is wanted, ({self.shape[0]},)."
            )
        return self._rows(V)[0]

    def _rows(self, V):
        """Displacements as contiguous rows (R, D)."""
        V = array("V", V)
        if V.ndim not in (1, 2) or V.shape[-1] != self.shape[0]:
            raise FlownetError(
                f"V has shape {V.shape}; the Hessian acts on ({self.shape[0]},) or "
                f"(R, {self.shape[0]})."
            )
        if V.dtype.kind not in "biufc":
            raise FlownetError(f"V holds {V.dtype}; it has to be numbers.")
        if V.dtype.kind == "c":
            raise FlownetError("V is complex; the Hessian's numbers are real.")
        if V.dtype != self.dtype or not V.flags.c_contiguous:
            V = np.ascontiguousarray(V, self.dtype)
        return V.reshape(-1, self.shape[0])


class SumHessian(Hessian):
    """Σ scale·H of several potentials at one point."""

    def __init__(self, terms, W):
        self._terms = [(scale, potential.hessian(W)) for scale, potential in terms]
        first = self._terms[0][1]
        super().__init__(first.shape[0], np.result_type(*(h.dtype for _, h in self._terms)))

    @property
    def loss(self):
        """L(W)."""
        return sum(scale * h.loss for scale, h in self._terms)

    @property
    def dL(self):
        """Covector dL (D,)."""
        return sum(scale * h.dL for scale, h in self._terms)

    def action(self, V):
        """H·V of a displacement (D,), or of each row of V (R, D)."""
        return sum(self.dtype.type(scale) * h.action(V) for scale, h in self._terms)

    def third_action(self, V):
        """T[V,V] = ∇⟨V, HV⟩ (D,)."""
        return sum(self.dtype.type(scale) * h.third_action(V) for scale, h in self._terms)

    def diagonal(self):
        """H_ii (D,)."""
        return sum(self.dtype.type(scale) * h.diagonal() for scale, h in self._terms)

    def diagonals(self, V):
        """H_ii, Σ_k T_iik·V_k and T_iii: three arrays (D,)."""
        parts = [(self.dtype.type(scale), h.diagonals(V)) for scale, h in self._terms]
        return [sum(scale * part[i] for scale, part in parts) for i in range(3)]


def third(hessian, U, V):
    """T[U,V] (D,) of a Hessian that acts, by polarisation: (T[U+V,U+V] − T[U−V,U−V])/4."""
    return (hessian.third_action(U + V) - hessian.third_action(U - V)) / 4
