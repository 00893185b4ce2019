"""The Hessian in the coordinates of a metric, g^{-1/2} H g^{-1/2}, on what may move."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse.linalg import LinearOperator

from ..._errors import FlownetError, shown
from ...model._check import array
from ...model.potential import Reals, as_potential
from ..metric import metric_of, refuse_norm
from ._lanczos import NoSpectrum

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..._types import MetricLike
    from ...model.potential import AnyPotential


def metric_hessian(
    potential: AnyPotential, W: ArrayLike, metric: MetricLike | None = None
) -> MetricHessian:
    """The Hessian of a potential at W in orthonormal coordinates of a metric, g^{-1/2} H g^{-1/2}.

    Acts on the F free components alone, in float64 whatever the potential's precision.

    Parameters
    ----------
    potential : Potential, or any with `.hessian(W)`
    W : array (D,)
    metric : LayerMetric or DiagonalMetric, optional
        The plain one by default.

    Returns
    -------
    MetricHessian
        A `scipy.sparse.linalg.LinearOperator` (F, F).

    Raises
    ------
    FlownetError
        Unless W and the metric have the potential's D parameters and one of them may move.
    """
    return MetricHessian(potential, W, metric)


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
        self.potential, self.W = reals.potential, _point(reals, W)
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


def with_hessian(given):
    """A potential with a Hessian, of what a user hands in."""
    line = (
        f"curvature of {shown(given)}: it has to be a potential with hessian(W), such as a "
        "flownet.Potential."
    )
    return as_potential(given, needs=("size", "hessian"), line=line)


def _point(reals, W):
    """Parameters in double precision, as reals."""
    W = array("W", W)
    numbers = "complex" if reals.pairs else "real"
    if W.shape != (reals.size,) or W.dtype.kind not in ("biufc" if reals.pairs else "biuf"):
        raise FlownetError(
            f"W has shape {W.shape} and holds {W.dtype}; the potential's parameters "
            f"are ({reals.size},) {numbers} numbers."
        )
    W = W.astype(reals.dtype)
    if not np.isfinite(W).all():
        raise FlownetError(f"W is not finite at index {int(np.argmin(np.isfinite(W)))}.")
    return reals.of(W)
