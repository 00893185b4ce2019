"""`departure`: how a finite run leaves its flow."""

import numpy as np

from .. import _progress
from .._errors import FlownetError
from ..geometry import Euclidean
from ..motion import flow as follow
from ._departed import COLUMNS, PLAIN, Departure, FlowDeparture
from ._departure_check import check
from ._departure_file import store_departure
from ._lengths import angle, chords, length, smooth_path
from ._step_departure import step_departures

_MOST_STEPS = 60  # looked at one by one where `every` is not given: some forty gradients each


class _Plain:
    """Field of the plain flow."""

    def velocity(self, potential, metric, W):
        return -metric.sharp(potential.differential(W)[1])


def departure(run, *, fields=None, every=None, rtol=1e-8, bounds=(0.01, 0.1, 1.0), keep=False,
              progress=True):
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
    keep : bool
        Store the departure and the rows of the flows in the run's file, in place of an earlier
        one; `Departure.open` reads them.
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
    potential = run.potential
    potential = potential.with_dtype("float64") if hasattr(potential, "with_dtype") else potential
    metric = run.metric or Euclidean(potential.size)
    rows = _rows(run, every)
    states = np.stack([np.asarray(run.parameters[k], np.float64) for k in rows])
    ahead = _ahead(run, rows, states)
    flows, whole = {}, None
    for name, field in ({PLAIN: _Plain()} | fields).items():
        flows[name] = _beside(name, field, run, potential, metric, rows, states, ahead, whole,
                              rtol, progress)
        whole = flows[PLAIN].arc_length[-1]
    single = _single_steps(run, rows, every)
    found = Departure(
        run.iteration[rows], run.time[rows],
        flows[PLAIN].loss + flows[PLAIN].loss_difference,
        chords(metric, run.parameters)[rows], flows,
        step_departures(run, potential, metric, single, rtol, progress), bounds, run)
    if keep:
        store_departure(run, found)
    return found


def _rows(run, every):
    """Rows of the run that are looked at, the first and the last among them."""
    at = np.arange(len(run))
    return at if every is None else at[(run.iteration % every == 0) | (at == at[-1])]


def _ahead(run, rows, states):
    """The run's displacement from each row to the next recorded one; of the last NaN."""
    ahead = np.full(states.shape, np.nan)
    for i, row in enumerate(rows[:-1]):
        ahead[i] = run.parameters[row + 1].astype(np.float64) - states[i]
    return ahead


def _single_steps(run, rows, every):
    """Rows before a step whose row after is kept too, at most 60 of them without `every`."""
    rows = rows[:-1]
    alone = (np.diff(run.iteration)[rows] == 1) & (np.diff(run.time)[rows] > 0)
    rows = rows[alone]
    return rows if every else rows[::int(np.ceil(len(rows) / _MOST_STEPS)) | 1]


def _beside(name, field, run, potential, metric, rows, states, ahead, whole, rtol, progress):
    """`FlowDeparture` of the run and the flow of one field."""
    time = run.time[rows]
    times, back = np.unique(time, return_inverse=True)  # a step of 0 takes no time
    plain = isinstance(field, _Plain)
    try:
        flow = follow(potential, W0=states[0], time=float(times[-1]), metric=metric, rtol=rtol,
                      atol=rtol / 100, field=None if plain else field, at=times,
                      progress=progress)
    except FlownetError as error:
        raise FlownetError(f"the flow {name!r}: {error}") from None
    W = np.full((len(times), potential.size), np.nan)
    W[:len(flow)] = flow.parameters[:]
    loss = np.full(len(times), np.nan)
    loss[:len(flow)] = flow.loss[:len(flow)]
    W, loss = W[back], loss[back]
    velocities, numbers = np.full(W.shape, np.nan), np.full((len(W), 3), np.nan)
    with _progress.bar(len(W), shown=progress, what=f"rows beside {name}") as show:
        for k in np.flatnonzero(np.isfinite(W).all(axis=1)).tolist():
            velocities[k] = field.velocity(potential, metric, W[k])
            apart = states[k] - W[k]
            numbers[k] = (length(metric, apart), _difference(potential, W[k], apart),
                          angle(metric, ahead[k], velocities[k]))
            show(k + 1)
    path = smooth_path(metric, time, W, velocities)
    distance, difference, angles = numbers.T
    relative = _relative(distance, path[-1] if whole is None else whole)
    columns = dict(zip(COLUMNS, (loss, distance, relative, difference, path, angles)))
    return FlowDeparture(name, run.iteration[rows], time, W, **columns)


def _difference(potential, W, V):
    """L(W + V) − L(W), sample by sample where the potential can."""
    if hasattr(potential, "difference"):
        return potential.difference(W, V)
    return potential.value(W + V) - potential.value(W)


def _relative(distance, path):
    """Distance over path length; no distance is no share of no path."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(distance == 0, 0.0, distance / path)
