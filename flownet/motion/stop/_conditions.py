"""Conditions on one state: the loss, ‖dL‖, the edge, an observable, a function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError, shown
from ..._registry import kind
from ...geometry.curvature import NoSpectrum
from ...geometry.metric import speed_of
from ...geometry.norm import Norm, sharpness_in
from .. import _check
from ..mechanics import Normalized
from ..observe import moving_metric
from ._stop import Stop, Watching

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..._types import AnyObservable, Count, Positive
    from ...motion.loops import State


def _number(name, value):
    if not _check.is_number(value):
        raise FlownetError(f"{name} is {shown(value)}; it has to be a number.")
    return float(value)


@kind("stop condition", "loss-below")
class LossBelow(Stop):
    """Stop where the potential, on all its data, falls below a value.

    Parameters
    ----------
    value : float
    every : int
        Interval of the iterations at which it is evaluated; each look takes one forward pass, and
        ends a block of compiled steps.

    Raises
    ------
    FlownetError
        For what is no number, or an interval that is not whole.
    """

    def __init__(self, value: float, every: Count = 1) -> None:
        super().__init__(every)
        self.value = _number("value", value)

    def look(self, state, potential, memory):
        """Whether L < value, and L."""
        loss = float(potential.value(state.W))
        return loss < self.value, loss

    @classmethod
    def in_words(cls, table, value):
        """Why a run ended."""
        return f"the loss is {value:.6g}, below {table['value']:g}"


@kind("stop condition", "gradient-below")
class GradientBelow(Stop):
    """Stop where ‖dL‖ = √dL(g^♯dL) of the potential, on all its data, falls below a value.

    Parameters
    ----------
    value : float
        In the run's metric, as `gradient_below` of `flow`.
    every : int
        Interval of the iterations at which it is evaluated; each look takes one gradient.

    Raises
    ------
    FlownetError
        For a value that is not above 0, or an interval that is not whole.
    """

    def __init__(self, value: Positive, every: Count = 1) -> None:
        super().__init__(every)
        self.value = _check.positive("value", value)

    def look(self, state, potential, memory):
        """Whether ‖dL‖ < value, and ‖dL‖."""
        size = speed_of(potential, state.metric.seen_at(state.W), state.W)
        return size < self.value, size

    @classmethod
    def in_words(cls, table, value):
        """Why a run ended."""
        return f"‖dL‖ is {value:.6g}, below {table['value']:g}"


@kind("stop condition", "edge")
class EdgeReached(Stop):
    """Stop where sharpness times step reaches 2, the edge of stability of plain descent.

    The sharpness is that of the potential on all its data, in the run's metric, and of adaptive
    mechanics in the metric that they make (`moving_metric`); the step is the one to come, and of
    `Normalized`, whose length does not follow dL, step/‖dL‖. In a norm that is no metric the
    sharpness is the lower bound that `norm_sharpness` finds.

    Parameters
    ----------
    above : float
        Sharpness·step at which to stop: 2 by default, Adam's own edge is at 2(1 + β₁)/(1 − β₁).
    every : int
        Interval of the iterations at which it is evaluated; each look takes some ten to a hundred
        gradients.

    Raises
    ------
    FlownetError
        For numbers that are not above 0, or an interval that is not whole.
    """

    def __init__(self, above: Positive = 2.0, every: Count = 10) -> None:
        super().__init__(every)
        self.above = _check.positive("above", above)

    def look(self, state, potential, memory):
        """Whether sharpness·step ≥ above, and that product; nan where no sharpness is found."""
        try:
            found = sharpness_in(potential, state.W, moving_metric(state))
        except NoSpectrum:
            return False, np.nan
        product = float(found * state.step)
        if isinstance(state.mechanics, Normalized):
            metric = state.metric.seen_at(state.W)
            metric = metric.exact if isinstance(metric, Norm) else metric
            size = speed_of(potential, metric, state.W)
            product = product / size if size > 0 else np.inf
        return product >= self.above, product

    @classmethod
    def in_words(cls, table, value):
        """Why a run ended."""
        return f"sharpness·step is {value:.6g}, not below {table['above']:g}"


@kind("stop condition", "reached")
class Reached(Watching):
    """Stop where an observable rises above a value, or falls below one.

    Parameters
    ----------
    observable : Observable, potential or function of the state
        One number, such as `Accuracy(held_out)`.
    above, below : float, optional
        One of them or both.
    every : int
        Interval of the iterations at which it is evaluated.

    Raises
    ------
    FlownetError
        Unless one of them is a number.
    """

    def __init__(
        self,
        observable: AnyObservable,
        above: float | None = None,
        below: float | None = None,
        every: Count = 1,
    ) -> None:
        super().__init__(observable, every)
        if above is None and below is None:
            raise FlownetError("Reached(observable) wants a value: above=… or below=….")
        self.above = None if above is None else _number("above", above)
        self.below = None if below is None else _number("below", below)

    def look(self, state, potential, memory):
        """Whether it is beyond one of them, and its value."""
        value = self.seen(state)
        high = self.above is not None and value > self.above
        return high or (self.below is not None and value < self.below), value

    @classmethod
    def in_words(cls, table, value):
        """Why a run ended."""
        high = "above" in table and value > table["above"]
        beyond = f"above {table['above']:g}" if high else f"below {table['below']:g}"
        return f"the {table['observable']['kind']} is {value:.6g}, {beyond}"


class StopWhen(Stop):
    """Stop where a function of the state says so; what a function means.

    Parameters
    ----------
    function : callable
        Is given the `State`; the run ends where it gives True. What it gives has to depend on the
        state alone. No file can say it: whoever resumes such a run hands it in again, `stop=`.
    every : int
        Interval of the iterations at which it is asked.

    Raises
    ------
    FlownetError
        For what is no function.
    """

    def __init__(self, function: Callable[[State], Any], every: Count = 1) -> None:
        super().__init__(every)
        if not callable(function):
            raise FlownetError(f"{shown(function)} is no stop condition and no function.")
        self.function = function

    def look(self, state, potential, memory):
        """What the function says."""
        met = bool(self.function(state))
        return met, float(met)

    def __repr__(self):
        # a function has a name, a callable object has none
        return f"the condition {getattr(self.function, '__qualname__', self.function)}"
