"""By which exit a finite run and its flow leave: the minima they come to, compared."""

from dataclasses import dataclass

import numpy as np

from ..._errors import FlownetError, shown
from ...motion.loops import train
from ...motion.mechanics import Aristotle
from ...store.trajectory import Trajectory, as_reals
from ..step import html, on_reals, text
from ._compare import Comparison, compare_minima
from ._minimum import CriticalPoint, minimum

_DIVERGED = 1e6  # times the first loss: as good as infinite


@dataclass(frozen=True)
class Exits:
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
    def verdict(self):
        """That of the comparison, or "diverged"."""
        return "diverged" if self.comparison is None else self.comparison.verdict

    @property
    def head(self):
        """Heads of the columns."""
        return f"{self.steps} steps of {self.step:.6g}", "finite run", "flow"

    @property
    def rows(self):
        """Label, finite run, flow."""
        points = (self.run, self.flow)
        made = [("loss where the finite steps end", f"{self.run_loss:.6g}", "")]
        for label, form in (
            ("comes to", lambda p: p.words),
            ("loss there", lambda p: f"{p.loss:.8g}"),
            ("‖dL‖ there", lambda p: f"{p.gradient:.1e}"),
            ("rounding of ‖dL‖", lambda p: f"{p.rounding:.1e}"),
            ("time of the flow to it", lambda p: f"{p.time:.4g}"),
            ("length of the polish", lambda p: f"{p.polish_length:.1e}"),
        ):
            made.append((label, *("—" if p is None else form(p) for p in points)))
        if self.comparison is not None:
            made += [
                ("", "", ""),
                ("between them", *self.comparison.head[1:]),
                *self.comparison.rows,
            ]
        return made

    @property
    def notes(self):
        """What is said below the table."""
        return (
            ("verdict: diverged. The finite run leaves by no exit at all.",)
            if self.comparison is None
            else self.comparison.notes
        )

    def __str__(self):
        return text(self.head, self.rows, self.notes)

    def _repr_html_(self):
        return html(self.head, self.rows, self.notes)


def exits(
    what,
    W0=None,
    *,
    step=None,
    steps=None,
    time=None,
    metric=None,
    flow=None,
    descent_time=None,
    progress=True,
):
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
        When arguments are missing, contradict each other or do not fit, or the potential has no
        minimum at a finite distance.
    """
    if isinstance(what, Trajectory):
        given = {"W0": W0, "step": step, "steps": steps, "time": time, "metric": metric}
        for name, value in given.items():
            if value is not None:
                raise FlownetError(
                    f"exits(run) takes no {name}={shown(value)}: the run has its own."
                )
        run = as_reals(what)
        potential, metric = run.potential, run.metric
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
        count = count_steps(step, steps, time)
        run = train(
            potential,
            Aristotle(step),
            W0=W0,
            steps=count,
            metric=metric,
            record_every=count,
            progress=progress,
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
    """N, given or from the time of the run."""
    if not (np.isscalar(step) and not isinstance(step, str) and 0 < step < np.inf):
        raise FlownetError(f"step is {shown(step)}; it has to be a number above 0.")
    if (steps is None) == (time is None):
        raise FlownetError("the length of the finite run: steps=N, or time=N·step, one of them.")
    if steps is not None:
        if isinstance(steps, bool) or not isinstance(steps, (int, np.integer)) or steps < 1:
            raise FlownetError(f"steps is {shown(steps)}; it has to be a whole number from 1 up.")
        return int(steps)
    if not (np.isscalar(time) and not isinstance(time, str) and 0 < time < np.inf):
        raise FlownetError(f"time is {shown(time)}; it has to be a number above 0.")
    return max(1, round(time / step))
