"""Schedules: policies that are closed forms of the iteration.

Their numbers are computed a block ahead, and the compiled loop reads them from a table.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ..._errors import FlownetError, shown
from ..._registry import kind
from .. import _check
from ._policy import StepPolicy, floor_of, refuse_to_stand_still

if TYPE_CHECKING:
    from ..._types import Count, NotNegative, Positive, Share
    from ...model.potential import AnyPotential


class Ending(StepPolicy):
    """A schedule of `over` steps; later ones are all the same."""

    over: int
    of_time = True

    @property
    def ends(self) -> int | None:
        """`over`."""
        return self.over


@kind("step policy", "warmup")
class Warmup(Ending):
    """Warm-up: a linear rise of the first steps, h_k = step·min(1, (k+1)/over), from step/over on.

    Parameters
    ----------
    step : float
        In the end.
    over : int
        Steps of the rise; the last of them is a full one.

    Raises
    ------
    FlownetError
        For numbers that are not above 0, or an `over` that is not whole.
    """

    def __init__(self, step: Positive, over: Count) -> None:
        self.step, self.over = _check.positive("step", step), _check.whole("over", over, 1)

    def at(self, iteration: int) -> float:
        """The step at an iteration."""
        return self.step * min(1.0, (iteration + 1) / self.over)


@kind("step policy", "cosine")
class Cosine(Ending):
    """Cosine schedule: h_k = floor + (step − floor)·(1 + cos(πk/over))/2 for k < over.

    From `over` on the step is `floor`. With the floor 0, by default, all `over` steps are above 0
    and a run of more is refused: it would stand still. `states` without an end does stand still.

    Parameters
    ----------
    step : float
        The first.
    over : int
        Number of steps of the fall.
    floor : float
        Step from iteration `over` on, from 0 to `step`.

    Raises
    ------
    FlownetError
        For numbers out of their range, or an `over` that is not whole.
    """

    def __init__(self, step: Positive, over: Count, floor: NotNegative = 0.0) -> None:
        self.step, self.over = _check.positive("step", step), _check.whole("over", over, 1)
        self.floor = floor_of(floor, step)

    def at(self, iteration: int) -> float:
        """The step at an iteration; cos² where 1 + cos would cancel."""
        if iteration >= self.over:
            return self.floor
        half = math.cos(0.5 * math.pi * iteration / self.over)
        return self.floor + (self.step - self.floor) * half * half

    def check(self, potential: AnyPotential, steps: int | None) -> None:
        """Refuse to stand still."""
        refuse_to_stand_still(self, steps)


@kind("step policy", "exponential")
class Exponential(StepPolicy):
    """Exponential schedule: h_k = step·factor^(k/over), never below `floor`.

    Parameters
    ----------
    step : float
        The first.
    factor : float
        What `over` steps make of it, above 0 and at most 1.
    over : int
        Steps of one such fall; 1 by default, as in `torch.optim.lr_scheduler.ExponentialLR`.
    floor : float
        Least step.

    Raises
    ------
    FlownetError
        For numbers out of their range, or an `over` that is not whole.
    """

    of_time = True

    def __init__(
        self, step: Positive, factor: Positive, over: Count = 1, floor: NotNegative = 0.0
    ) -> None:
        self.step, self.factor = _check.positive("step", step), _check.positive("factor", factor)
        if self.factor > 1:
            raise FlownetError(f"factor is {shown(factor)}; it has to be a number up to 1.")
        self.over, self.floor = _check.whole("over", over, 1), floor_of(floor, step)

    def at(self, iteration: int) -> float:
        """The step at an iteration."""
        return max(self.floor, self.step * self.factor ** (iteration / self.over))


@kind("step policy", "polynomial")
class Polynomial(Ending):
    """Polynomial schedule: h_k = floor + (step − floor)·(1 − k/over)^power for k < over.

    From `over` on the step is `floor`; with the floor 0, by default, a run of more steps than
    `over` is refused: it would stand still.

    Parameters
    ----------
    step : float
        The first.
    over : int
        Number of steps of the fall.
    power : float
        1, by default, for a straight line.
    floor : float
        Step from iteration `over` on, from 0 to `step`.

    Raises
    ------
    FlownetError
        For numbers out of their range, or an `over` that is not whole.
    """

    def __init__(
        self, step: Positive, over: Count, power: Positive = 1.0, floor: NotNegative = 0.0
    ) -> None:
        self.step, self.over = _check.positive("step", step), _check.whole("over", over, 1)
        self.power, self.floor = _check.positive("power", power), floor_of(floor, step)

    def at(self, iteration: int) -> float:
        """The step at an iteration."""
        left = max(0.0, 1 - iteration / self.over)
        return self.floor + (self.step - self.floor) * left**self.power

    def check(self, potential: AnyPotential, steps: int | None) -> None:
        """Refuse to stand still."""
        refuse_to_stand_still(self, steps)


@kind("step policy", "one-cycle")
class OneCycle(Ending):
    """One cycle: half a cosine up from start·step to step, then one down to end·step.

    The steps of `torch.optim.lr_scheduler.OneCycleLR(max_lr=step, total_steps=over)` of the same
    `rise`, whose `div_factor` is 1/start and whose `final_div_factor` is start/end. From `over` on
    the step is end·step.

    Parameters
    ----------
    step : float
        The largest.
    over : int
        Steps of the whole cycle, at least 2.
    rise : float
        Share of them that rise, above 0 and below 1.
    start, end : float
        First and last step over the largest, above 0.

    Raises
    ------
    FlownetError
        For numbers out of their range, or an `over` that is not whole.
    """

    def __init__(
        self,
        step: Positive,
        over: Count,
        rise: Share = 0.3,
        start: Positive = 0.04,
        end: Positive = 4e-6,
    ) -> None:
        self.step, self.over = _check.positive("step", step), _check.whole("over", over, 2)
        self.rise = _check.positive("rise", rise)
        if self.rise >= 1:
            raise FlownetError(f"rise is {shown(rise)}; it has to be a number from 0 to below 1.")
        self.start, self.end = _check.positive("start", start), _check.positive("end", end)

    def at(self, iteration: int) -> float:
        """The step at an iteration."""
        top, last = self.rise * self.over - 1, self.over - 1
        if iteration < top:
            return self.step * _half_cosine(self.start, 1.0, iteration / top)
        fallen = min(1.0, (iteration - top) / (last - top))
        return self.step * _half_cosine(1.0, self.end, fallen)


def _half_cosine(begin, end, share):
    """From `begin` to `end` along half a cosine."""
    return end + (begin - end) * (1 + math.cos(math.pi * share)) / 2
