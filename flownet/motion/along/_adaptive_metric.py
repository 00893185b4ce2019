"""The metric that RMSProp and Adam make for themselves, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from ..._errors import FlownetError, shown
from ...geometry.metric import MetricOfRun
from ...model._check import is_whole
from ..observe import moving_metric
from ._replay import Replay

if TYPE_CHECKING:
    from ...geometry.metric import DiagonalMetric, Metric
    from ...store.trajectory import Trajectory


class AdaptiveMetric(MetricOfRun):
    """The diagonal metric P_k in which step k of a run by RMSProp or Adam goes downhill.

    P = √v̂ + ε, times the stiffness of the run's own metric: then W_{k+1} = W_k + step·P⁻¹⟨F⟩, with
    F = −dL, and ⟨F⟩ the rolling force of Adam, F itself of RMSProp. It is the metric that the step
    itself uses, its own force included. `fn.sharpness(run, metric=…)` and `fn.breakdown(run,
    every=n, metric=…)` take it at each step's time; `fn.flow(…, metric=…)` follows it from step to
    step.

    Attributes
    ----------
    run : Trajectory
    size : int
        D.
    """

    def __init__(self, run: Trajectory) -> None:
        self._replay = Replay(run)
        if run.mechanics.sizing is None:
            raise FlownetError(
                f"the run's mechanics are {run.mechanics!r}; a metric of their own "
                "have RMSProp and Adam."
            )
        super().__init__(run.observables["step"].time, run.potential.size)
        self.run = run
        self._known: tuple[int, Any] = -1, None  # the step asked for last, and its metric

    def __reduce__(self):
        return type(self), (self.run,)

    def of_step(self, k: int) -> DiagonalMetric:
        """`DiagonalMetric` of step k; −1 is the last step.

        The run is taken again up to there: cheapest in ascending order.
        """
        done = len(self._times)
        if not is_whole(k, -done, done - 1):
            raise FlownetError(f"at={shown(k)}, but the run has steps 0 to {done - 1}.")
        k = int(k) % done
        if k != self._known[0]:
            self._replay.go_to(k)
            self._known = k, moving_metric(self._replay.state)
        return self._known[1]

    def of_stage(self, i: int) -> Metric:
        """`DiagonalMetric` of a step."""
        return self.of_step(i)

    def __repr__(self):
        return f"AdaptiveMetric of {self.run.mechanics!r}, {len(self._times)} steps"


@overload
def adaptive_metric(run: Trajectory) -> AdaptiveMetric: ...


@overload
def adaptive_metric(run: Trajectory, at: int) -> DiagonalMetric: ...


def adaptive_metric(run: Trajectory, at: int | None = None) -> DiagonalMetric | AdaptiveMetric:
    """The metric that a run by RMSProp or Adam made for itself, √v̂ + ε (2207.14484).

    `adaptive_metric(run, at=k)` is that of step k, used like any other, `adaptive_metric(run)`
    that of every step, for what goes along a run. Adam's step is stable on a parabola below
    λ_max(P⁻¹H) = (2 + 2β₁)/((1 − β₁)·step), 38/step at β₁ = 0.9, and RMSProp's below 2/step.

    Parameters
    ----------
    run : Trajectory
    at : int, optional
        A step, 0 to N − 1; −1 is the last.

    Returns
    -------
    DiagonalMetric, or AdaptiveMetric

    Raises
    ------
    FlownetError
        For a run by other mechanics, or steps that it has not.

    Examples
    --------
    >>> import flownet as fn
    >>> potential = fn.Potential(fn.Network([2, 4, 1]), fn.Quadratic(), fn.data.load("xor"))
    >>> run = fn.train(potential, fn.Adam(0.01), steps=300)
    >>> edge = fn.sharpness(run, every=20, metric=fn.adaptive_metric(run)).value * 0.01
    """
    metric = AdaptiveMetric(run)
    return metric if at is None else metric.of_step(at)
