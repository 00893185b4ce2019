"""The Hessian of a potential that is given by functions."""

from functools import cached_property

import numpy as np

from ..network import in_complex, in_reals
from ._hessian import Hessian
from ._of_units import diagonal_of_units, diagonals_of_units


class CustomHessian(Hessian):
    """H of a `CustomPotential` at W (D,); of complex W an operator on the reals that they are.

    Parameters
    ----------
    bends : function V (D,), order → estimate of H·V for order 2, of T[V,V] for order 3
    differential : function () → L and dL (D,) at W
    W : ndarray (D,)
    """

    def __init__(self, bends, differential, W):
        self._bends, self._of_W, self._complex = bends, differential, W.dtype.kind == "c"
        super().__init__(W.size * (1 + self._complex), W.real.dtype)

    @cached_property
    def _here(self):
        loss, dL = self._of_W()
        return loss, in_reals(dL) if self._complex else dL

    @property
    def loss(self):
        """L(W)."""
        return self._here[0]

    @property
    def dL(self):
        """Covector dL (D,)."""
        return self._here[1]

    def action(self, V):
        """H·V of a displacement (D,), or of each row of V (R, D)."""
        return self._of_rows(V, 2)

    def third_action(self, V):
        """T[V,V] = ∇⟨V, HV⟩ (D,), or of each row of V (R, D)."""
        return self._of_rows(V, 3)

    def diagonal(self):
        """H_ii (D,), by unit displacements."""
        return diagonal_of_units(self)

    def diagonals(self, V):
        """H_ii, Σ_k T_iik·V_k and T_iii: three arrays (D,), by unit displacements."""
        return diagonals_of_units(self, self._one(V))

    def _of_rows(self, V, order):
        found = [self._of_one(row, order) for row in self._rows(V)]
        return np.array(found, self.dtype).reshape(np.shape(V))

    def _of_one(self, row, order):
        found = self._bends(in_complex(row) if self._complex else row, order).value
        return in_reals(np.ascontiguousarray(found)) if self._complex else found
