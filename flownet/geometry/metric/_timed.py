"""Metrics that depend on time: a schedule of metrics, and a function of the time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError, shown
from ..._registry import kind
from ._diagonal import Euclidean
from ._metric import Metric

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROUNDING = 1e-9  # relative: what is left between a time and the sum of the steps that lead to it


class TimeDependent(Metric):
    """A metric that is none before a time is named."""

    moves = True
    times: Any = None

    def real_view(self) -> Metric:
        """The same metric of the 2D reals (re, im, re, im, …) that complex parameters are."""
        return TimeDependentOfReals(self)

    def _refuse(self, *_):
        """Refused, like all that asks for the metric without saying when: `at(time)` has it."""
        raise FlownetError(f"{self!r} depends on time: metric.at(time) is the one of a time.")

    sharp = flat = norm2 = coordinates = displacement = dual2 = steepest = _refuse
    free = diagonal = property(_refuse)


class TimeDependentOfReals(TimeDependent):
    """A metric of complex parameters that depends on time, as one of the reals that they are.

    Parameters
    ----------
    metric : TimeDependent
    """

    def __init__(self, metric):
        self.of, self.size, self.times = metric, 2 * metric.size, metric.times
        self._now = self._seen = None

    @property
    def is_compiled(self):
        """Whether kernels know it."""
        return self.of.is_compiled

    @property
    def linear(self):
        """Whether all of them are metrics, and none a norm."""
        return self.of.linear

    @property
    def of_steps(self):
        """Whether a run asks it for the stiffness of its steps."""
        return self.of.of_steps

    @property
    def recorded(self):
        """Whether a run records that stiffness."""
        return self.of.recorded

    def numbers(self, first, times):
        """Stiffness (count, layers) of iterations from `first` on, at their times (count,)."""
        return self.of.numbers(first, times)

    def with_numbers(self, numbers=None):
        """The metric of some stiffness (layers,)."""
        return self.of.with_numbers(numbers).real_view()

    def along(self, run):
        """The metric at each time of a recorded run."""
        return self.of.along(run).real_view()

    def at(self, time):
        """The metric at a time; the same object as long as it stays."""
        return self._view(self.of.at(time))

    def span(self, time):
        """From when until when, the end excluded, the metric is that of a time."""
        return self.of.span(time)

    def stage(self, time):
        """The metric from a time on, and when it changes; itself where it always does."""
        if self.times is None:
            return super().stage(time)
        metric, until = self.of.stage(time)
        return self._view(metric), until

    def _view(self, metric):
        if metric is not self._now:
            self._now, self._seen = metric, metric.real_view()
        return self._seen

    def __repr__(self):
        return repr(self.of)


@kind("metric", "timed")
class TimedMetric(TimeDependent):
    """A metric that changes at given times: metrics[i] from times[i] on.

    Layers are thawed one after another, or stiffened as a run goes on. A finite step is taken in
    the metric of the time it begins at; a flow meets each change exactly. What mechanics remember
    of a layer is kept while it is frozen. A schedule costs a run nothing; a Python function of the
    time in its place (`train(metric=function)`) is asked before each step, and takes some 0.1 ms.

    Parameters
    ----------
    times : sequence of float
        Ascending, the first of them 0, in the time of the run (Σ step) or of the flow.
    metrics : sequence of metrics
        As many, of the same parameters.

    Raises
    ------
    FlownetError
        Unless the times ascend from 0 and there is one metric for each, all of one size.

    Examples
    --------
    >>> import flownet as fn
    >>> net = fn.Network([4, 8, 2])
    >>> thawed = fn.TimedMetric([0.0, 20.0], [fn.LayerMetric(net, [float("inf"), 1.0]),
    ...                                       fn.LayerMetric(net, [1.0, 1.0])])
    >>> thawed.at(25.0)
    LayerMetric([1.0, 1.0])
    """

    def __init__(self, times: Sequence[float], metrics: Sequence[Metric]) -> None:
        given = times
        try:
            times = np.array(given, np.float64)
        except (TypeError, ValueError, OverflowError):
            times = np.zeros(0)
        if (
            times.ndim != 1
            or not times.size
            or times[0] != 0
            or not (np.isfinite(times).all() and (np.diff(times) > 0).all())
        ):
            raise FlownetError(
                f"times is {shown(given)}; they have to ascend from 0 on, such as [0.0, 20.0]."
            )
        try:
            self.metrics = tuple(metrics)
        except TypeError:
            self.metrics = ()
        if len(self.metrics) != len(times):
            raise FlownetError(
                f"metrics is {shown(metrics)}; it has to be one metric for each of "
                f"the {len(times)} times."
            )
        for metric in self.metrics:
            if not isinstance(metric, Metric) or isinstance(metric, TimeDependent):
                raise FlownetError(
                    f"a metric of a schedule is {shown(metric)}; it has to be one "
                    "that stays, such as flownet.LayerMetric(network, stiffness)."
                )
        sizes = sorted({metric.size for metric in self.metrics})
        if len(sizes) > 1:
            raise FlownetError(
                f"the metrics of a schedule are of {sizes[0]} and {sizes[1]} "
                "parameters; all have to be of the same."
            )
        self.size = self.metrics[0].size
        self.times, self._begins = times, times * (1 - _ROUNDING)

    @property
    def is_compiled(self) -> bool:  # type: ignore[override]
        """Whether kernels know all of them."""
        return all(metric.is_compiled for metric in self.metrics)

    @property
    def linear(self) -> bool:  # type: ignore[override]
        """Whether all of them are metrics, and none a norm."""
        return all(metric.linear for metric in self.metrics)

    def at(self, time: float) -> Metric:
        """The metric at a time, changed a billionth before a change, since sums of steps round."""
        return self.metrics[_stage(self._begins, time)]

    def span(self, time: float) -> tuple[float, float]:
        """From when until when, the end excluded, the metric is that of a time."""
        stage = _stage(self._begins, time)
        ends = [-math.inf, *self._begins[1:].tolist(), math.inf]
        return ends[stage], ends[stage + 1]

    def stage(self, time: float) -> tuple[Metric, float]:
        """The metric from a time on, and when it changes, to the last bit: that of a flow."""
        stage = _stage(self.times, time)
        return self.metrics[stage], [*self.times.tolist(), math.inf][stage + 1]

    def parameters(self) -> dict[str, Any]:
        """What makes this metric again: times, and metrics."""
        return {"times": self.times.tolist(), "metrics": list(self.metrics)}

    def __repr__(self):
        return f"TimedMetric({self.times.tolist()}, {list(self.metrics)})"


def _stage(times, time):
    return max(0, int(np.searchsorted(times, time, "right")) - 1)


class MetricOfTime(TimeDependent):
    """A metric that a Python function gives for each time; no file can say it.

    What it gives has to be of kinds that kernels know throughout, or at no time.

    Parameters
    ----------
    function : callable
        Time → metric.
    size : int
        D.
    """

    def __init__(self, function, size):
        self.function, self.size = function, size

    @property
    def is_compiled(self):
        """Whether kernels know the first of them."""
        return self.at(0.0).is_compiled

    @property
    def linear(self):
        """Whether the first of them is a metric, and no norm."""
        return self.at(0.0).linear

    def at(self, time):
        """The metric at a time."""
        metric = self.function(float(time))
        if not isinstance(metric, Metric) or isinstance(metric, TimeDependent):
            raise FlownetError(
                f"metric({time:g}) is {shown(metric)}; it has to be one such as "
                "flownet.LayerMetric(network, stiffness)."
            )
        if metric.size != self.size:
            raise FlownetError(
                f"metric({time:g}) is one of {metric.size} parameters, the "
                f"potential has {self.size}."
            )
        return metric

    def span(self, time):
        """The time itself: the next one may have another metric."""
        return time, math.nextafter(time, math.inf)

    def __repr__(self):
        # a function has a name, a callable object has none
        return f"a metric by the function {getattr(self.function, '__qualname__', self.function)}"


def metric_of(metric, potential):
    """A metric of a potential: the plain one for None, and of a function that of time.

    Raises
    ------
    FlownetError
        For what is none, or one of other parameters.
    """
    if metric is None:
        return Euclidean(potential.size)
    if callable(metric) and not isinstance(metric, (Metric, type)):
        return MetricOfTime(metric, potential.size)
    if not isinstance(metric, Metric):
        raise FlownetError(
            f"metric is {shown(metric)}; it has to be one such as "
            "flownet.LayerMetric(network, stiffness), or a function of the time "
            "that gives one."
        )
    if metric.size != potential.size:
        raise FlownetError(
            f"the metric is one of {metric.size} parameters, the potential has {potential.size}."
        )
    return metric


def refuse_norm(metric, what):
    """Refuse a norm that is no metric where `what` asks for more than the way down."""
    if not metric.linear:
        raise FlownetError(
            f"{metric!r} is a norm and no metric: {what}. It does for train, breakdown, "
            "path_length, action_gap and norm_sharpness; here name a metric, or none."
        )
