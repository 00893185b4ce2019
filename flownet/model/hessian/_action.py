"""A symmetric operator on displacements, known by what it does to them and never stored."""

import numpy as np
from scipy.sparse.linalg import LinearOperator

from ..._errors import FlownetError
from .._check import array


class Action(LinearOperator):
    """A symmetric operator (D, D) at a point W, applied to displacements; for `eigsh` and the like.

    Attributes
    ----------
    loss : float
        L(W).
    dL : ndarray (D,)
    """

    what = "the operator"  #: what messages call it

    def __init__(self, size, dtype):
        super().__init__(dtype, (size, size))

    def action(self, V):
        """What it makes of a displacement (D,), or of each row of V (R, D)."""
        raise NotImplementedError

    def diagonal(self):
        """Its diagonal (D,)."""
        raise NotImplementedError

    def trace(self):
        """Its trace, a float: the sum of the diagonal."""
        return float(np.sum(self.diagonal(), dtype=np.float64))

    def __matmul__(self, V):
        """What it makes of a displacement (D,), or of the columns of V (D, R)."""
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
                f"V has shape {V.shape}; {self.what} acts on ({self.shape[0]},) or "
                f"(R, {self.shape[0]})."
            )
        if V.dtype.kind not in "biufc":
            raise FlownetError(f"V holds {V.dtype}; it has to be numbers.")
        if V.dtype.kind == "c":
            raise FlownetError(f"V is complex; the numbers of {self.what} are real.")
        if V.dtype != self.dtype or not V.flags.c_contiguous:
            V = np.ascontiguousarray(V, self.dtype)
        return V.reshape(-1, self.shape[0])
