"""By which exit a finite run and its flow leave: the minima they come to, compared."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..._errors import FlownetError, shown
from ..._origin import with_origin
from ..._table import Table, Tabled, short
from ...geometry.metric import metric_along
from ...model._check import is_real, is_whole
from ...motion.loops import train
from ...motion.mechanics import Aristotle
from ...store.trajectory import Trajectory, as_reals
from ..step import on_reals
from ._compare import Comparison, compare_minima
from ._minimum import minimum
from ._point import CriticalPoint

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..._types import MetricLike
    from ...model.potential import AnyPotential

_DIVERGED = 1e6  # times the first loss: as good as infinite


@dataclass(frozen=True)
class Exits(Tabled):
    """The minimum below a finite run, and the one its flow comes to.

    Attributes
    ----------
    step : float
    steps : int
        N, steps of the finite run before the flow takes over.
    run : CriticalPoint or None
        None of a run that diverged.
    flow : CriticalPoint
    comparison : Comparison or None
    run_loss : float
        Where the finite steps ended.
    """

    step: float
    steps: int
    run: CriticalPoint | None
    flow: CriticalPoint
    comparison: Comparison | None
    run_loss: float

    @property
    def verdict(self) -> str:
        """That of the comparison, or "diverged"."""
        return "diverged" if self.comparison is None else self.comparison.verdict

    def table(self) -> Table:
        """Where the finite run and the flow come to, and what lies between, as a `Table`."""
        notes, more = ["verdict: diverged. The finite run leaves by no exit at all."], []
        if self.comparison is not None:
            compared = self.comparison.table()
            notes, more = compared.notes, [replace(compared, notes=())]

        def there(name):
            # columns are named as the numbers are
            return [np.nan if p is None else getattr(p, name) for p in (self.run, self.flow)]

        return Table(
            "",
            {
                f"{self.steps} steps of {self.step:.6g}": (str, ["finite run", "flow"]),
                "loss where the finite steps end": (".6g", [self.run_loss, None]),
                "comes to": (str, there("words")),
                "loss there": (".8g", there("loss")),
                "‖dL‖ there": (".1e", there("gradient")),
                "rounding of ‖dL‖": (".1e", there("rounding")),
                "time of the flow to it": (short, there("time")),
                "length of the polish": (".1e", there("polish_length")),
            },
            notes,
            upright=True,
            more=more,
        )


@with_origin
def exits(
    what: AnyPotential | Trajectory,
    W0: ArrayLike | None = None,
    *,
    step: float | None = None,
    steps: int | None = None,
    time: float | None = None,
    metric: MetricLike | None = None,
    flow: CriticalPoint | None = None,
    descent_time: float | None = None,
    progress: bool = True,
) -> Exits:
    """By which exit a finite run and its flow leave: the minima they come to, compared.

    `exits(potential, W0, step=h, steps=N)` takes N steps W ← W − h·g^♯dL from W0 and follows the
    flow from where they end; the flow from W0 itself is the other. `exits(run)` does the same for a
    recorded run, whatever its mechanics and batches, on its full potential. Both are polished
    (`minimum`) and compared without the symmetries of hidden units (`compare_minima`).

    Parameters
    ----------
    what : potential or Trajectory
    W0 : array (D,), optional
    step : float, optional
    steps : int, optional
        Of the finite run; or
    time : float, optional
        its time: steps = time/step, rounded, at least 1.
    metric : LayerMetric or DiagonalMetric, optional
        Along a run the run's own.
    flow : CriticalPoint, optional
        Where the flow from W0 ends, if that is known: `minimum(potential, W0)`.
    descent_time : float, optional
        Flow time at most on the way to a minimum, as in `minimum`.
    progress : bool

    Returns
    -------
    Exits

    Raises
    ------
    FlownetError
        Unless a potential comes with W0, a step above 0 and one of `steps` and `time`, and a run
        without them; or where the potential has no minimum at a finite distance.
    """
    if isinstance(what, Trajectory):
        given = {"W0": W0, "step": step, "steps": steps, "time": time, "metric": metric}
        for name, value in given.items():
            if value is not None:
                raise FlownetError(
                    f"exits(run) takes no {name}={shown(value)}: the run has its own."
                )
        what.in_one_way("its exit")
        run = as_reals(what)
        potential, metric = run.potential, run.metric and metric_along(run)
        if run.is_flow:
            raise FlownetError(
                "exits of a flow: it wants the run of finite steps, and makes its flow."
            )
        if not len(run) or not len(run.step):
            raise FlownetError("the run has no finite step: it and its flow leave alike.")
        W0, step = run.parameters[0], float(run.step[0])
    else:
        potential, W0, metric = on_reals(what, W0, metric)
        if W0 is None:
            raise FlownetError("exits(potential, W0) wants the parameters W0 where both begin.")
        step, count = count_steps(step, steps, time)
        run = train(
            potential,
            Aristotle(step),
            W0=W0,
            steps=count,
            metric=metric,
            record_every=count,
            progress=progress,
            on_interrupt="raise",
        )
    options = {"metric": metric, "time": descent_time, "progress": progress}
    flow = minimum(potential, W0, **options) if flow is None else flow
    if diverged(run):
        return Exits(step, len(run.step), None, flow, None, np.inf)
    end = minimum(potential, run.parameters[-1], **options)
    return Exits(
        step,
        len(run.step),
        end,
        flow,
        compare_minima(potential, end, flow, metric=metric),
        float(run.loss[-1]),
    )


def diverged(run):
    """Whether a run left for infinity."""
    loss = run.loss
    return run.diverged_at is not None or not abs(loss[-1]) <= _DIVERGED * abs(loss[0])


def count_steps(step, steps, time):
    """The step, and N, given or from the time of the run."""
    if not (is_real(step) and step > 0):
        raise FlownetError(f"step is {shown(step)}; it has to be a number above 0.")
    if (steps is None) == (time is None):
        raise FlownetError("the length of the finite run: steps=N, or time=N·step, one of them.")
    if steps is not None:
        if not is_whole(steps, 1):
            raise FlownetError(f"steps is {shown(steps)}; it has to be a whole number from 1 up.")
        return step, int(steps)
    if not (is_real(time) and time > 0):
        raise FlownetError(f"time is {shown(time)}; it has to be a number above 0.")
    return step, max(1, round(time / step))
