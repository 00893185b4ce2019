"""Where the flow ends: down along it, then a polish that stays in its basin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ... import _progress
from ..._errors import FlownetError, shown
from ..._origin import with_origin
from ...geometry.curvature import metric_hessian
from ...motion import _check
from ...motion.flow import flow
from ..step import first_kink
from ._critical import FLAT, ROUNDING, extreme, largest, named
from ._filippov import kinked, slid
from ._infimum import refuse_endless, refuse_separated
from ._point import CriticalPoint
from ._polish import endless, polish, rounding

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..._types import MetricLike
    from ...model.potential import AnyPotential

_CONVEX = 1e-6  # of max|λ|: curvature below −this, and the flow is still on its way
_STALLED = 1e-8  # of the natural gradient: nearer to a saddle the flow's tolerance cannot tell
_FIRST, _FACTOR = 4.0, 2.0  # the first stretch of flow in units of 1/max|λ|, and how they grow
_KINKED = 16.0  # longest stretch, in these units, where the flow may come to slide along a kink
_PATIENCE = 1e5  # flow time in units of 1/max|λ|, by default
_SAMPLES = 5  # points between hand-over and minimum where convexity is looked at


@with_origin
def minimum(
    potential: AnyPotential,
    W: ArrayLike,
    *,
    metric: MetricLike | None = None,
    time: float | None = None,
    rtol: float = 1e-8,
    atol: float = 1e-10,
    progress: bool = True,
) -> CriticalPoint:
    """Where the flow Ẇ = −g^♯dL from W ends, polished until ‖dL‖ is rounding.

    The way down is the flow itself, in stretches that double. Newton's steps, by conjugate
    residuals on Hessian actions, polish the end alone: they are taken back, and the flow goes on,
    unless L is convex from where they began, at W₁, to where they arrive, at W*. On a convex ball
    around W* the flow from W₁ could not end elsewhere, for d/dt ½‖W−W*‖² = −⟨dL, W−W*⟩ ≤ 0.
    It is looked at on the line from W₁ to W*, where no λ may lie below −1e-6·max|λ| and no unit may
    pass a kink, and where W* is no degenerate minimum also across it: λ_min > ‖W₁−W*‖·‖dλ_min‖,
    dλ_min = T[v,v].

    Where the flow is stopped by a saddle, ‖dL‖ below 1e-8 of its natural size while some λ < 0,
    the saddle is the answer: a flow that would pass it nearer than its own tolerance cannot be
    distinguished from one that ends there. Where the flow slides along a kink of relu, steps of
    0.02/max|λ| stand for it.

    Parameters
    ----------
    potential : Potential, Sum or analytic
    W : array (D,)
        Where a run or a flow ended, or any parameters.
    metric : LayerMetric or DiagonalMetric, optional
    time : float, optional
        Flow time at most; by default 1e5/max|λ| at W.
    rtol, atol : float
        Of the flow.
    progress : bool
        A progress bar after two seconds, where the output is a terminal.

    Returns
    -------
    CriticalPoint

    Raises
    ------
    FlownetError
        Where there is no minimum at a finite distance: cross-entropy on data that the network
        separates, or a loss that only falls towards an infimum at infinity, so that the Newton
        steps of the polish do not shrink; where the flow runs to infinity, or slides along a kink
        of relu to a minimum where dL does not vanish; and unless W and the metric have the
        potential's D parameters and `time` is above 0.
    """
    operator = metric_hessian(potential, W, metric)
    potential, metric = operator.potential, operator.metric
    if time is not None and not (_check.is_number(time) and time > 0):
        raise FlownetError(f"time is {shown(time)}; it has to be a number above 0.")
    radius = largest(operator)
    most = _PATIENCE / radius if time is None else float(time)
    done, stretch, longest = 0.0, _FIRST / radius, _KINKED if kinked(potential) else np.inf
    with _progress.bar(1000, shown=progress, what="flow to the minimum") as show:
        while True:
            radius = max(radius, largest(operator))
            found = _end(potential, operator, metric, radius, done)
            if found is not None:
                return found
            refuse_separated(potential, operator.W, metric)
            if done >= most:
                return _not_reached(operator, radius, done)
            stretch = min(stretch, longest / radius, most - done)
            W = slid(potential, operator.W, metric, stretch, radius)
            if W is None:
                W = _flowed(
                    flow(
                        potential,
                        W0=operator.W,
                        time=stretch,
                        at=[0.0, stretch],
                        metric=metric,
                        rtol=rtol,
                        atol=atol,
                    )
                )
            operator = metric_hessian(potential, W, metric)
            done, stretch = done + stretch, _FACTOR * stretch
            show(1000 * np.log1p(done) / np.log1p(most))


def _flowed(way):
    """Where a stretch of flow ended."""
    W = way.parameters[-1]
    if way.bound_met:
        raise FlownetError(
            f"the flow to the minimum stopped at t = {way.time[-1]:g}, by {way.bound_met}: a "
            "larger rtol needs fewer steps."
        )
    if way.diverged_at is not None or len(way.parameters) < 2 or not np.isfinite(W).all():
        raise FlownetError("the flow runs to infinity: the potential has no minimum on its way.")
    return W


def _end(potential, operator, metric, radius, done):
    """The critical point next to W, if that is where the flow ends."""
    smallest = extreme(operator, metric, "smallest")[0]
    natural = rounding(operator, radius) / np.finfo(np.float64).eps
    size = np.linalg.norm(operator.covector(operator.hessian.dL))
    convex = smallest >= -_CONVEX * radius
    if not convex and size > _STALLED * natural:
        return None
    reached = polish(potential, operator.W, metric, radius)
    length = float(np.linalg.norm(reached.operator.coordinates(reached.W - operator.W)))
    least = max(rounding(reached.operator, radius), np.finfo(np.float64).eps * size)
    if reached.gradient > ROUNDING * least:
        return None
    if convex and not _in_basin(potential, operator, reached, metric, radius, length):
        return None
    without_end = endless(potential, reached, metric)
    if convex:
        refuse_separated(potential, reached.W, metric)
        if without_end:
            refuse_endless()
    if without_end:
        return None
    return named(reached, metric, radius, least, done, length)


def _in_basin(potential, operator, reached, metric, radius, length):
    """Whether L is convex from W₁ to W*, without a kink, and around W* as far as W₁."""
    V = reached.W - operator.W
    if V.any() and any(first_kink(atom, operator.W, V)[0] < 1 for atom in kinked(potential)):
        return False
    for s in np.linspace(0, 1, _SAMPLES + 1)[1:]:
        there = metric_hessian(potential, operator.W + s * V, metric)
        smallest, v = extreme(there, metric, "smallest")
        if smallest < -_CONVEX * radius:
            return False
    if smallest <= _CONVEX * radius:  # degenerate: it has no radius of its own
        return True
    change = there.covector(there.hessian.third_action(v))
    return smallest > length * np.linalg.norm(change)


def _not_reached(operator, radius, done):
    size = float(np.linalg.norm(operator.covector(operator.hessian.dL)))
    return CriticalPoint(
        operator.W,
        float(operator.hessian.loss),
        size,
        float(rounding(operator, radius)),
        "not reached",
        np.nan,
        np.nan,
        FLAT * radius,
        done,
        0,
        0.0,
    )
