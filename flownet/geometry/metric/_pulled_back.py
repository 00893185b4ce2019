"""The metric of parameter space seen in a chart: g̃(u)(v, v) = g(W′v, W′v), another at each point.

With V = W′v the index goes up and down through the chart, and nothing is inverted:

    g̃♭v = W′ᵀ g♭ W′v,    g̃^♯dL̃ = lift(g^♯ drop(dL̃)),

where `lift` moves the coordinates so that W moves as wanted, and `drop` is its adjoint. Where W is
flat, its straight lines are the geodesics: their curves in u bend by the Christoffel symbols,

    Γ(v, v) = g̃^♯ W′ᵀ g♭ W″(v, v),    u(s) = u + sv − ½s²Γ(v, v) + …
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from ..._errors import FlownetError, shown
from ..._registry import kind
from ...model.chart import AnyChart, ChartOfReals
from ...model.tables import metric_table
from ._diagonal import DiagonalMetric
from ._metric import Metric

if TYPE_CHECKING:
    from ..._types import Vector


@kind("metric", "pulled-back")
class PulledBack(Metric):
    """A constant metric of W seen in the coordinates u of a chart: `seen_at(u)` is that at a point.

    Weight normalisation maps more coordinates than there are weights: the length of v moves
    nothing and costs nothing; `sharp` gives it no direction, so that it stays.

    Parameters
    ----------
    chart : chart
        Such as `Sinh()`.
    metric : metric
        Of W, constant: `Euclidean(D)`, `LayerMetric`, `DiagonalMetric`.

    Attributes
    ----------
    size : int
        D_u, the number of coordinates.

    Raises
    ------
    FlownetError
        Unless the metric is constant and one of as many parameters as the chart gives; or where
        the chart has no inverse of its derivative.

    Examples
    --------
    >>> import flownet as fn
    >>> well, chart = fn.DoubleWell(3), fn.Sinh()
    >>> run = fn.train(fn.Charted(well, chart), fn.Geodesic(0.1), W0=chart.to_u([0.5, 1.0, 2.0]),
    ...                steps=10, metric=fn.PulledBack(chart, fn.Euclidean(3)))
    """

    depends_on_point = True

    def __init__(self, chart: AnyChart, metric: Metric) -> None:
        if not isinstance(chart, AnyChart):
            raise FlownetError(f"chart is {shown(chart)}; it has to be one such as flownet.Sinh().")
        if (
            not isinstance(metric, Metric)
            or metric.moves
            or metric.depends_on_point
            or (not metric.linear)
        ):
            raise FlownetError(
                f"metric is {shown(metric)}; it has to be a constant one of W, such "
                "as flownet.Euclidean(size)."
            )
        if chart.size_W not in (None, metric.size):
            raise FlownetError(
                f"the chart is one of {chart.size_W} parameters, the metric of {metric.size}."
            )
        self._diagonal = chart.diagonal and metric.diagonal
        if not (self._diagonal or chart.onto):
            raise FlownetError(
                f"{chart!r} moves W on a surface: a metric seen there has to be "
                f"diagonal, and {metric!r} is not."
            )
        self.chart, self.metric = chart, metric
        self.size = chart.size or metric.size

    def parameters(self) -> dict[str, Any]:
        """What makes this metric again, beside its chart."""
        return {"metric": metric_table(self.metric)}

    def seen_at(self, u: Vector) -> Metric:
        """The metric at u (D_u,): a `DiagonalMetric` where chart and metric are, of each alone."""
        if self._diagonal:
            return DiagonalMetric(self.chart.stiffness(np.asarray(u), self.metric.own))
        return PulledBackAt(self.chart, self.metric, np.asarray(u))

    def real_view(self) -> Metric:
        """The same metric over the 2D_u reals (re, im, …) that complex coordinates are."""
        return PulledBack(ChartOfReals(self.chart), self.metric.real_view())

    def christoffel(self, u: Vector, v: Vector) -> Vector:
        """Γ(v, v) = g̃^♯W′ᵀg♭W″(v, v) (D_u,): how far a straight line of u is from a geodesic."""
        if self.chart.linear:
            return np.zeros_like(u)
        if self._diagonal:
            return self.chart.christoffel(u, v)
        bend = 2 * self.chart.series(u, v, 2)[2]
        return self.seen_at(u).sharp(self.chart.pullback(u, self.metric.flat(bend)))

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        """Refused, like all that asks for the metric without saying where: `seen_at(u)` has it."""
        raise FlownetError(
            "a metric seen in a chart depends on the point, and this asks for it "
            "without one: metric.seen_at(u) is the one at u, and flownet.in_W(run) "
            "the path of W in its constant one."
        )

    sharp = flat = norm2 = coordinates = displacement = dual2 = steepest = _refuse
    free = property(_refuse)

    def __repr__(self):
        return f"PulledBack({self.chart!r}, {self.metric!r})"


class PulledBackAt(Metric):
    """The metric of W seen at one point u of a chart that mixes parameters."""

    def __init__(self, chart, metric, u):
        self._chart, self._metric, self._u = chart, metric, u
        self.size = u.size

    def sharp(self, dL):
        """Direction g̃^♯dL (D_u,)."""
        dL = self._chart.drop(self._u, self._vector("dL", dL))
        return self._chart.lift(self._u, self._metric.sharp(dL))

    def flat(self, V):
        """Covector g̃♭V (D_u,)."""
        V = self._chart.pushforward(self._u, self._vector("V", V))
        return self._chart.pullback(self._u, self._metric.flat(V))

    def norm2(self, V):
        """Squared length g̃(V, V) of a displacement (D_u,): that of W's."""
        return self._metric.norm2(self._chart.pushforward(self._u, V))

    @property
    def free(self):
        """Mask (D_u,) of the coordinates that may move."""
        return self._chart.frees(self._metric.free)

    def coordinates(self, V):
        """Orthonormal coordinates g̃^{1/2}V (D_u,); 0 for what W does not see, and for the frozen.

        Raises
        ------
        FlownetError
            For another chart than weight normalisation, or a metric that tells the weights of a
            unit apart: no root is known.
        """
        root = np.sqrt(np.where(self.free, self._stiffness, 0.0))
        return root.astype(V.dtype) * self._chart.root(self._u, V, 1)

    def displacement(self, x):
        """Displacement g̃^{−1/2}x (D_u,) of orthonormal coordinates; 0 likewise."""
        return (1 / np.sqrt(self._stiffness)).astype(x.dtype) * self._chart.root(self._u, x, -1)

    @cached_property
    def _stiffness(self):
        """Stiffness of each coordinate beside what the chart makes of it."""
        if not (self._chart.rooted and self._metric.diagonal):
            raise FlownetError(
                f"seen in {self._chart!r} the metric has no orthonormal coordinates "
                "that are known here: what needs them wants a constant metric, "
                "such as flownet.Euclidean(size), or the potential of W itself."
            )
        return self._chart.of_units(self._metric.own)
