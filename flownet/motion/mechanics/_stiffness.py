"""A stiffness for each layer that has a schedule: of the time, the iteration or the state."""

from __future__ import annotations

import math
from copy import copy
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from ..._errors import FlownetError, shown
from ..._registry import kind
from ...geometry.metric import STIFFNESS, LayerMetric, StiffnessOfRun, TimeDependent
from ._composed import Chain, Tabulated
from ._policy import StepPolicy
from ._policy_of import number_or_policy
from ._program import Program, Schedule

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from ..._types import Stiffnesses, Vector
    from ...geometry.metric import Metric
    from ...model.network import Network
    from ...model.potential import AnyPotential
    from ...store.trajectory import Trajectory
    from ..loops import State

Of = Literal["time", "iteration"]


@kind("metric", "scheduled")
class ScheduledMetric(TimeDependent):
    """A metric of layers whose stiffness follows schedules: one number or schedule a layer.

    A schedule is read at the time, of the run (Σ step) or of the flow: at time t the stiffness is
    `schedule.at(t)`. `Exponential(100, 0.5, over=10, floor=1)` softens a layer of stiffness 100 by
    half in every 10 units of time. With `of="iteration"` it is read at the iteration, as that of a
    step is. What has no number for every time follows the steps in any case: an array, one number
    a step; a function of the iteration; `Schedule(function, of="state")`, which may look at all of
    a state but its force and its metric.

    Such a run records the stiffness of each step, `run.observables["stiffness"]`, and
    `run.metric_at(k)` is the metric of step k. A flow has no iterations and refuses it.

    Parameters
    ----------
    network : Network
    stiffness : sequence of float, str, schedule, array or function
        One a layer; `inf` freezes. Schedules of the loss have no part in it.
    of : str
        What a schedule that has a number for every time is read at: "time" or "iteration".

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

    is_compiled = of_steps = True

    def __init__(self, network: Network, stiffness: Stiffnesses, *, of: Of = "time") -> None:
        if isinstance(stiffness, str) or len(stiffness) != network.layers:
            raise FlownetError(
                f"stiffness is {shown(stiffness)}; it has to be {network.layers} numbers or "
                "schedules, one for each layer."
            )
        if of not in get_args(Of):
            raise FlownetError(
                f"of is {shown(of)}; a stiffness is one of the 'time' or of the 'iteration'."
            )
        self.network, self.size, self.variable = network, network.size, of
        self.schedules = [_scheduled(entry) for entry in stiffness]
        self.with_numbers()
        if not self.follows_steps:
            self.at(0.0)

    @property
    def of_state(self) -> bool:  # type: ignore[override]
        """Whether a stiffness is read off the run's `State`."""
        return any(s.of_state for s in self._policies)

    @property
    def follows_steps(self) -> bool:
        """Whether a stiffness is one of steps alone, with no number for every time."""
        return not all(map(self._is_of_time, self._policies))

    @property
    def recorded(self) -> bool:  # type: ignore[override]
        """Whether a run records the stiffness of each step: what words and time do not tell."""
        return self.follows_steps or any(isinstance(s, Program) for s in self._policies)

    @property
    def _policies(self):
        return [s for s in self.schedules if isinstance(s, StepPolicy)]

    def _is_of_time(self, policy):
        if isinstance(policy, Schedule):
            return policy.variable == "time"
        return policy.of_time and self.variable == "time"

    def at(self, time: float) -> Metric:
        """The metric at a time; refused where a stiffness follows the steps."""
        self._refuse_time("metric.at(time)")
        return self.with_numbers(
            [_at(s, time) if isinstance(s, StepPolicy) else s for s in self.schedules]
        )

    def span(self, time: float) -> tuple[float, float]:
        """The time itself: the next one has another metric."""
        return time, math.nextafter(time, math.inf)

    def stage(self, time: float) -> tuple[Metric, float]:
        """Itself, always: that of a flow, which has no iterations."""
        self._refuse_time("a flow")
        return super().stage(time)

    def _refuse_time(self, what):
        if self.follows_steps:
            raise FlownetError(
                f"{shown(self)} follows the steps of a run, and {what} has none: "
                "run.metric_at(k) is the metric of step k."
            )

    def with_numbers(self, numbers: ArrayLike | None = None) -> LayerMetric:
        """The metric of some stiffness (layers,), by default of 1 wherever it is scheduled."""
        if numbers is None:
            numbers = [1.0 if isinstance(s, StepPolicy) else s for s in self.schedules]
        return LayerMetric(self.network, numbers)

    def numbers(self, first: int, times: Vector) -> Vector:
        """Stiffness (count, layers) of iterations from `first` on, at their times (count,)."""
        found = np.empty((len(times), len(self.schedules)))
        for j, s in enumerate(self.schedules):
            if not isinstance(s, StepPolicy):
                found[:, j] = s
            elif self._is_of_time(s):
                found[:, j] = [_at(s, time) for time in times.tolist()]
            else:
                found[:, j] = s.numbers(first, times)
        if not (found > 0).all():
            i, j = np.argwhere(~(found > 0))[0].tolist()
            raise FlownetError(
                f"the stiffness of layer {j + 1} is {found[i, j]:g} after {first + i} steps of "
                "its schedule; it has to be above 0."
            )
        return found

    def in_turn(self, iteration: int, time: float) -> Metric:
        """The metric of the step of an iteration, at its time."""
        return self.with_numbers(self.numbers(iteration, np.array([time]))[0])

    def at_step(self, state: State) -> Metric:
        """The metric of the step that a run takes from a state; behind an array that of its end."""
        if not self.follows_steps:
            return self.at(state.time)
        blind = state.without_metric()
        return self.with_numbers([self._at_step(s, blind) for s in self.schedules])

    def _at_step(self, schedule, state):
        if not isinstance(schedule, StepPolicy):
            return schedule
        if self._is_of_time(schedule):
            return _at(schedule, state.time)
        count, last = state.since_change, schedule.last
        return schedule.of(state, count if last is None else min(count, last))

    def check(self, potential: AnyPotential, steps: int | None) -> None:
        """Refuse a number of steps that the schedules do not fit, and what no file has told."""
        for s in self._policies:
            for text in _untold(s):
                raise FlownetError(
                    f"the run's metric has {text}, which no file can say: pass the same metric on "
                    "again, metric=…."
                )
            if not self._is_of_time(s):
                try:
                    s.check(potential, steps)
                except FlownetError as error:
                    raise FlownetError(f"the stiffness: {error}") from None

    def with_schedules(self, change: Callable[[StepPolicy], StepPolicy]) -> ScheduledMetric:
        """The same with other schedules, as a function makes them."""
        made = copy(self)
        made.schedules = [change(s) if isinstance(s, StepPolicy) else s for s in self.schedules]
        return made

    def along(self, run: Trajectory) -> Metric:
        """The metric of each time of a recorded run: what was recorded, where that is needed."""
        if not self.recorded or STIFFNESS not in run.observables:
            return self
        record = run.observables[STIFFNESS]
        return StiffnessOfRun(self, record) if len(record.value) else self.with_numbers()

    def taken_in(self, run: Trajectory, iteration: int) -> Metric:
        """The metric that a recorded run took the step of an iteration in."""
        if not self.recorded or STIFFNESS not in run.observables:
            return self
        iterations, _, numbers = run.observables[STIFFNESS]
        if not len(iterations):
            return self
        row = min(int(np.searchsorted(iterations, iteration)), len(iterations) - 1)
        return self.with_numbers(numbers[row])

    def as_recorded(self, run: Trajectory, first: int, end: int) -> ScheduledMetric:
        """The same with the numbers that a run has recorded of its steps from `first` on."""
        if not self.recorded or end <= first or STIFFNESS not in run.observables:
            return self
        iterations, _, numbers = run.observables[STIFFNESS]
        rows = numbers[(iterations >= first) & (iterations < end)]
        made = copy(self)
        made.schedules = [
            Tabulated(rows[:, j]) if isinstance(s, StepPolicy) else s
            for j, s in enumerate(self.schedules)
        ]
        return made

    def parameters(self) -> dict[str, Any]:
        """What makes this metric again, beside its network."""
        found = [s.plain if isinstance(s, StepPolicy) else s for s in self.schedules]
        of = {} if self.variable == "time" else {"of": self.variable}
        return {"stiffness": found, **of}

    def __repr__(self):
        of = "" if self.variable == "time" else f", of={self.variable!r}"
        return f"ScheduledMetric({self.schedules!r}{of})"


def _at(schedule, time):
    """The number of a schedule at a time; a function of the time is asked for it."""
    if isinstance(schedule, Schedule):
        return float(schedule.numbers(0, np.array([time]))[0])
    return schedule.at(time)


def _untold(policy):
    """Texts of programs in a policy that a file has not told."""
    if isinstance(policy, Chain):
        return [text for part in policy.parts for text in _untold(part)]
    return [policy.text] if type(policy) is Program else []


def _scheduled(entry):
    """A number, or a schedule."""
    if not isinstance(entry, str) and isinstance(entry, (int, float)) and entry == math.inf:
        return entry
    return number_or_policy("stiffness", entry)
