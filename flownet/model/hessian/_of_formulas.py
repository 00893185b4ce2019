"""The Hessians of the analytic potentials, in closed form."""

import numpy as np

from ._hessian import Hessian


class SeparableHessian(Hessian):
    """H of a potential Σ_i L(W_i): diagonal, with L″ and L‴ of each parameter."""

    def __init__(self, potential, W):
        super().__init__(potential.size, W.dtype)
        self.loss, self.dL = potential.differential(W)
        self._second, self._third = potential.derivatives(W)

    def action(self, V):
        """H·V of a displacement (D,), or of each row of V (R, D)."""
        return (self._second * self._rows(V)).reshape(np.shape(V))

    def third_action(self, V):
        """T[V,V] = L‴·V² (D,), or of each row of V (R, D)."""
        return (self._third * self._rows(V) ** 2).reshape(np.shape(V))

    def diagonal(self):
        """H_ii (D,)."""
        return self._second.copy()

    def diagonals(self, V):
        """H_ii, Σ_k T_iik·V_k and T_iii: three arrays (D,)."""
        return [self._second.copy(), self._third * self._one(V), self._third.copy()]


class UVHessian(Hessian):
    """H of ½f², f = u·v/√n: with w = (v, u)/√n it is w⊗w plus f/√n that swaps u and v."""

    def __init__(self, potential, W):
        super().__init__(potential.size, W.dtype)
        self.loss, self.dL = potential.differential(W)
        self._root = W.dtype.type(np.sqrt(potential.n))
        self._w = self._swapped(W)
        self._f = self._w @ W / 2

    def action(self, V):
        """H·V of a displacement (D,), or of each row of V (R, D)."""
        rows = self._rows(V)
        slope = (rows * self._w).sum(axis=1, keepdims=True)
        return (slope * self._w + self._f * self._swapped(rows)).reshape(np.shape(V))

    def third_action(self, V):
        """T[V,V] = f″(V,V)·w + 2f′(V)·(V swapped) (D,), or of each row of V (R, D)."""
        rows = self._rows(V)
        swapped = self._swapped(rows)
        slope = (rows * self._w).sum(axis=1, keepdims=True)
        bend = (rows * swapped).sum(axis=1, keepdims=True)
        return (bend * self._w + 2 * slope * swapped).reshape(np.shape(V))

    def diagonal(self):
        """H_ii = w_i² (D,)."""
        return self._w**2

    def diagonals(self, V):
        """H_ii, Σ_k T_iik·V_k and T_iii: three arrays (D,)."""
        return [self._w**2, 2 * self._w * self._swapped(self._one(V)), np.zeros_like(self._w)]

    def _swapped(self, V):
        """(v, u)/√n of (u, v)."""
        return np.roll(V, V.shape[-1] // 2, axis=-1) / self._root
