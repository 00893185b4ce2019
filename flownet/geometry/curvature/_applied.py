"""Curvature applied: the Hessian of a potential in a metric, and its third derivative."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..._errors import FlownetError, shown
from ...model._check import array
from ...model.potential import as_potential

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..._types import MetricLike
    from ...model.potential import AnyPotential
    from ._metric_hessian import MetricHessian


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
    from ._metric_hessian import MetricHessian  # scipy's operators take a tenth of a second

    return MetricHessian(potential, W, metric)


def with_hessian(given):
    """A potential with a Hessian, of what a user hands in."""
    line = (
        f"curvature of {shown(given)}: it has to be a potential with hessian(W), such as a "
        "flownet.Potential."
    )
    return as_potential(given, needs=("size", "hessian"), line=line)


def real_point(reals, W):
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


def third(hessian, U, V):
    """T[U,V] (D,) of a Hessian that acts, by polarisation: (T[U+V,U+V] − T[U−V,U−V])/4."""
    return (hessian.third_action(U + V) - hessian.third_action(U - V)) / 4
