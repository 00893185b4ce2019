"""Curvature in the metric: the spectrum of g^{-1/2} H g^{-1/2} on what may move."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, overload

import numpy as np

from ... import _progress
from ..._errors import FlownetError, shown
from ..._origin import Made, with_origin
from ..._registry import among
from ...model._check import is_real, is_whole, numbers_in
from ...store.trajectory import OF_POTENTIAL, Record, Trajectory
from ..metric import metric_along
from ._applied import metric_hessian
from ._eigen import WHICH, extreme, fresh
from ._lanczos import NoSpectrum

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..._types import MetricLike
    from ...model.potential import AnyPotential

_MOST = 2000  # Hessian actions before a search is given up


class _Pairs(NamedTuple):
    values: Any
    vectors: Any


class Eigenpairs(_Pairs, Made):
    """Principal curvatures, the largest first, and their directions: a pair of arrays.

    Attributes
    ----------
    values : ndarray (k,)
        Eigenvalues of the Hessian in the metric, descending.
    vectors : ndarray (k, D)
        A direction for each: displacements, orthonormal in g.
    residuals : ndarray (k,), or None
        ‖Hx − λx‖ of each unit vector x of coordinates, which the search has brought to some
        rtol·max|λ|; None of pairs that somebody else made.
    """

    residuals: Any = None


@with_origin
def eigenpairs(
    potential: AnyPotential,
    W: ArrayLike,
    k: int = 1,
    *,
    metric: MetricLike | None = None,
    which: Literal["largest", "smallest", "magnitude"] = "largest",
    start: ArrayLike | Eigenpairs | None = None,
    rtol: float = 1e-6,
) -> Eigenpairs:
    """Extreme principal curvatures of a potential at W, and their directions, in the metric.

    H v = λ g v, by Lanczos from a fixed start: the same arguments, the same bits.

    Parameters
    ----------
    potential : Potential, or any with `.hessian(W)`
    W : array (D,)
    k : int
        How many, from 1 to the number of free parameters.
    metric : LayerMetric or DiagonalMetric, optional
    which : str
        "largest" or "smallest" as numbers with their sign, or "magnitude".
    start : array (D,) or Eigenpairs, optional
        Where to begin: a displacement, or what was found nearby. It changes the work, and the
        result within `rtol`.
    rtol : float
        Largest residual ‖Hv − λgv‖, relative to the largest |λ|; it bounds the error of a
        value, which is about its square.

    Returns
    -------
    Eigenpairs
        `values` (k,), descending; `vectors` (k, D), displacements with ⟨v_i, g v_j⟩ = δ_ij, the
        largest orthonormal coordinate of each above 0.

    Raises
    ------
    FlownetError
        Unless W, `start` and the metric have the potential's D parameters, k is from 1 to the
        number that may move, and `rtol` between 0 and 1; or where the search does not converge.
    """
    found, operator, x = _found(potential, W, k, metric, which, start, rtol)
    found.residuals = np.array(
        [np.linalg.norm(operator.matvec(row) - a * row) for a, row in zip(found.values, x)]
    )
    return found


def _found(potential, W, k=1, metric=None, which="largest", start=None, rtol=1e-6):
    """`Eigenpairs`, without how near they are, the operator, and unit vectors (k, F)."""
    operator = metric_hessian(potential, W, metric)
    n = operator.shape[0]
    if not is_whole(k, 1, n):
        raise FlownetError(
            f"k is {shown(k)}; it has to be a whole number from 1 to {n}, the free parameters."
        )
    among("end of the spectrum", which, list(WHICH))
    if not (is_real(rtol) and 0 < rtol < 1):
        raise FlownetError(f"rtol is {shown(rtol)}; it has to lie between 0 and 1.")
    values, x = extreme(operator, int(k), which, _start(operator, start), rtol, max(_MOST, 10 * k))
    x *= np.sign(x[range(k), np.abs(x).argmax(axis=1)])[:, None]
    vectors = np.array([operator.displacement(row) for row in x])
    return Eigenpairs(values, operator.reals.back(vectors)), operator, x


@overload
def sharpness(
    what: AnyPotential,
    W: ArrayLike,
    *,
    metric: MetricLike | None = ...,
    start: ArrayLike | Eigenpairs | None = ...,
    rtol: float = ...,
) -> float: ...


@overload
def sharpness(
    what: Trajectory,
    *,
    every: int | None = ...,
    metric: MetricLike | None = ...,
    start: ArrayLike | Eigenpairs | None = ...,
    rtol: float = ...,
    progress: bool = ...,
) -> Record: ...


def sharpness(
    what: AnyPotential | Trajectory,
    W: ArrayLike | None = None,
    *,
    every: int | None = None,
    metric: MetricLike | None = None,
    start: ArrayLike | Eigenpairs | None = None,
    rtol: float = 1e-6,
    progress: bool = True,
) -> float | Record:
    """Sharpness: the largest (algebraic) eigenvalue of the Hessian in the metric.

    `sharpness(potential, W)` is that of a potential at W; `sharpness(run, every=n)` that of a
    run's full potential along its recorded states, each search beginning where the last ended.
    Gradient descent with a step h is stable on a parabola below 2/h.

    Parameters
    ----------
    what : Potential, or any with `.hessian(W)`; or Trajectory
    W : array (D,)
    every : int, optional
        Of a run: the interval in iterations, by default that of the recorded parameters.
    metric : LayerMetric or DiagonalMetric, optional
        The plain one by default; along a run the run's own, at the time of each state, or one that
        changes in time, such as `flownet.adaptive_metric(run)`.
    start : array (D,) or Eigenpairs, optional
        As in `eigenpairs`.
    rtol : float
        As in `eigenpairs`.
    progress : bool
        Of a run: a progress bar after two seconds, where the output is a terminal.

    Returns
    -------
    float; or Record of a run
        iteration (T,), time (T,), value (T,); nan where the Hessian of a state is not finite or
        the search does not converge.

    Raises
    ------
    FlownetError
        Unless W, `start` and the metric have the potential's D parameters and `every` is a whole
        number from 1 up; or where the search at one W does not converge.
    """
    if isinstance(what, Trajectory):
        if W is not None:
            raise FlownetError("sharpness(run) takes no W: it goes along the recorded states.")
        return _along(what, every, metric, start, rtol, progress)
    if W is None or every is not None:
        raise FlownetError("sharpness wants a potential and parameters W, or a run and every=n.")
    return float(_found(what, W, 1, metric, "largest", start, rtol)[0].values[0])


def _along(run, every, metric, start, rtol, progress):
    if every is not None and not is_whole(every, 1):
        raise FlownetError(f"every is {shown(every)}; it has to be a whole number from 1 up.")
    run.in_one_way("sharpness along a run", *OF_POTENTIAL, "metric")
    rows = np.flatnonzero(run.iteration % (every or 1) == 0)
    metric = metric_along(run, metric)
    values = np.empty(len(rows))
    with _progress.bar(len(rows), shown=progress, what="states looked at") as show:
        for i, row in enumerate(rows.tolist()):
            try:
                at = metric.at(run.time[row])
                start, *_ = _found(
                    run.potential, run.parameters[row], metric=at, start=start, rtol=rtol
                )
                values[i] = start.values[0]
            except NoSpectrum:  # of a run that diverges
                start, values[i] = None, np.nan
            show(i + 1)
    return Record(run.iteration[rows], run.time[rows], values)


def _start(operator, start):
    """Coordinates (F,) of where to begin."""
    if start is None:
        return fresh(operator.shape[0], 0)
    V = start.vectors.sum(axis=0) if isinstance(start, Eigenpairs) else start
    V = operator.reals.of(np.ascontiguousarray(numbers_in("start", V)))
    if V.shape != operator.free.shape or V.dtype.kind not in "biuf":
        raise FlownetError(
            f"start is {shown(start)}; it has to be a displacement of shape "
            f"{operator.free.shape}, or what eigenpairs gave."
        )
    x = operator.coordinates(V)
    if not np.isfinite(x).all() or not x.any():
        raise FlownetError("start is zero, or not finite, on the free parameters.")
    return x
