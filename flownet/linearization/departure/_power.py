"""The power of the step with which a finite run departs from a flow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import _progress
from ..._errors import FlownetError, shown
from ..._origin import with_origin
from ..._table import Table, Tabled
from ...geometry.metric import metric_of
from ...model._check import array, is_whole
from ...model.potential import as_potential, in_double
from ...motion.flow import as_field, flow as follow, is_field
from ...motion.loops import train
from ...motion.mechanics import Aristotle
from ..step import on_reals
from ._check import check_run, tolerance
from ._lengths import length

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike

    from ..._types import MetricLike
    from ...model.potential import AnyPotential
    from ...motion.flow import Field

_FLOOR = 100  # tolerances of the integrator, below which a distance is its error


@dataclass(frozen=True, eq=False)
class Power(Tabled):
    """Distance of finite runs from a flow at one time, distance ≈ C·step^power.

    Attributes
    ----------
    power : float
        Slope of log distance against log step, by least squares.
    error : float
        Its standard error from the scatter about the line; NaN of two steps.
    steps, distance : ndarray (S,)
        All of them, the longest step first.
    used : ndarray (S,) of bool
        Whether the distance lies above the error of the flow, and so counts.
    time : float
    """

    power: float
    error: float
    steps: np.ndarray
    distance: np.ndarray
    used: np.ndarray
    time: float

    @property
    def slopes(self):
        """Slopes of log distance from each step to the next (S−1,)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.diff(np.log(self.distance)) / np.diff(np.log(self.steps))

    def table(self):
        """The distances and the slopes between them, as a `Table`."""
        left_out = [None if used else "error of the flow, left out" for used in self.used]
        return Table(
            f"Distance from the flow at t = {self.time:.6g} grows with the step to the power "
            f"{self.power:.4g} ± {self.error:.1g}",
            {
                "step": (".5g", self.steps),
                "distance": (".4e", self.distance),
                "slope": (".4f", [None, *self.slopes]),
                "remark": (str, left_out),
            },
        )


@with_origin
def departure_power(
    potential: AnyPotential,
    W0: ArrayLike,
    *,
    steps: Sequence[float],
    time: float,
    field: Field | Callable[[float], Field] | None = None,
    metric: MetricLike | None = None,
    rtol: float = 1e-12,
    progress: bool = True,
) -> Any:
    """Power of the step with which plain descent departs from a flow at one time.

    1 for the plain flow; p + 1 for the modified flow of order p, at a time that does not depend on
    the step (global error; one step departs by a power more).

    Parameters
    ----------
    potential : Potential
    W0 : array (D,)
    steps : sequence of float
        At least two; each goes into the time a whole number of times.
    time : float
    field : optional
        The plain flow by default; an object with `velocity(potential, metric, W)`, or a function
        step → such an object, as modified flows depend on the step.
    metric : LayerMetric, optional
    rtol : float
        Of the flow; its absolute tolerance is a hundredth. Kinks of ReLU want a larger one.
    progress : bool

    Returns
    -------
    Power

    Raises
    ------
    FlownetError
        When a step does not divide the time, a run diverges, or fewer than two distances are
        above the error of the flow.
    """
    tolerance(rtol)
    counts = _counts(steps, time)
    potential, W0, metric = on_reals(in_double(as_potential(potential)), W0, metric)
    try:
        W0 = np.asarray(array("W0", W0), np.float64)
    except (TypeError, ValueError, OverflowError):
        raise FlownetError(f"W0 is {shown(W0)}; it has to be an array (D,) of numbers.") from None
    h, distance, size, end = float(time) / np.array(counts), [], 0.0, None
    with _progress.bar(sum(counts), shown=progress, what="steps of finite runs") as show:
        for step, count in zip(h.tolist(), counts):
            found = _descend(potential, W0, step, count, metric)
            if end is None or _of_step(field):
                end = _end(potential, W0, time, _field(field, step), metric, rtol)
            plain = metric_of(metric, potential).at(time)
            distance.append(length(plain, found - end))
            size = max(size, length(plain, end - W0), 1e-2 * np.linalg.norm(W0))
            show(sum(counts[: len(distance)]))
    return _fit(h, np.array(distance), _FLOOR * rtol * size, float(time))


def _descend(potential, W0, step, count, metric):
    """Where a finite run ends (D,)."""
    run = train(
        potential,
        Aristotle(step),
        steps=count,
        W0=W0,
        metric=metric,
        record_every=count,
        progress=False,
        on_interrupt="raise",
    )
    if run.diverged_at is not None:
        raise FlownetError(
            f"the run at step {step:.6g} diverges at iteration {run.diverged_at}: "
            "take shorter steps."
        )
    return np.asarray(run.parameters[-1])


def _of_step(field):
    """Whether a field is a function step → field."""
    return callable(field) and not is_field(field)


def _field(field, step):
    found = field(step) if _of_step(field) else field
    return (
        None if found is None else as_field(found, "field, or what a function of the step gives,")
    )


def power_of_run(run, time, halvings, words):
    """`departure_power` of the problem a run solved, from its step down."""
    check_run(run)
    if not is_whole(halvings, 1):
        raise FlownetError(f"halvings is {shown(halvings)}; it has to be a whole number from 1 up.")
    if "batch_size" in run.experiment["run"]:
        raise FlownetError(
            "the run used mini-batches: with shorter steps it would see others. "
            "departure_power(potential, W0, steps=…, time=…) takes all data."
        )
    if run.metric is not None and run.metric.recorded:
        raise FlownetError(
            "the stiffness of the run follows its steps: of shorter steps it would be another. "
            "departure_power(potential, W0, steps=…, time=…) takes a metric of the time."
        )
    h = float(run.step[0])
    if not np.allclose(run.step, h, rtol=1e-12, atol=0):
        raise FlownetError(
            "the steps of the run differ: there is no one step to halve. "
            "departure_power(potential, W0, steps=…, time=…) takes its own."
        )
    return departure_power(
        run.potential,
        run.parameters[0],
        metric=run.metric,
        time=h * len(run.step) if time is None else time,
        steps=h / 2.0 ** np.arange(halvings + 1),
        **words,
    )


def _counts(steps, time):
    """Number of steps of each length, the longest first."""
    try:
        time, steps = float(time), sorted({float(step) for step in steps}, reverse=True)
    except (TypeError, ValueError, OverflowError):
        raise FlownetError(
            f"steps and time are {shown(steps)} and {shown(time)}; they have to be numbers above 0."
        ) from None
    if len(steps) < 2 or not (steps[-1] > 0 and steps[0] < np.inf and 0 < time < np.inf):
        raise FlownetError(
            f"steps is {shown(steps)} and time {time:g}; a slope wants at least two "
            "steps, and all are numbers above 0."
        )
    for step in steps:
        if round(time / step) < 1 or abs(time / step - round(time / step)) > 1e-9 * time / step:
            raise FlownetError(
                f"a step of {step:.6g} does not go into the time {time:.6g} a whole "
                "number of times."
            )
    return [round(time / step) for step in steps]


def _end(potential, W0, time, field, metric, rtol):
    """Where a flow is at a time (D,)."""
    flow = follow(
        potential,
        W0=W0,
        time=float(time),
        field=field,
        metric=metric,
        rtol=rtol,
        atol=rtol / 100,
        at=[0.0, float(time)],
        progress=False,
    )
    if len(flow) < 2:
        raise FlownetError(f"the flow could not be followed to t = {time:g}.")
    return np.asarray(flow.parameters[-1])


def _fit(steps, distance, floor, time):
    used = distance > floor
    if used.sum() < 2:
        raise FlownetError(
            "fewer than two distances are above the error of the flow, "
            f"{floor:.1g}: take longer steps, or a smaller rtol."
        )
    x, y = np.log(steps[used]), np.log(distance[used])
    x = x - x.mean()
    power = float(x @ y / (x @ x))
    scatter = y - y.mean() - power * x
    error = np.sqrt(scatter @ scatter / (len(x) - 2) / (x @ x)) if len(x) > 2 else np.nan
    return Power(power, float(error), steps, distance, used, time)
