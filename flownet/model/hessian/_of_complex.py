"""The Hessian of a complex network's loss: real-linear, an operator on the reals (re, im, …)."""

from functools import cached_property

import numpy as np

from ..network import in_complex, in_reals
from ._of_network import NetworkHessian
from ._of_units import diagonal_of_units, diagonals_of_units


class ComplexHessian(NetworkHessian):
    """H of a `Potential` of a complex network at W (D,), acting on 2D reals."""

    def __init__(self, potential, W):
        self._as_reals = potential.network.as_reals
        self._given = W.copy()
        super().__init__(potential, self._as_reals.point(W))

    def __reduce__(self):
        return type(self), (self._potential, self._given)

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
        return diagonal_of_units(self)

    def diagonals(self, V):
        """H_ii, Σ_k T_iik·V_k and T_iii: three arrays (2D,), exact, by unit displacements."""
        return diagonals_of_units(self, self._one(V))

    def gradient_squares(self):
        """Mean over the samples of the squares of their gradients (2D,), of Re and Im apart.

        Those of A + iB, the weights of x + iy, are G_x x + G_y y and G_y x − G_x y.
        """
        out = np.zeros(self.shape[0] // 2, self._given.dtype)
        rows = self._data.x
        for layer, part in enumerate(self._potential.network.parts(out)):
            g, gate = self._rows_of(self._at.g, layer), self._rows_of(self._at.twist, layer)
            n_out, n_in = part.weights.shape
            G, H, x, y = g[:, :n_out], g[:, n_out:], rows[:, :n_in], rows[:, n_in:]
            same, crossed = (
                (G * G).T @ (x * x) + (H * H).T @ (y * y),
                (H * H).T @ (x * x) + (G * G).T @ (y * y),
            )
            mixed = 2 * (G * H).T @ (x * y)
            part.weights[:] = (same + mixed) + 1j * (crossed - mixed)
            if part.conjugate is not None:
                part.conjugate[:] = (same - mixed) + 1j * (crossed + mixed)
            if part.bias is not None:
                part.bias[:] = (G * G).sum(axis=0) + 1j * (H * H).sum(axis=0)
            if part.gate is not None:
                part.gate[:] = (gate[:, :n_out] ** 2).sum(axis=0)
            rows = self._rows_of(self._at.a, layer)
        return self._m * in_reals(out)  # the cotangents kept are those of the mean

    def _rows_of(self, buffer, layer):
        """A layer's units (m, 2n) in a buffer of the state at W."""
        n, begin = int(self._net.sizes[layer + 1]), self._m * int(self._net.units[layer])
        return buffer[begin : begin + self._m * n].reshape(self._m, n)

    def _on_planes(self, act, rows):
        """What an action on planes gives for rows of reals."""
        moved = np.array([self._as_reals.displacement(in_complex(row)) for row in rows])
        return np.array([in_reals(self._as_reals.covector(row)) for row in act(moved)])
