"""Metrics of a recorded run: one for each of its steps, read by the time."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from ._timed import TimeDependent

if TYPE_CHECKING:
    from ..._types import Vector
    from ...store.trajectory import Record
    from ._metric import Metric

STIFFNESS = "stiffness"  # what a run calls the recorded stiffness of its steps (N, layers)


class MetricOfRun(TimeDependent):
    """A metric for each stage of a recorded run, from when it begins until the next one does.

    Parameters
    ----------
    times : ndarray (S,)
        When each begins.
    size : int
        D.
    """

    is_compiled = True

    def __init__(self, times: Vector, size: int) -> None:
        self._times = self.times = times
        self.size = size

    @abstractmethod
    def of_stage(self, i: int) -> Metric:
        """The metric of a stage."""

    def at(self, time: float) -> Metric:
        """The metric of the stage that begins at a time, or was under way then."""
        return self.of_stage(self._stage(time))

    def span(self, time: float) -> tuple[float, float]:
        """From when until when, the end excluded, the metric is that of a time."""
        i, stages = self._stage(time), len(self._times)
        return (self._times[i] if i else -np.inf, self._times[i + 1] if i + 1 < stages else np.inf)

    def stage(self, time: float) -> tuple[Metric, float]:
        """The metric from a time on, and when it changes: that of a flow."""
        return self.at(time), self.span(time)[1]

    def _stage(self, time):
        return max(int(np.searchsorted(self._times, time, side="right")) - 1, 0)


class StiffnessOfRun(MetricOfRun):
    """The metric of a run whose layers' stiffness was recorded with each step.

    Parameters
    ----------
    metric : ScheduledMetric
        That of the run, which makes a metric of numbers.
    record : Record
        iteration (N,), time (N,), value (N, layers).
    """

    def __init__(self, metric: Any, record: Record) -> None:
        rows = record.value
        changes = np.append(True, (rows[1:] != rows[:-1]).any(axis=1))
        super().__init__(record.time[changes], metric.size)
        self._whole, self._rows = metric, rows[changes]
        self._made: dict[int, Metric] = {}

    def of_stage(self, i: int) -> Metric:
        """The metric of a stage; the same object each time."""
        if i not in self._made:
            self._made[i] = self._whole.with_numbers(self._rows[i])
        return self._made[i]

    def __repr__(self):
        return f"{self._whole!r}, as it was in {len(self._rows)} stages of a run"
