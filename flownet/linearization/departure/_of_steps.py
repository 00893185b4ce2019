"""One finite step beside the flow from where it began: how far, in which direction, and why."""

import numpy as np

from ... import _progress
from ...motion.flow import flow as follow, integrate, kinked_network
from ._action_gap import second_order, straight_gap
from ._lengths import angle, length

_FINEST = 1e-13  # relative tolerance of W beside an absolute one of its displacement

#: numbers of one step, columns of the stored analysis `departure.steps`
COLUMNS = (
    "step",
    "gap",
    "gap_error",
    "gap_leading",
    "gap_noise",
    "angle",
    "distance",
    "second",
    "noise",
    "rest",
)


class StepDepartures:
    """Single steps of a run beside the flow of the full potential from the same W_k.

    With e = W_{k+1} − φ_h(W_k), φ_h the flow for the time h of the step:
    e = (δ + h g^♯dL) − (h²/2) g^♯H g^♯dL + rest, what the mini-batch, second order and higher
    orders do.

    Attributes
    ----------
    iteration, time : ndarray (S,)
    step : ndarray (S,)
        h.
    gap, gap_error, gap_leading, gap_noise : ndarray (S,)
        See `ActionGap`.
    angle : ndarray (S,)
        Between the step δ and the flow's own displacement φ_h(W_k) − W_k, in radians.
    distance : ndarray (S,)
        ‖e‖_g.
    second, noise, rest : ndarray (S,)
        Lengths of the three parts of e.
    """

    def __init__(self, iteration, time, values):
        self.iteration, self.time = np.asarray(iteration), np.asarray(time)
        self.values = np.asarray(values, np.float64).reshape(-1, len(COLUMNS))

    def __getattr__(self, name):
        if name not in COLUMNS:
            raise AttributeError(f"StepDepartures has no attribute {name!r}")
        return self.column(name)

    def column(self, name):
        """One of the numbers of each step (S,)."""
        return self.values[:, COLUMNS.index(name)]

    def __len__(self):
        return len(self.iteration)


def step_departures(run, potential, metric, rows, rtol, progress):
    """`StepDepartures` of the steps from some rows of a run to the next ones."""
    found = []
    with _progress.bar(len(rows), shown=progress, what="steps beside the flow") as show:
        for row in rows:
            W, after = (np.asarray(run.parameters[k], np.float64) for k in (row, row + 1))
            h = float(run.step[run.iteration[row]])
            found.append(_one(potential, metric.at(run.time[row]), W, after - W, h, rtol))
            show(len(found))
    return StepDepartures(run.iteration[rows], run.time[rows], found)


def _one(potential, whole, W, delta, h, rtol):
    metric = whole.seen_at(W)
    gap = straight_gap(potential, metric, W, delta, h)
    slope = metric.sharp(potential.differential(W)[1])
    along = _flow_displacement(potential, whole, W, h, rtol, h * np.abs(slope).max())
    error, noise = delta - along, delta + h * slope
    second = -h * h / 2 * second_order(potential, whole, W, slope)
    return [
        h,
        gap.value,
        gap.error,
        gap.leading,
        gap.noise,
        angle(metric, delta, along),
        *(length(metric, part) for part in (error, second, noise, error - second - noise)),
    ]


def _flow_displacement(potential, metric, W, h, rtol, size):
    """φ_h(W) − W (D,); the displacement itself is integrated, so that it keeps its digits."""
    if not 0 < size < np.inf:
        return np.zeros(len(W)) if size == 0 else np.full(len(W), np.nan)

    if kinked_network(potential) is not None:  # from kink to kink
        on = follow(
            potential,
            W0=W,
            time=h,
            at=[h],
            metric=metric,
            rtol=_FINEST,
            atol=rtol * size,
            progress=False,
        )
        return on.parameters[-1] - W if on.finished and len(on) else np.full(len(W), np.nan)

    def velocity(u):
        return -metric.seen_at(W + u).sharp(potential.differential(W + u)[1])

    found = integrate(velocity, np.zeros(len(W)), [0.0, h], rtol=rtol, atol=rtol * size)
    return found[-1] if len(found) > 1 else np.full(len(W), np.nan)
