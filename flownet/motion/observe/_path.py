"""Observables of a run's path in the metric: how far it has gone, and how fast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError, shown
from ..._registry import kind
from ...geometry.metric import STIFFNESS, Metric, piece, speed_of
from ...model.tables import metric_from, metric_table
from ._observable import Observable, refuse_data
from ._of_potential import OfPotential

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..._types import Vector
    from ...model.potential import AnyPotential
    from ...motion.loops import State


class OfPath(Observable):
    """An observable that remembers the state it saw last; in the run's own metric by default.

    Parameters
    ----------
    metric : LayerMetric, optional
        Of one that depends on time, that of the time when the last state was seen.
    """

    words = ("metric",)
    of_run = True

    def __init__(self, metric: Metric | None = None) -> None:
        if metric is not None and not isinstance(metric, Metric):
            raise FlownetError(
                f"metric is {shown(metric)}; it has to be one such as "
                "flownet.LayerMetric(network, stiffness)."
            )
        self.metric = metric

    def memory(self, W: Vector) -> dict[str, Any] | None:
        """What is remembered, by name in checkpoints: the last state (D,); its time and path."""
        return {"before": W.copy(), "told": np.array([np.nan, 0.0])}

    def _move(self, state, memory):
        """Length of the path since the last state, and the time that passed; the state is kept."""
        before, time_length = memory["before"], memory["told"]
        passed = state.time - time_length[0]
        if np.isnan(passed):  # nothing before
            length = 0.0
        else:
            V = state.W.astype(np.result_type(state.W, np.float64)) - before
            metric_at, began = self._metric_at(state, memory), time_length[0]
            length = piece(metric_at, began, state.time, V, before)
        before[:], time_length[0] = state.W, state.time
        self._keep_stiffness(state, memory)
        return length, passed

    def memory_in(self, W: Vector, metric: Metric | None) -> dict[str, Any] | None:
        """Beside the rest the stiffness at the last state, of a metric that follows the steps."""
        whole: Any = self.metric or metric
        memory = self.memory(W)
        if memory is not None and whole is not None and whole.recorded:
            memory[STIFFNESS] = whole.with_numbers().stiffness.copy()
        return memory

    def _whole(self, state):
        return state.whole_metric if self.metric is None else self.metric

    def _metric_at(self, state, memory):
        """Function time → metric, of the time of the last state and of this one."""
        whole = self._whole(state)
        if STIFFNESS not in memory:
            return whole.at
        before = whole.with_numbers(memory[STIFFNESS])
        return lambda time: whole.at_step(state) if time == state.time else before

    def _keep_stiffness(self, state, memory):
        if STIFFNESS in memory:
            memory[STIFFNESS][:] = self._whole(state).at_step(state).stiffness

    def parameters(self) -> dict[str, Any]:
        """What makes this observable again."""
        return {} if self.metric is None else {"metric": metric_table(self.metric)}

    def table(self, potential: AnyPotential, metric: Metric | None) -> dict[str, Any]:
        """Its table."""
        return {"kind": self.kind, **self.parameters()}

    @classmethod
    def from_table(
        cls, name: str, table: Mapping[str, Any], potential: AnyPotential, metric: Metric | None
    ) -> Observable:
        """The observable of a table."""
        refuse_data(
            table,
            f"a {cls.kind} is one of the run itself, on no data of its own: it takes no {{}}.",
        )
        words = cls._words(table, potential, metric)
        return cls(**{word: metric_from(value, potential) for word, value in words.items()})


@kind("observable", "path-length")
class PathLength(OfPath):
    """Path length I = Σ‖ΔW‖_g of a run so far, through the states it is asked at (TM 8, 11).

    Asked at every step it is the run's own length, and the run goes one step at a time, some 0.1 ms
    each; at every n-th, that of a polyline that leaves states out, which is shorter. The sum is
    part of the run's checkpoint: one that is resumed goes on with the same bits.

    Parameters
    ----------
    metric : LayerMetric, optional
        The run's own by default; of one that depends on time, each piece in that of its beginning.
    """

    def __call__(self, state: State, memory: Any) -> Any:
        length, _ = self._move(state, memory)
        memory["told"][1] += length
        return memory["told"][1]


@kind("observable", "step-speed")
class StepSpeed(OfPath):
    """Speed ‖ΔW‖_g/Δt of a run since it was last asked; nan at first, and where no time passed.

    Of Aristotle, asked at every step, it is ‖dL‖_g of the step's batch: as fast as the flow.

    Parameters
    ----------
    metric : LayerMetric, optional
        As in `PathLength`.
    """

    def __call__(self, state: State, memory: Any) -> Any:
        length, passed = self._move(state, memory)
        return length / abs(passed) if passed else np.nan


@kind("observable", "speed")
class Speed(OfPotential):
    """Speed of the flow at the state, ‖g^♯dL‖_g = √dL(g^♯dL), whatever mini-batch the run is at.

    Parameters
    ----------
    potential : Potential, or any sum of potentials
    metric : LayerMetric, optional
        The run's own by default, at the time of the state.
    """

    needs = ("size", "differential")
    words = ("metric",)
    of_all_terms = True

    def __call__(self, state: State) -> Any:
        metric = self.metric or state.whole_metric
        metric = metric.at(state.time) if metric.certified else metric.at_step(state)
        return speed_of(self.potential, metric.seen_at(state.W), state.W)
