"""The Hessian in the coordinates of a metric, g^{-1/2} H g^{-1/2}, on what may move."""

import numpy as np
from scipy.sparse.linalg import LinearOperator

from ..._errors import FlownetError
from ...model.potential import Reals
from ..metric import metric_of, refuse_norm
from ._applied import real_point, with_hessian
from ._lanczos import NoSpectrum


class MetricHessian(LinearOperator):
    """g^{-1/2} H g^{-1/2} on the free components.

    Attributes
    ----------
    reals : Reals
        How parameters are seen by the operator: D below counts reals.
    potential, W : the potential and parameters (D,), in float64
    hessian : LinearOperator (D, D)
        H.
    metric : Metric
    free : ndarray (D,)
        Mask of the components that may move.
    """

    def __init__(self, potential, W, metric=None):
        given = with_hessian(potential)
        self.reals = reals = Reals.in_double(given)
        self.potential, self.W = reals.potential, real_point(reals, W)
        metric = metric_of(metric, given)
        refuse_norm(metric, "a Hessian has no spectrum in it, but a sharpness, norm_sharpness")
        metric = reals.of_metric(metric)
        self.metric = metric = metric.seen_at(self.W)
        self.free = metric.free
        free = int(self.free.sum())
        if not free:
            raise FlownetError("the metric freezes every parameter; there is no curvature to see.")
        self._root = metric.displacement(np.ones(self.free.size))[self.free]
        self.hessian = self.potential.hessian(self.W)
        super().__init__(np.dtype(np.float64), (free, free))

    def _matvec(self, x):
        return self._matmat(x.reshape(-1, 1))[:, 0]

    def _matmat(self, X):
        V = np.zeros((self.free.size, X.shape[1]))
        V[self.free] = X
        image = self._raised(self.hessian.matmat(self._raised(V)))[self.free]
        if not np.isfinite(image).all():
            raise NoSpectrum("the Hessian is not finite at these parameters.")
        return image

    def _adjoint(self):
        return self

    def coordinates(self, V):
        """Orthonormal coordinates (F,) of a displacement (D,)."""
        V = self.reals.of(np.ascontiguousarray(V))
        return self.metric.coordinates(V.astype(np.float64, copy=False))[self.free]

    def covector(self, dL):
        """Components g^{-1/2}dL (F,) of a covector (D,) in these coordinates."""
        return self._raised(np.where(self.free, dL, 0.0)[:, None])[self.free, 0]

    def displacement(self, x):
        """Displacement (D,) of orthonormal coordinates (F,)."""
        V = np.zeros(self.free.size)
        V[self.free] = x
        return self._raised(V[:, None])[:, 0]

    def _raised(self, V):
        """g^{-1/2} of columns (D, k) where they are free; the others are left alone."""
        if not self.metric.diagonal:
            return np.stack([self.metric.displacement(v) for v in V.T], axis=1)
        V[self.free] *= self._root[:, None]
        return V
