"""The Hessian of a complex network's loss: real-linear, an operator on the reals (re, im, …)."""

from functools import cached_property

import numpy as np

from ._network_hessian import NetworkHessian
from ._picture import in_complex, in_reals

_AT_ONCE = 64  # unit displacements whose actions are worked out together


class ComplexHessian(NetworkHessian):
    """H of a `Potential` of a complex network at W (D,), acting on 2D reals."""

    def __init__(self, potential, W):
        self._picture = potential.network.picture
        self._given = W.copy()
        super().__init__(potential, self._picture.point(W))

    def _actions(self, rows):
        """H·V of rows (R, 2D)."""
        return self._on_planes(super()._actions, rows)

    def _third_actions(self, rows):
        """T[V,V] of rows (R, 2D)."""
        return self._on_planes(super()._third_actions, rows)

    @cached_property
    def dL(self):
        """Covector dL as reals (2D,)."""
        return in_reals(self._potential.differential(self._given)[1])

    def diagonal(self):
        """H_ii (2D,), Re and Im apart: exact, by unit displacements."""
        return self._by_units(lambda units, rows: (self.action(units)[:, rows].diagonal(),))[0]

    def diagonals(self, V):
        """H_ii, Σ_k T_iik·V_k and T_iii: three arrays (2D,), exact, by unit displacements."""
        V = self._one(V)

        def of(units, rows):
            bent = self.third_action(units)
            return self.action(units)[:, rows].diagonal(), bent @ V, bent[:, rows].diagonal()

        return self._by_units(of)

    def _by_units(self, of):
        parts = []
        for begin in range(0, self.shape[0], _AT_ONCE):
            rows = np.arange(begin, min(begin + _AT_ONCE, self.shape[0]))
            units = np.zeros((len(rows), self.shape[0]), self.dtype)
            units[np.arange(len(rows)), rows] = 1
            parts.append(of(units, rows))
        return [np.concatenate(part) for part in zip(*parts)]

    def _on_planes(self, act, rows):
        """What an action on planes gives for rows of reals."""
        moved = np.array([self._picture.displacement(in_complex(row)) for row in rows])
        return np.array([in_reals(self._picture.covector(row)) for row in act(moved)])
