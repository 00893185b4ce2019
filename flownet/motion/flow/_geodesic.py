"""Finite steps along geodesics: the same displacement of W in every chart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from ..._errors import FlownetError, shown
from ..._registry import kind
from ...geometry.metric import Metric, PulledBack
from ...kernels.scalar import mechanics as scalar
from ...model._check import is_whole, numbers_in
from ..mechanics import Mechanics
from ._integrate import integrate

if TYPE_CHECKING:
    from ..._types import NotNegative, Step, Vector

_ORDERS = ("exact", 2)


def geodesic(
    metric: Metric,
    u: Vector,
    V: Vector,
    *,
    order: Literal["exact", 2] = "exact",
    rtol: float = 1e-10,
) -> Vector:
    """Where the geodesic that leaves u with the velocity V is at time 1 (the exponential map).

    Seen in a chart the metric of W is flat, so that it is the straight line W(u) + s·W′V taken back
    to u where the chart has an inverse; elsewhere the solution of ü + Γ(u̇, u̇) = 0.

    Parameters
    ----------
    metric : PulledBack, FisherMetric, GaussNewtonMetric, or a constant metric
        Geodesics of a constant one are straight.
    u, V : array (D_u,)
    order : "exact" or 2
        2: the geodesic's own second order, u + V − ½Γ(V, V).
    rtol : float
        Of the integration, where there is one.

    Returns
    -------
    ndarray (D_u,)

    Raises
    ------
    FlownetError
        For another order, and where no geodesic goes that far.
    """
    _known(order)
    u, V = numbers_in("u", u), numbers_in("V", V)
    for name, value in (("u", u), ("V", V)):
        if isinstance(metric, Metric) and value.shape != (metric.size,):
            raise FlownetError(f"{name} has shape {value.shape}; the metric's is ({metric.size},).")
    if isinstance(metric, Metric) and not metric.depends_on_point:
        return u + V
    if not isinstance(metric, Metric):
        raise FlownetError(
            f"metric is {shown(metric)}; geodesics are known of metrics, such as "
            "flownet.PulledBack or flownet.FisherMetric."
        )
    chart = metric.chart if isinstance(metric, PulledBack) else None
    if chart is not None and chart.linear:
        return u + V
    if order == 2:
        return u + V - metric.christoffel(u, V) / 2
    if chart is not None and chart.onto and chart.invertible:
        return chart.to_u(chart.to_W(u) + chart.pushforward(u, V), near=u)
    return _integrated(metric, u, V, rtol)


def _integrated(metric, u, V, rtol):
    """The geodesic equation from (u, V) to time 1."""
    size = u.size

    def field(y):
        return np.concatenate([y[size:], -metric.christoffel(y[:size], y[size:])])

    scale = float(np.abs(V).max()) or 1.0
    return integrate(field, np.concatenate([u, V]), [0.0, 1.0], rtol=rtol, atol=rtol * scale)[
        -1, :size
    ]


@kind("mechanics", "geodesic")
class Geodesic(Mechanics):
    """Aristotle's mechanics along geodesics of the metric: u ← exp_u(−step·g^♯dL).

    A plain step u + hV is straight in its chart, and straight lines of one chart are bent in
    another: they part by ½h²Γ(V, V). A geodesic step is the same in all of them. Where the metric
    is constant it is the plain step.

    Parameters
    ----------
    step : float, str or policy
        As in `Aristotle`.
    order : "exact" or 2
        2: corrected by −½h²Γ(V, V) alone, off the geodesic by O(h³).
    weight_decay : float
        As in `Aristotle`, of the coordinates u.

    Raises
    ------
    FlownetError
        For a step or an order that is none.
    """

    numbers = scalar.Aristotle()
    along = own_loop = True

    def __init__(
        self, step: Step, order: Literal["exact", 2] = "exact", weight_decay: NotNegative = 0.0
    ) -> None:
        super().__init__(step, weight_decay)
        self.order = _known(order)


def _known(order):
    if not (isinstance(order, str) or is_whole(order, 0)) or order not in _ORDERS:
        raise FlownetError(f"order is {shown(order)}; a geodesic step is 'exact' or of order 2.")
    return order
