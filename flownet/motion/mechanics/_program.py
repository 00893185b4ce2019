"""Policies that are functions of somebody's own: of the iteration, of the time, of the state."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from ..._errors import FlownetError, shown
from ..._registry import PROGRAM
from .. import _check
from ._composed import Tabulated
from ._policy import Composed

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..._types import Vector
    from ._mechanics import Mechanics

Of = Literal["iteration", "time", "state"]


class Program(Composed):
    """A policy that no file can say; one that is read back knows its text alone.

    Parameters
    ----------
    text : str
        What it was.
    """

    def __init__(self, text: str) -> None:
        self.text = text

    def at(self, iteration: int) -> float:
        """Refused: what a file says of it is its text."""
        raise FlownetError(
            f"the run has {self.text}, which no file can say: pass the same mechanics on again, "
            "mechanics=…."
        )

    def of(self, state: Any, iteration: int) -> float:
        """Refused likewise."""
        return self.at(iteration)

    @property
    def plain(self) -> Any:
        """What files say of it."""
        return {"kind": PROGRAM, "text": self.text}

    def __repr__(self):
        return self.text


def as_recorded(mechanics: Mechanics, steps: Vector) -> Mechanics:
    """Mechanics whose step is a program, with the steps (N,) that a run of them has recorded."""
    if not isinstance(mechanics.policy, Program) or not len(steps):
        return mechanics
    again = copy(mechanics)
    again.policy = Tabulated(steps)
    return again


class Schedule(Program):
    """A function as a schedule: any number above 0 of the iteration, of the time or of the state.

    A function of the iteration or of the time is asked for a block of steps ahead, and the run
    keeps its speed. One of the state is asked before each step, some 0.1 ms. Either is stored as a
    program: its steps are recorded, and whoever resumes such a run hands it in again.

    Parameters
    ----------
    function : callable
        Gives a number from 0 up. What it gives has to depend on its argument alone: a run that is
        resumed asks again.
    of : str
        What it is called with: "iteration", the number of the step since these mechanics began;
        "time", the time of the run before the step; "state", the run's `State`, with `.W`, `.loss`,
        `.force`, `.iteration`, `.time`.

    Raises
    ------
    FlownetError
        For what is no function, and in the run for what it gives that is no such number.

    Examples
    --------
    >>> import flownet as fn
    >>> falling = fn.Schedule(lambda k: 0.5 / (1 + 0.01 * k))
    >>> run = fn.train(fn.Parabola(1), fn.Aristotle(falling), W0=[1.0], steps=3)
    >>> print(run.step)
    [0.5        0.4950495  0.49019608]
    """

    def __init__(self, function: Callable[[Any], float], of: Of = "iteration") -> None:
        if not callable(function):
            raise FlownetError(f"{shown(function)} is no function, hence no schedule.")
        if of not in get_args(Of):
            raise FlownetError(
                f"of is {shown(of)}; a schedule is one of the 'iteration', the 'time' or the "
                "'state'."
            )
        self.function, self.variable = function, of
        self.of_state = of == "state"
        # a function has a name, a callable object has none
        name = getattr(function, "__qualname__", None) or repr(function)
        super().__init__(f"a schedule by the function {name} of the {of}")

    def _asked(self, argument, where):
        """What the function gives."""
        given = self.function(argument)
        number = (
            given.item()
            if isinstance(given, (np.ndarray, np.generic)) and (given.size == 1)
            else given
        )
        if not (_check.is_number(number) and number >= 0):
            raise FlownetError(
                f"{self.text} gave {shown(given)} {where}; a number from 0 up is wanted."
            )
        return float(number)

    def at(self, iteration: int) -> float:
        """What a function of the iteration gives."""
        if self.variable != "iteration":
            raise FlownetError(f"{self.text} says nothing of an iteration alone.")
        return self._asked(iteration, f"at iteration {iteration}")

    def steps_from(self, first: int, count: int, time: float) -> Vector:
        """Steps of `count` iterations from `first` on (count,), the first of them at a time."""
        if self.variable != "time":
            return self.steps(first, count)
        found = np.empty(count)
        for i in range(count):
            found[i] = self._asked(time, f"at time {time:g}")
            time += found[i]
        return found

    def numbers(self, first: int, times: Vector) -> Vector:
        """Numbers of iterations from `first` on, at their times (count,)."""
        if self.variable != "time":
            return self.steps(first, len(times))
        return np.array([self._asked(time, f"at time {time:g}") for time in times.tolist()])

    def of(self, state: Any, iteration: int) -> float:
        """What it gives at a state."""
        if self.variable == "state":
            return self._asked(state, f"at iteration {state.iteration}")
        return float(self.numbers(iteration, np.array([state.time]))[0])
