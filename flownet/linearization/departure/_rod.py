"""The rod: two consecutive states of a finite run, and where two gradients carry them, exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..._errors import FlownetError, shown
from ..._origin import with_origin
from ..._table import Table, Tabled, short
from ...geometry.metric import metric_of
from ...model._check import is_whole
from ...store.trajectory import Trajectory, as_reals

_OPERATIONS = 16  # roundings that the two sides of an identity do not share


@dataclass(repr=False, frozen=True)
class Rod(Tabled):
    """Two consecutive states of plain descent as a rod, and both identities of its next move.

    w̄ = (W_k + W_{k+1})/2, d = (W_{k+1} − W_k)/2, and with g = g^♯dL at the two ends

        w̄′ = w̄ − ½[h_k g(w̄ − d) + h_{k+1} g(w̄ + d)],   d′ = −½h_{k+1} g(w̄ + d).

    Attributes
    ----------
    iteration : int
        k.
    steps : tuple of 2 floats
        h_k and h_{k+1}.
    centre, half : ndarray (D,)
        w̄ and d.
    next_centre, next_half : ndarray (D,)
        w̄′ and d′, of the recorded states k+1 and k+2.
    centre_residual, half_residual : ndarray (D,)
        What is left of each identity: recorded less predicted.
    length : float
        2‖d‖ in the metric.
    floor : float
        Largest entry of a residual that rounding explains, in the run's precision.
    """

    iteration: int
    steps: tuple
    centre: np.ndarray
    half: np.ndarray
    next_centre: np.ndarray
    next_half: np.ndarray
    centre_residual: np.ndarray
    half_residual: np.ndarray
    length: float
    floor: float

    @property
    def exact(self) -> bool:
        """Whether both residuals are nothing but rounding."""
        return bool(max(self.worst) <= self.floor)

    @property
    def worst(self) -> tuple[float, ...]:
        """Largest |entry| of the residual of w̄′, and of that of d′."""
        return tuple(float(np.abs(r).max()) for r in (self.centre_residual, self.half_residual))

    def table(self) -> Table:
        """Both residuals beside what rounding explains, as a `Table`."""
        return Table(
            f"rod of steps {self.iteration} and {self.iteration + 1}",
            {
                "step sizes": (_pair, [self.steps]),
                "length 2‖d‖": (short, [self.length]),
                "residual of the centre": (".1e", self.worst[:1]),
                "residual of the half": (".1e", self.worst[1:]),
                "rounding explains": (".1e", [self.floor]),
                "verdict": (
                    str,
                    ["exact" if self.exact else "not the run of this potential and metric"],
                ),
            },
            [
                "exact means: states, gradients, metric and step sizes belong together, up to "
                "rounding; otherwise one of them is not what the run was made with"
            ],
            upright=True,
        )

    __repr__ = Tabled.__str__


def _pair(steps):
    return ", ".join(map(short, steps))


@with_origin
def rod(run: Trajectory, *, at: int | None = None) -> Rod:
    """The two-step identity of plain descent on states k, k+1, k+2 of a recorded run.

    Exact to rounding for every full-batch or mini-batch run of Aristotle's mechanics, whatever
    its step policy and metric: a check that the states, the gradients, the metric and the steps
    are those of one another. The rod oscillates where its middle goes on smoothly (2602.01480).

    Parameters
    ----------
    run : Trajectory
    at : int, optional
        k, from 0 to N − 2; negative ones count from the end. Without it all are looked at, and the
        one whose residual is largest, in units of what rounding explains, is given.

    Returns
    -------
    Rod

    Raises
    ------
    FlownetError
        When the run's mechanics are others, or it does not keep the three states.
    """
    if not isinstance(run, Trajectory):
        raise FlownetError(f"rod of {shown(run)}: it has to be a Trajectory.")
    if run.mechanics is None or not run.mechanics.descends:
        raise FlownetError(
            f"the rod is an identity of plain descent, and the run's mechanics are "
            f"{shown(run.mechanics)}; it wants flownet.Aristotle."
        )
    run.in_one_way("the rod")
    run = as_reals(run)
    if at is not None:
        return _rod(run, *_states(run, at))
    iteration = run.iteration
    first = iteration[:-2][iteration[2:] == iteration[:-2] + 2].tolist()
    if not first:
        raise FlownetError("the run keeps no three consecutive states: record_every=1 keeps all.")
    return max((_rod(run, *_states(run, k)) for k in first), key=lambda r: max(r.worst) / r.floor)


def _rod(run, k, states):
    """The rod of three states (3, D)."""
    W0, W1, W2 = states
    h0, h1 = (float(h) for h in run.step[k : k + 2])
    centre, half = (W0 + W1) / 2, (W1 - W0) / 2
    next_centre, next_half = (W1 + W2) / 2, (W2 - W1) / 2
    kicks = [
        h * _direction(run, k + i, W)
        for i, (h, W) in enumerate(((h0, centre - half), (h1, centre + half)))
    ]
    sizes = [np.abs(part).max() for part in (W0, W1, W2, *kicks)]
    metric = _metric_at(run, k)
    return Rod(
        k,
        (h0, h1),
        centre,
        half,
        next_centre,
        next_half,
        next_centre - (centre - (kicks[0] + kicks[1]) / 2),
        next_half + kicks[1] / 2,
        2 * float(np.sqrt(metric.norm2(half))),
        float(_OPERATIONS * np.finfo(run.parameters.dtype).eps * max(sizes)),
    )


def _states(run, at):
    """k and the states (3, D) at k, k+1, k+2, in float64."""
    steps = len(run.step)
    if not is_whole(at, -(steps - 1), steps - 2):
        raise FlownetError(
            f"at is {shown(at)}; the run has {steps} steps, and a rod begins at one "
            f"from 0 to {steps - 2}."
        )
    k = int(at) % (steps - 1)
    wanted = np.arange(k, k + 3)
    rows = np.searchsorted(run.iteration, wanted)
    if rows[-1] >= len(run) or (run.iteration[rows] != wanted).any():
        raise FlownetError(
            f"the rod at {k} wants the states {k}, {k + 1} and {k + 2}, and the run "
            "does not keep all of them: record_every=1 does."
        )
    return k, [run.parameters[int(row)].astype(np.float64) for row in rows]


def _direction(run, k, W):
    """g^♯dL (D,) of the potential of step k, in the run's precision, as float64."""
    dL = run.potential_at(k).differential(W.astype(run.parameters.dtype))[1]
    return _metric_at(run, k).sharp(dL).astype(np.float64)


def _metric_at(run, k):
    """The metric of step k."""
    time = run.time[np.searchsorted(run.iteration, k)]
    return metric_of(run.metric_at(k), run.potential).at(time)
