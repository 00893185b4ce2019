"""How far a recorded run or flow went, in the metric, and how fast."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..._errors import FlownetError, shown
from ...model._check import is_whole
from ...store.trajectory import OF_POTENTIAL, Record, Trajectory
from ._timed import metric_of

if TYPE_CHECKING:
    from ..._types import MetricLike


def path_length(run: Trajectory, *, metric: MetricLike | None = None) -> Record:
    """Path length I = Σ‖ΔW‖_g of a recorded run or flow, up to each recorded row (TM 8, 11).

    The length of the polyline through the recorded states, never more than that of the path
    between them; of a flow, record it at many times.

    Parameters
    ----------
    run : Trajectory
    metric : LayerMetric, optional
        The run's own by default; of one that depends on time, that at which each piece begins, or
        if it thaws on the way what has moved, that at which it ends.

    Returns
    -------
    Record
        iteration (T,), time (T,), value (T,), the first of them 0.

    Raises
    ------
    FlownetError
        Unless `run` is a Trajectory and the metric one of as many parameters.
    """
    pieces = _pieces(run, metric)
    return Record(run.iteration, run.time, np.concatenate([[0.0], np.cumsum(pieces)])[: len(run)])


def step_speed(run: Trajectory, *, metric: MetricLike | None = None) -> Record:
    """Speed ‖ΔW‖_g/Δt of a recorded run or flow from each recorded row to the next.

    Of Aristotle, recorded at every step, it is ‖dL‖_g of the step's batch: as fast as the flow.

    Parameters
    ----------
    run, metric
        As in `path_length`.

    Returns
    -------
    Record
        iteration (T − 1,) and time (T − 1,) of the earlier row, value (T − 1,); nan where no time
        passes.
    """
    pieces, times = _pieces(run, metric), run.time
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(np.diff(times) == 0, np.nan, pieces / np.abs(np.diff(times)))
    return Record(run.iteration[:-1], times[:-1], value)


def speed(run: Trajectory, *, every: int = 1, metric: MetricLike | None = None) -> Record:
    """Speed of the flow, ‖g^♯dL‖_g = √dL(g^♯dL), at the recorded states of a run or flow.

    Of the full potential, also where the run has mini-batches: one gradient for each state.

    Parameters
    ----------
    run : Trajectory
    every : int
        Interval of the iterations looked at.
    metric : LayerMetric, optional
        The run's own by default; of one that depends on time, that of each state's.

    Returns
    -------
    Record
        iteration (T,), time (T,), value (T,).

    Raises
    ------
    FlownetError
        Unless `run` is a Trajectory, `every` a whole number from 1 up, and the metric one of as
        many parameters.
    """
    metric = _metric(run, metric)
    if not is_whole(every, 1):
        raise FlownetError(f"every is {shown(every)}; it has to be a whole number from 1 up.")
    run.in_one_way("speed", *OF_POTENTIAL, "metric")
    rows, times = np.flatnonzero(run.iteration % every == 0), run.time
    value = np.empty(len(rows))
    for i, row in enumerate(rows.tolist()):
        W = run.parameters[row]
        value[i] = speed_of(run.potential, _there(metric.at(times[row]), W), W)
    return Record(run.iteration[rows], times[rows], value)


def speed_of(potential, metric, W):
    """‖g^♯dL‖_g of a potential at W (D,)."""
    _, dL = potential.differential(W)
    dL = dL.astype(np.result_type(dL, np.float64))
    return float(np.sqrt(np.vdot(dL, metric.sharp(dL)).real))


def metric_along(run, metric=None):
    """A metric at each time of a recorded run, by default the run's own."""
    return metric_of(run.metric if metric is None else metric, run.potential).along(run)


def _metric(run, metric):
    """The metric along a run."""
    if not isinstance(run, Trajectory):
        raise FlownetError(f"the path of {shown(run)}: it has to be a Trajectory.")
    return metric_along(run, metric)


def _pieces(run, metric):
    """‖ΔW‖_g (T − 1,) between recorded rows."""
    one = _metric(run, metric)
    times, found, before = run.time, np.zeros(max(0, len(run) - 1)), None
    iteration, changes = run.iteration, metric is None and len(run.parts) > 1
    for k in range(len(run)):
        W = run.parameters[k]
        W = W.astype(np.result_type(W, np.float64))
        if k:
            if changes:
                one = metric_of(run.metric_at(iteration[k - 1]), run.potential)
            found[k - 1] = piece(one.at, times[k - 1], times[k], W - before, before)
        before = W
    return found


def _there(metric, W):
    """A metric at W, of one that the data set; one seen in a chart says itself what it wants."""
    return metric.seen_at(W) if metric.certified else metric


def piece(metric_at, begin, end, V, W):
    """‖V‖_g of a displacement (D,) from W between two times, in the metric of the first.

    Of a piece over a change that thaws what it moves, in the metric of the second.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        found = float(np.sqrt(_there(metric_at(begin), W).norm2(V)))
        return found if found < np.inf else float(np.sqrt(_there(metric_at(end), W).norm2(V)))
