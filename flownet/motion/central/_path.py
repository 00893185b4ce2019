"""The velocity of a central flow, and the oscillation that holds it at the edge."""

from collections import namedtuple

import numpy as np

from ..._errors import FlownetError
from ...geometry.curvature import eigenpairs, third
from ...geometry.metric import DiagonalMetric
from ..flow import complementary

_BAND = 0.1  # eigenvalues from (1 − band)·2 up take part
_RTOL = 1e-8  # of the eigenpairs

#: at one state: dL, eigenvalues of P⁻¹H (k,), directions U (k, D) with ⟨u_i, Pu_j⟩ = δ_ij, their
#: T_ij (k, k, D), P (D,), and the covariance X (k, k) of the oscillation ΣX_ij u_i⊗u_j
Here = namedtuple("Here", "dL values U T P X")


class Path:
    """The velocity of (W, ν); each search for directions begins where the last one ended."""

    def __init__(self, potential, law, rate, most):
        self.potential, self.law, self.rate = potential, law, rate
        self.left = most
        self.size, self._near, self._count = potential.size, None, 1

    def velocity(self, y):
        """d(W, ν)/dk."""
        self.left -= 1
        if self.left < 0:
            raise FlownetError("max_gradients are spent, and the flow is not at its end.")
        W, nu = y[: self.size], y[self.size :]
        if nu.size and not (nu > 0).all():
            return np.full_like(y, np.nan)  # a try that is too long
        here = self.at(W, nu)
        force = here.dL + np.einsum("ij,ijd->d", here.X, here.T) / 2
        moved = -self.law.speed * force / here.P
        grown = self.law.drive(nu, here.dL)
        if nu.size:
            grown = grown + np.einsum("ij,ijm->m", here.X, self.law.heated(nu, here.U))
        return np.concatenate([moved, grown])

    def at(self, W, nu):
        """What there is at a state: `Here`."""
        law, P = self.law, self.law.preconditioner(nu, self.size)
        pairs = self._leading(W, DiagonalMetric(P))
        near = pairs.values >= 2 * (1 - _BAND)
        values, U = (
            (pairs.values[near], pairs.vectors[near])
            if near.any()
            else (pairs.values[:1], pairs.vectors[:0])
        )
        H, k = self.potential.hessian(W), len(U)
        T = np.empty((k, k, self.size))
        for i in range(k):
            for j in range(i + 1):
                T[i, j] = T[j, i] = H.third_action(U[i]) if i == j else third(H, U[i], U[j])
        X = np.zeros((0, 0))
        if k:
            hard, hot = law.hardened(nu, U), law.heated(nu, U)
            alpha = law.speed * T @ (H.dL / P) + hard @ law.drive(nu, H.dL)
            beta = law.speed * np.tensordot(T / P, T, (2, 2)) / 2 + np.tensordot(hard, hot, (2, 2))
            X = complementary(beta, np.diag(self.rate * (2 - values)) + alpha)
            if X is None:
                raise FlownetError(
                    f"nothing holds the curvature at the edge: λ_max(P⁻¹H)/2 is {values[0] / 2:.4g}"
                    ", and neither W nor a memory answers an oscillation there."
                )
        return Here(H.dL, values, U, T, P, X)

    def _leading(self, W, metric):
        """Eigenpairs of P⁻¹H down to the first one below the band."""
        k, pairs = min(self._count, self.size), self._near
        while True:
            pairs = eigenpairs(self.potential, W, k, metric=metric, start=pairs, rtol=_RTOL)
            inside = int(np.count_nonzero(pairs.values >= 2 * (1 - _BAND)))
            if inside < k or k == self.size:
                break
            k += 1
        self._near, self._count = pairs, inside + 1
        return pairs
