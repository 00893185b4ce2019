"""A potential seen from one point on, in orthonormal coordinates of a metric."""

import numpy as np

from ..._errors import FlownetError
from ...geometry.curvature import eigenpairs, metric_hessian
from ..exits import CriticalPoint


class Ground:
    """L(x) with W = W_A + g^{-1/2}x: what the metric freezes stays as it is in A.

    Attributes
    ----------
    potential, metric
        Of real numbers.
    start : ndarray (D,)
        W_A, where x = 0.
    """

    def __init__(self, potential, A, metric=None):
        self._operator = metric_hessian(potential, place(A), metric)
        self.potential, self.metric = self._operator.potential, self._operator.metric
        self.start = self._operator.W

    def x(self, W):
        """Coordinates (F,) of parameters that agree with A in what is frozen."""
        V = metric_hessian(self._operator.potential, place(W), self.metric).W - self.start
        if V[~self._operator.free].any():
            raise FlownetError(
                "the ends differ in parameters that the metric freezes: no path joins them."
            )
        return self._operator.coordinates(V)

    def W(self, x):
        """Parameters (D,) at coordinates (F,), or each row of (n, F)."""
        if x.ndim == 2:
            return np.stack([self.W(row) for row in x])
        return self.start + self._operator.displacement(x)

    def value(self, x):
        """L at x."""
        return float(self.potential.value(self.W(x)))

    def values(self, X):
        """L (n,) at the rows of X (n, F)."""
        return np.array([self.value(x) for x in X])

    def differential(self, x):
        """L and ∂L/∂x (F,)."""
        loss, dL = self.potential.differential(self.W(x))
        return loss, self._operator.covector(dL)

    def differentials(self, X):
        """L (n,) and ∂L/∂x (n, F) at the rows of X."""
        losses, slopes = zip(*(self.differential(x) for x in X))
        return np.array(losses), np.stack(slopes)

    def radius(self, X):
        """max|λ| at the rows of X, above 0."""
        found = (
            eigenpairs(self.potential, self.W(x), metric=self.metric, which="magnitude", rtol=1e-2)
            for x in X
        )
        return max(max(abs(pair.values[0]) for pair in found), np.finfo(np.float64).tiny ** 0.5)


def place(point):
    """Parameters of a critical point or an array."""
    return point.W if isinstance(point, CriticalPoint) else point
