"""The Hessian at a point as a linear operator that never stores it."""

import numpy as np

from ._action import Action


class Hessian(Action):
    """H = ∂²L at a point W, applied to displacements but never stored; for `eigsh` and the like.

    Attributes
    ----------
    loss : float
        L(W).
    dL : ndarray (D,)
    """

    what = "the Hessian"

    def action(self, V):
        """H·V of a displacement (D,), or of each row of V (R, D)."""
        raise NotImplementedError

    def third_action(self, V):
        """T[V,V] = ∇⟨V, HV⟩ (D,)."""
        raise NotImplementedError

    def christoffel(self, V):
        """Christoffel symbol of the first kind (D,) of H as a metric: ½T[V,V]."""
        return self.third_action(V) / 2

    def diagonal(self):
        """H_ii (D,)."""
        raise NotImplementedError

    def diagonals(self, V):
        """H_ii, Σ_k T_iik·V_k and T_iii: three arrays (D,)."""
        raise NotImplementedError


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
