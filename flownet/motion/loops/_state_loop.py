"""The loop of finite steps where a function reads step, temperature or stiffness off the state."""

from copy import copy

import numpy as np

from ..mechanics import StepPolicy
from ._compiled_loop import one_by_one
from ._state import State


class Held(StepPolicy):
    """A number that is set anew before each step."""

    number = 1.0

    def at(self, iteration):
        """The number."""
        return self.number


def reads_state(mechanics, metric):
    """Whether the step or the temperature of mechanics, or a stiffness, is read off the state."""
    heat = mechanics.scheduled_temperature
    heated = heat is not None and heat.of_state
    return mechanics.policy.of_state or heated or metric.of_state


def held_of(mechanics, metric):
    """The same mechanics and metric, `Held` numbers in place of all functions of the state."""
    held, heat = copy(mechanics), mechanics.scheduled_temperature
    if mechanics.policy.of_state:
        held.policy = Held()
    if heat is not None and heat.of_state:
        held.temperature = Held()
    if metric.of_state:
        metric = metric.with_schedules(lambda s: Held() if s.of_state else s)
    return held, metric


class StateLoop:
    """A loop that is told before each step what a function of its state says."""

    def __init__(self, loop, mechanics, metric, potential):
        self._loop, self._potential, self.since = loop, potential, loop.since
        self.W, self.arrays, self.extra = loop.W, loop.arrays, loop.extra
        self.mechanics, self.metric = mechanics, metric
        pairs = [
            (mechanics.policy, loop.mechanics.policy, False),
            (mechanics.scheduled_temperature, loop.mechanics.scheduled_temperature, False),
        ]
        if metric.of_state:
            held = loop.metric.schedules
            pairs += [(s, h, True) for s, h in zip(metric.schedules, held)]
        self._told = [pair for pair in pairs if isinstance(pair[1], Held)]

    @property
    def time(self):
        """Time of the state W."""
        return self._loop.time

    def advance(self, first, count, tape, *columns):
        """Steps from iteration `first` on: steps taken, rows kept, and whether all is finite."""
        return one_by_one(self._advance, first, count, tape, columns)

    def _advance(self, first, count, tape, *columns):
        if np.isfinite(self.W).all():
            self._tell(first)
        return self._loop.advance(first, count, tape, *columns)

    def _tell(self, iteration):
        """Ask the functions of the state."""
        state = State(iteration, self.time, self, self._potential)
        told = [
            (held, given.of(state.without_metric() if of_metric else state, state.since_change))
            for given, held, of_metric in self._told
        ]
        for held, number in told:
            held.number = number
