"""Action gap: what a straight step of finite length costs that the flow does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..._errors import FlownetError, shown
from ..._origin import Made, with_origin
from ...geometry.metric import as_reals, metric_of
from ...geometry.norm import Norm
from ...model._check import is_real, numbers_in
from ...model.potential import Reals, as_potential

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..._types import MetricLike
    from ...model.potential import AnyPotential

_NODES = (2, 4, 8, 16, 32)  # two integrate the quadratic exactly
_APART = 1e-5  # of W, how far apart differences along a displacement are taken
_RTOL = 1e-8  # of the integral; every smooth step meets it with a few nodes
_ROUNDING = 1e3 * np.finfo(np.float64).eps  # of a covector, relative


@dataclass(frozen=True)
class ActionGap(Made):
    """Action of one straight step, ½∫‖Ẇ + g^♯dL‖²_g dt, which the flow alone makes zero.

    Attributes
    ----------
    value : float
        ≥ 0.
    error : float
        Estimate of the quadrature's, rough where a kink lies on the way.
    leading : float
        h³‖Hg‖²/6, to which it tends for a small step of plain descent; NaN without a Hessian, and
        in a norm.
    noise : float
        (h/2)‖δ/h + g^♯dL(W)‖²_g, the part of a mini-batch that points elsewhere; for plain
        descent on all data 0.
    nodes : int
    """

    value: float
    error: float
    leading: float
    noise: float
    nodes: int


@with_origin
def action_gap(
    potential: AnyPotential,
    W: ArrayLike,
    step: float,
    *,
    displacement: ArrayLike | None = None,
    metric: MetricLike | None = None,
) -> ActionGap:
    """Action gap of one finite step: what a straight step costs that its flow does not.

    ∫₀ʰ[½‖Ẇ‖² + ½‖dL‖² + ⟨dL, Ẇ⟩]dt along W + tδ/h, never below 0. It is what the step's own energy
    and length are above the descent that they bring, 0 where Ẇ = −g^♯dL all the way. In a norm
    ‖dL‖ is the dual one (Fenchel–Young); in a metric it is (h/2)∫₀¹‖δ/h + g^♯dL(W+sδ)‖²ds.

    Parameters
    ----------
    potential : Potential, or any sum of potentials
    W : array (D,)
    step : float
        h > 0.
    displacement : array (D,), optional
        δ; by default −step·g^♯dL.
    metric : LayerMetric, SignNorm, …, optional
        The plain one by default.

    Returns
    -------
    ActionGap

    Raises
    ------
    FlownetError
        Unless W, δ and the metric have the potential's D parameters and `step` is above 0.

    Examples
    --------
    >>> import flownet as fn
    >>> print(f"{fn.action_gap(fn.Parabola(1), [1.0], 0.3).value:.6f}")  # h³‖Hg‖²/6
    0.004500
    """
    given = as_potential(potential, line=f"action gap of {shown(potential)}: it is no potential.")
    if not (is_real(step) and step > 0):
        raise FlownetError(f"step is {shown(step)}; it has to be a number above 0.")
    reals, found = Reals.in_double(given), metric_of(metric, given)
    point = reals.in_double_of(numbers_in("W", W))
    exact = found.exact if isinstance(found, Norm) else found
    way, found = (reals.of_metric(each).seen_at(point) for each in (found, exact))
    if displacement is None:
        delta = -step * way.sharp(reals.potential.differential(point)[1])
    else:
        delta = reals.in_double_of(numbers_in("displacement", displacement))
    if point.shape != (reals.potential.size,) or delta.shape != point.shape:
        raise FlownetError(f"W and the displacement have to have {reals.size} numbers each.")
    return straight_gap(reals.potential, found, point, delta, float(step))


def straight_gap(potential, metric, W, delta, step):
    """`ActionGap` of the straight step δ (D,) from W (D,) that takes the time h.

    At uniform speed W + sδ, 0 ≤ s ≤ 1, it is (h/2)∫₀¹‖δ/h + g^♯dL(W+sδ)‖²_g ds. For a step
    δ = −h g^♯dL(W) of plain descent this is (h/2)∫₀¹‖dL(W+sδ) − dL(W)‖²_g ds, with the leading
    term h³‖Hg‖²/6; on a quadratic potential it is that term. Gauss–Legendre in s, with twice the
    nodes until two integrals agree: their difference is the error. Where 32 nodes do not, as on the
    kinks of ReLU, it is the largest of the
    differences, each counted half as much as the next.

    Parameters
    ----------
    potential : Potential
    metric : LayerMetric
    W, delta : array (D,)
    step : float
        h > 0.
    """
    V = delta / step

    def excess(s):
        dL = potential.differential(W + s * delta)[1]
        if metric.linear:
            return metric.norm2(V + metric.sharp(dL))
        return metric.norm2(V) + metric.dual2(dL) + 2 * float(np.vdot(as_reals(dL), as_reals(V)))

    with np.errstate(over="ignore", invalid="ignore"):
        value, error, nodes = _integral(excess, _ROUNDING * np.sqrt(metric.norm2(V)))
        leading = np.nan
        if metric.linear:
            slope = metric.sharp(potential.differential(W)[1])
            leading = metric.norm2(second_order(potential, metric, W, slope))
        return ActionGap(
            step / 2 * value, step / 2 * error, step**3 / 6 * leading, step / 2 * excess(0.0), nodes
        )


def second_order(potential, metric, W, V):
    """g^♯HV (D,), V a vector; NaN where the potential offers no Hessian.

    Of a metric that depends on the point the change of g^♯dL along V, by central differences.
    """
    if metric.depends_on_point:
        return _change_along(potential, metric, W, V)
    if not potential.offers("hessian_action"):
        return np.full(len(W), np.nan)
    return metric.sharp(potential.hessian_action(W, V))


def _change_along(potential, metric, W, V):
    """d/ds of g^♯dL at W + sV (D,), by central differences: off by 1e-9 of it, about."""
    size = np.abs(V).max()
    if not 0 < size < np.inf:
        return np.zeros_like(W)
    s = _APART * max(1.0, np.abs(W).max()) / size
    ahead, back = (
        metric.seen_at(X).sharp(potential.differential(X)[1]) for X in (W + s * V, W - s * V)
    )
    return (ahead - back) / (2 * s)


def _integral(squared, rounding):
    """∫₀¹ of a squared length, the change at the last doubling, and the number of nodes."""
    before, last = _gauss(squared, _NODES[0]), 0.0
    for nodes in _NODES[1:]:
        value = _gauss(squared, nodes)
        error = abs(value - before)
        if not np.isfinite(error) or error <= _RTOL * value + 2 * np.sqrt(value) * rounding:
            return value, error, nodes
        before, last = value, max(last / 2, error)
    return value, last, nodes


def _gauss(function, nodes):
    x, weights = np.polynomial.legendre.leggauss(nodes)
    return float(sum(w * function(s) for s, w in zip((1 + x) / 2, weights / 2)))
