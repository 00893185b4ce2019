"""Action gap: what a straight step of finite length costs that the flow does not."""

from dataclasses import dataclass

import numpy as np

_NODES = (2, 4, 8, 16, 32)  # two integrate the quadratic exactly
_APART = 1e-5  # of W, how far apart differences along a displacement are taken
_RTOL = 1e-8  # of the integral; every smooth step meets it with a few nodes
_ROUNDING = 1e3 * np.finfo(np.float64).eps  # of a covector, relative


@dataclass(frozen=True)
class ActionGap:
    """Action of one straight step, ½∫‖Ẇ + g^♯dL‖²_g dt, which the flow alone makes zero.

    Attributes
    ----------
    value : float
        ≥ 0.
    error : float
        Estimate of the quadrature's, rough where a kink lies on the way.
    leading : float
        h³‖Hg‖²/6, to which it tends for a small step of plain descent; NaN without a Hessian.
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


def action_gap(potential, metric, W, delta, step):
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
        return metric.norm2(V + metric.sharp(potential.differential(W + s * delta)[1]))

    with np.errstate(over="ignore", invalid="ignore"):
        value, error, nodes = _integral(excess, _ROUNDING * np.sqrt(metric.norm2(V)))
        slope = metric.sharp(potential.differential(W)[1])
        bend = second_order(potential, metric, W, slope)
        return ActionGap(
            step / 2 * value,
            step / 2 * error,
            step**3 / 6 * metric.norm2(bend),
            step / 2 * metric.norm2(V + slope),
            nodes,
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
