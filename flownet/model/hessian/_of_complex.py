"""The Hessian of a complex network's loss: real-linear, an operator on the reals (re, im, …)."""

import numpy as np

from ..network import in_reals
from ._of_network import NetworkHessian
from ._of_units import diagonal_of_units, diagonals_of_units


class ComplexHessian(NetworkHessian):
    """H of a `Potential` of a complex network at W (D,), acting on 2D reals."""

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
            g, gate = self._state.rows(self._at.g, layer), self._state.rows(self._at.twist, layer)
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
            rows = self._state.rows(self._at.a, layer)
        return self._m * in_reals(out)  # the cotangents kept are those of the mean
