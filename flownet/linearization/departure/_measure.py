"""`departure`: how a finite run leaves its flow."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ... import _progress
from ..._errors import FlownetError
from ..._origin import with_origin
from ...geometry.metric import metric_along, path_length
from ...motion.flow import MAX_GRADIENTS, MAX_STEPS, flow as follow
from ...store.trajectory import as_reals
from ._check import check
from ._departure import Departure
from ._file import store_departure
from ._lengths import angle, length, smooth_piece
from ._of_flow import COLUMNS, PLAIN, FlowDeparture
from ._of_steps import step_departures

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..._types import Device
    from ...motion.flow import Field
    from ...store.trajectory import Trajectory

_MOST_STEPS = 60  # looked at one by one where `every` is not given: some forty gradients each
_OWN_STEPS = 100, 2000  # of the flow, along which its path is measured, at least and at most
_NUMBERS = 2e7  # held at once, of one flow


@with_origin
def departure(
    run: Trajectory,
    *,
    fields: Mapping[str, Field] | None = None,
    every: int | None = None,
    rtol: float = 1e-8,
    bounds: Sequence[float] = (0.01, 0.1, 1.0),
    max_steps: int = MAX_STEPS,
    max_gradients: int = MAX_GRADIENTS,
    keep: bool = False,
    device: Device | None = None,
    progress: bool = True,
) -> Departure:
    """How a recorded run leaves the flow Ẇ = −g^♯dL from the same W0 (TM §2, §3.6).

    The flow is that of the full potential, also of a run of mini-batches, in the run's metric and
    in float64. At the time t_k of each row it is compared with the run: distance, loss, path
    length, angle. Single steps are compared with the flow from their own W_k: action gap, angle,
    distance and what made it.

    Parameters
    ----------
    run : Trajectory
        Of Aristotle.
    fields : dict, optional
        Name to a field with `velocity(potential, metric, W)`: further flows, such as modified
        ones.
    every : int, optional
        Interval of the iterations looked at, the last row included; every recorded row by
        default, and of single steps at most 60 evenly spread, by an odd interval.
    rtol : float
        Of the flows; their absolute tolerance is a hundredth.
    bounds : sequence of float
        Of the distance relative to the whole path length of the flow, from W0 to the end; for each
        the time at which it is first broken is given.
    max_steps, max_gradients : int
        Work of each flow at most; beyond what it reaches with that, numbers are NaN.
    keep : bool
        Store the departure and the rows of the flows in the run's file, in place of an earlier
        one; `Departure.open` reads them.
    device : str, optional
        Whose kernels do the work, such as "cuda"; by default those of the run's potential.
    progress : bool

    Returns
    -------
    Departure

    Raises
    ------
    FlownetError
        When the run is no run of Aristotle or has no finite step, a field or a bound cannot be
        used, or `keep` has no file to write.
    """
    bounds, fields = check(run, fields, every, rtol, bounds, keep)
    if device is not None:
        run.potential = run.potential.on_device(device)
    run = as_reals(run)
    rows = _Rows(run, every)
    words = {"rtol": rtol, "max_steps": max_steps, "max_gradients": max_gradients}
    plain = _beside(PLAIN, None, rows, words, progress)
    whole = plain.arc_length[-1]
    flows = {PLAIN: _relative_to(whole, plain)} | {
        name: _relative_to(whole, _beside(name, field, rows, words, progress))
        for name, field in fields.items()
    }
    found = Departure(
        rows.iteration,
        rows.time,
        plain.loss + plain.loss_difference,
        path_length(run, metric=rows.metric).value[rows.at],
        flows,
        step_departures(run, rows.potential, rows.metric, rows.single_steps, rtol, progress),
        bounds,
        run,
    )
    if keep:
        store_departure(run, found)
    return found


class _Rows:
    """The rows of a run that are looked at, the first and the last among them, in float64."""

    def __init__(self, run, every):
        at = np.arange(len(run))
        self.run, self.every = run, every
        self.at = at if every is None else at[(run.iteration % every == 0) | (at == at[-1])]
        self.iteration, self.time = run.iteration[self.at], run.time[self.at]
        self.metric = metric_along(run)

    @cached_property
    def potential(self):
        """All data, in float64 where it has a precision of its own."""
        whole = self.run.potential
        return whole.with_dtype("float64")

    def state(self, i):
        """W (D,) of the run at one of these rows."""
        return np.asarray(self.run.parameters[self.at[i]], np.float64)

    def ahead(self, i):
        """Displacement (D,) of the run from there to its next recorded row; NaN at the last."""
        row = self.at[i]
        if row == len(self.run) - 1:
            return np.full(self.potential.size, np.nan)
        return np.asarray(self.run.parameters[row + 1], np.float64) - self.state(i)

    @property
    def single_steps(self):
        """Rows of the run whose next row is one step on; at most 60 of them without `every`."""
        rows = self.at[:-1]
        one = (np.diff(self.run.iteration)[rows] == 1) & (np.diff(self.run.time)[rows] > 0)
        rows = rows[one]
        return rows if self.every else rows[:: int(np.ceil(len(rows) / _MOST_STEPS)) | 1]


def _beside(name, field, rows, words, progress):
    """`FlowDeparture` of the run and the flow of one field, its distance not yet relative."""
    time, W, loss, back = _follow(name, field, rows, words, progress)
    potential, metric = rows.potential, rows.metric
    velocity, path = np.full_like(W, np.nan), np.full(len(W), np.nan)
    found = dict(zip(COLUMNS, np.full((len(COLUMNS), len(back)), np.nan)), loss=loss[back])
    with _progress.bar(len(W), shown=progress, what=f"rows beside the flow {name!r}") as show:
        for k in np.flatnonzero(np.isfinite(W).all(axis=1)).tolist():
            velocity[k] = _velocity(field, potential, metric.at(time[k]), W[k])
            path[k] = (
                0.0
                if k == 0
                else path[k - 1]
                + _piece(field, potential, metric, *(x[k - 1 : k + 1] for x in (time, W, velocity)))
            )
            show(k + 1)
    for i, k in enumerate(back.tolist()):
        if np.isfinite(path[k]):
            apart, now = rows.state(i) - W[k], metric.at(time[k])
            found["distance"][i] = length(now, apart)
            found["loss_difference"][i] = potential.difference(W[k], apart)
            found["arc_length"][i] = path[k]
            found["angle"][i] = angle(now, rows.ahead(i), velocity[k])
    return FlowDeparture(name, rows.iteration, rows.time, W[back], **found)


def _piece(field, potential, metric, time, W, velocity):
    """Path length of the flow between two of its states (2, D), in the metric of the first."""
    now, end = metric.at(time[0]), velocity[1]
    if metric.at(time[1]) is not now:  # up to where the metric changes
        end = _velocity(field, potential, now, W[1])
    return smooth_piece(now, time[1] - time[0], *W, velocity[0], end)


def _follow(name, field, rows, words, progress):
    """Times of the rows and of the flow's own steps, which see where it is fast; the flow (T, D)
    and its loss (T,) there, NaN where it does not get so far; and the places of the rows."""
    words = dict(
        W0=rows.state(0),
        time=float(rows.time[-1]),
        field=field,
        metric=rows.metric,
        atol=words["rtol"] / 100,
        progress=progress,
        **words,
    )
    most = int(np.clip(_NUMBERS / rows.potential.size, *_OWN_STEPS))
    try:
        own = follow(rows.potential, at=rows.time[-1:], **words).observables["step"].time
        changes = np.array([] if rows.metric.times is None else rows.metric.times)
        times = np.union1d(rows.time, own[:: -(-len(own) // most) or 1])
        times = np.union1d(times, changes[changes < rows.time[-1]])
        flow = follow(rows.potential, at=times, **words)
    except FlownetError as error:
        raise FlownetError(f"the flow {name!r}: {error}") from None
    W, loss = np.full((len(times), rows.potential.size), np.nan), np.full(len(times), np.nan)
    reached = len(flow) - (flow.bound_met is not None)  # the last row of these is none of the times
    W[:reached], loss[:reached] = flow.parameters[:reached], flow.loss[:reached]
    return times, W, loss, np.searchsorted(times, rows.time)  # a step of 0 takes no time


def _velocity(field, potential, metric, W):
    """Ẇ (D,) of a field, of none −g^♯dL."""
    if field is None:
        return -metric.sharp(potential.differential(W)[1])
    return field.velocity(potential, metric, W)


def _relative_to(path, flow):
    """The same with its distance over a path length; no distance is no share of no path."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return replace(flow, relative=np.where(flow.distance == 0, 0.0, flow.distance / path))
