"""The loop of finite steps where kernels know potential and metric: many steps a call."""

import numpy as np

from ...kernels.layout import Tape
from .._problem import CompiledSum
from ._python_loop import START, arrays_of_step, heat_key, temperatures


class CompiledLoop:
    """Many steps a call, nothing allocated in between."""

    extra = ()  # what is recorded of each step beside loss and step

    def __init__(
        self, potential, mechanics, metric, W, time, batch_size, seed, pairs=False, since=START
    ):
        self.W, self._time = W, np.array([time], np.float64)
        self.mechanics, self.metric = mechanics, metric
        self._dL, self._policy = np.zeros_like(W), mechanics.policy
        self._memory = np.zeros((mechanics.memories, W.size), W.dtype)
        self.arrays = arrays_of_step(W, self._memory)
        self._compiled = CompiledSum(potential, W.dtype, batch_size, seed)
        self.since = since
        self._of = {
            "of_loss": self._policy.of_loss,
            **mechanics.rule(pairs, heat_key(seed, since.born)),
            "born": since.born,
        }
        self._rule = self._compiled.rule(metric, time, **self._of)

    @property
    def time(self):
        """Time of the state W."""
        return float(self._time[0])

    def advance(self, first, count, tape):
        """Steps from iteration `first` on: steps taken, rows kept, and whether all is finite."""
        age = first - self.since.begun
        tape.step[:] = self._policy.steps_from(age, count, self.time)
        self._of |= temperatures(self.mechanics, first, age, self.time, tape.step)
        self._rule = self._rule._replace(
            **{name: self._of[name] for name in ("first", "temperatures")}
        )
        done, rows, finite, p = 0, 0, True, self._compiled
        with p.for_kernels() as problem:
            while done < count and finite:  # once for a metric that does not change meanwhile
                if not self._rule.since <= self.time < self._rule.until:
                    self._rule = p.rule(self.metric, self.time, **self._of)
                taken, kept, finite = p.kernels.advance(
                    problem,
                    self._rule,
                    rest_of(tape, done, rows),
                    self.W,
                    self._memory,
                    self._dL,
                    self._time,
                    first + done,
                    count - done,
                    p.threads,
                )
                done, rows = done + taken, rows + kept
        return done, rows, finite


def rest_of(tape, done, rows):
    """A tape from so many steps and rows on."""
    if not done:
        return tape
    return Tape(
        tape.every,
        *(column[rows:] for column in tape[1:4]),
        *(column[done:] for column in tape[4:]),
    )
