"""The loop of finite steps where a function reads the step or the temperature off the state."""

from copy import copy

import numpy as np

from ..mechanics import StepPolicy
from ._compiled_loop import rest_of
from ._state import State


class Held(StepPolicy):
    """A number that is set anew before each step."""

    number = 1.0

    def at(self, iteration):
        """The number."""
        return self.number


def reads_state(mechanics):
    """Whether the step or the temperature of mechanics is read off the state."""
    heat = mechanics.scheduled_temperature
    return mechanics.policy.of_state or (heat is not None and heat.of_state)


def held_of(mechanics):
    """The same mechanics with a `Held` number in place of each function of the state."""
    held, heat = copy(mechanics), mechanics.scheduled_temperature
    if mechanics.policy.of_state:
        held.policy = Held()
    if heat is not None and heat.of_state:
        held.temperature = Held()
    return held


class StateLoop:
    """A loop that is told before each step what a function of its state says."""

    def __init__(self, loop, mechanics, held, potential):
        self._loop, self._held, self._potential, self.since = loop, held, potential, loop.since
        self.W, self.metric, self.arrays, self.extra = loop.W, loop.metric, loop.arrays, loop.extra
        self.mechanics = mechanics

    @property
    def time(self):
        """Time of the state W."""
        return self._loop.time

    def advance(self, first, count, tape, *columns):
        """Steps from iteration `first` on: steps taken, rows kept, and whether all is finite."""
        done, rows, finite = 0, 0, True
        while done < count and finite:
            if np.isfinite(self.W).all():
                self._tell(first + done)
            one = rest_of(tape, done, rows)
            one = one._replace(step=one.step[:1])
            taken, kept, finite = self._loop.advance(
                first + done, 1, one, *(column[done:] for column in columns)
            )
            done, rows = done + taken, rows + kept
        return done, rows, finite

    def _tell(self, iteration):
        """Ask the functions of the state."""
        state = State(iteration, self.time, self, self._potential)
        for given, held in (
            (self.mechanics.policy, self._held.policy),
            (self.mechanics.scheduled_temperature, self._held.scheduled_temperature),
        ):
            if isinstance(held, Held):
                held.number = given.of(state, iteration - self.since.begun)
