"""Rows of a run and of its flows, as many as a figure can hold, and how far they are apart.

Rows of complex parameters are those of the reals (re, im, re, im, …).
"""

from dataclasses import dataclass

import numpy as np

from ..._errors import FlownetError, shown
from ...model.network import in_reals
from ...store.trajectory import Trajectory

MOST_ROWS = 2000  # of a path that is drawn
_NUMBERS = 2e7  # held at once, of one path


@dataclass(frozen=True, eq=False)
class Path:
    """A recorded path, thinned where it is long.

    Attributes
    ----------
    name : str
    recorded : Trajectory
    every : int
        Interval of the rows kept.
    time : ndarray (T,)
    rows : ndarray (T, D)
        Real; of complex parameters (T, 2D).
    """

    name: str
    recorded: Trajectory
    every: int
    time: np.ndarray
    rows: np.ndarray

    @property
    def loss(self):
        """Record of its losses."""
        return self.recorded.observables["loss"]


def path(name, recorded):
    """`Path` of a trajectory, by at most 2000 of its rows."""
    T, D = recorded.parameters.shape
    kept = thinned(T, min(MOST_ROWS, max(50, int(_NUMBERS / D))))
    rows = _rows(recorded)
    every = int(kept[1] - kept[0]) if len(kept) > 1 else 1
    return Path(
        name,
        recorded,
        every,
        recorded.time[kept],
        in_reals(np.stack([rows[k] for k in kept])).astype(np.float64),
    )


def paths(run, flows):
    """The run's `Path`, and those of its flows, {name: Trajectory} or one."""
    if "flow" in run.experiment or "mechanics" not in run.experiment:
        raise FlownetError(
            "the first argument is a flow; it has to be the finite run, and flows come after it."
        )
    flows = {"flow": flows} if isinstance(flows, Trajectory) else flows
    if not isinstance(flows, dict) or not flows:
        raise FlownetError(
            f"flows is {shown(flows)}; it has to be a flow, such as flownet.flow("
            "run.potential, W0=run.parameters[0], time=run.time[-1]), or several "
            "by name."
        )
    D = run.parameters.shape[1]
    for name, flow in flows.items():
        if not isinstance(flow, Trajectory):
            raise FlownetError(
                f"flow {name!r} is {shown(flow)}; it has to be a Trajectory, such "
                "as flownet.flow gives."
            )
        if flow.parameters.shape[1] != D:
            raise FlownetError(
                f"flow {name!r} has {flow.parameters.shape[1]} parameters; the run has {D}."
            )
        if (flow.parameters.dtype.kind == "c") != (run.parameters.dtype.kind == "c"):
            raise FlownetError(
                f"flow {name!r} has {flow.parameters.dtype} parameters; those of the run are "
                f"{run.parameters.dtype}."
            )
        if not len(flow) or flow.time[0] > run.time[-1]:
            raise FlownetError(
                f"flow {name!r} has no time in common with the run, which ends at {run.time[-1]:g}."
            )
    if len(run) < 2:
        raise FlownetError(f"the run has {len(run)} recorded row: a path takes two or more.")
    return path("finite run", run), [path(str(name), flow) for name, flow in flows.items()]


def thinned(count, most):
    """Indices of at most `most` rows of `count`, an odd number apart, the last added.

    A step that overshoots goes to and fro, and an even interval would see the fro alone.
    """
    every = 1 if count <= most else -(-count // (most - 1)) | 1
    kept = np.arange(0, count, every)
    return kept if kept[-1] == count - 1 else np.append(kept, count - 1)


def distances(run, flow, metric):
    """Times (n,), and lengths (n,) in the metric from a flow to the run at the same times.

    The run is a polygon: between two recorded rows it goes straight. The times are those of the
    flow, so that nothing is read between its rows.
    """
    times = flow.time[flow.time <= run.recorded.time[-1] * (1 + 1e-12)]
    known, polygon = run.recorded.time, _rows(run.recorded)
    first = np.clip(np.searchsorted(known, times, side="right") - 1, 0, len(known) - 2)
    gap = known[first + 1] - known[first]
    part = np.divide(times - known[first], gap, out=np.zeros(len(times)), where=gap > 0)
    lengths = np.empty(len(times))
    for j, (k, s) in enumerate(zip(first, np.minimum(part, 1))):
        before, after = in_reals(polygon[k]), in_reals(polygon[k + 1])
        W = before + s * (after - before)
        lengths[j] = np.linalg.norm(metric.coordinates(W - flow.rows[j]))
    return times, lengths


def reach_of(path, metric):
    """Largest length in the metric from where a path begins, over a fifth of its rows."""
    return max(
        np.linalg.norm(metric.coordinates(path.rows[k] - path.rows[0]))
        for k in thinned(len(path.rows), max(2, len(path.rows) // 5))
    )


def _rows(recorded):
    """Recorded parameters, in memory where they fit."""
    T, D = recorded.parameters.shape
    return recorded.parameters[:] if T * D <= _NUMBERS else recorded.parameters
