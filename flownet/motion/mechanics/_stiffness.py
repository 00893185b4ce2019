"""A stiffness for each layer that has a schedule, in the time of the run or of the flow."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ..._errors import FlownetError, shown
from ..._registry import kind
from ...geometry.metric import LayerMetric, TimeDependent
from ._policy import StepPolicy
from ._policy_of import number_or_policy

if TYPE_CHECKING:
    from ..._types import Stiffnesses
    from ...geometry.metric import Metric
    from ...model.network import Network


@kind("metric", "scheduled")
class ScheduledMetric(TimeDependent):
    """A metric of layers whose stiffness follows schedules in time: one number or schedule a layer.

    A schedule's iteration is here the time, of the run (Σ step) or of the flow: at time t the
    stiffness is `schedule.at(t)`. `Exponential(100, 0.5, over=10, floor=1)` softens a layer of
    stiffness 100 by half in every 10 units of time. Asked before each step, which takes some
    0.1 ms; a schedule of stages, `TimedMetric`, costs nothing.

    Parameters
    ----------
    network : Network
    stiffness : sequence of float, str or schedule
        One a layer; `inf` freezes. Schedules of the loss, of a state, and arrays have no number for
        every time.

    Raises
    ------
    FlownetError
        Unless there is one a layer, and in the run for a stiffness that is not above 0.

    Examples
    --------
    >>> import flownet as fn
    >>> net = fn.Network([4, 8, 2])
    >>> metric = fn.ScheduledMetric(net, [fn.Exponential(100.0, 0.5, over=10, floor=1.0), 1.0])
    >>> metric.at(20.0)
    LayerMetric([25.0, 1.0])
    """

    is_compiled = True

    def __init__(self, network: Network, stiffness: Stiffnesses) -> None:
        if isinstance(stiffness, str) or len(stiffness) != network.layers:
            raise FlownetError(
                f"stiffness is {shown(stiffness)}; it has to be {network.layers} numbers or "
                "schedules, one for each layer."
            )
        self.network, self.size = network, network.size
        self.schedules = [_of_time(entry) for entry in stiffness]
        self.at(0.0)

    def at(self, time: float) -> Metric:
        """The metric at a time."""
        numbers = [
            s.at(time) if isinstance(s, StepPolicy) else s  # type: ignore[arg-type]  # `of_time`
            for s in self.schedules
        ]
        return LayerMetric(self.network, numbers)

    def span(self, time: float) -> tuple[float, float]:
        """The time itself: the next one has another metric."""
        return time, math.nextafter(time, math.inf)

    def parameters(self) -> dict[str, Any]:
        """What makes this metric again, beside its network."""
        return {"stiffness": [s.plain if isinstance(s, StepPolicy) else s for s in self.schedules]}

    def __repr__(self):
        return f"ScheduledMetric({self.schedules!r})"


def _of_time(entry):
    """A number, or a schedule that has one for every time."""
    if not isinstance(entry, str) and isinstance(entry, (int, float)) and entry == math.inf:
        return entry
    made = number_or_policy("stiffness", entry)
    if isinstance(made, StepPolicy) and not made.of_time:
        raise FlownetError(
            f"stiffness {shown(made)} has no number for every time; a schedule such as "
            "'exponential:100:0.5:10:1' has."
        )
    return made
