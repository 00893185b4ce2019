"""The loop of finite steps where kernels know potential and metric: many steps a call."""

from time import perf_counter

import numpy as np

from ...kernels.layout import Tape
from .._problem import CompiledSum
from ._python_loop import START, arrays_of_step, columns_of, heat_key, temperatures, times_of


class CompiledLoop:
    """Many steps a call, nothing allocated in between."""

    def __init__(
        self, potential, mechanics, metric, W, time, batch_size, seed, pairs=False, since=START
    ):
        self.W, self._time = W, np.array([time], np.float64)
        self.mechanics, self.metric, self.extra = mechanics, metric, columns_of(metric)
        self._dL, self._policy = np.zeros_like(W), mechanics.policy
        self._memory = np.zeros((mechanics.memories, W.size), W.dtype)
        self.arrays = arrays_of_step(W, self._memory)
        self._done = np.empty(3, np.int64)  # steps, rows, whether finite
        self._compiled = CompiledSum(potential, W.dtype, batch_size, seed)
        self.since = since
        self._of = {
            "of_loss": self._policy.of_loss,
            **mechanics.rule(pairs, heat_key(seed, since.born)),
            "born": since.born,
        }
        self._rule = self._rule_at(time)

    @property
    def time(self):
        """Time of the state W."""
        return float(self._time[0])

    def _rule_at(self, time):
        """The rule in the metric of a time; of one of steps without their stiffness."""
        if self.metric.of_steps:
            return self._compiled.rule_of_steps(self.metric, **self._of)
        return self._compiled.rule(self.metric, time, **self._of)

    def advance(self, first, count, tape, *columns):
        """Steps from iteration `first` on: steps taken, rows kept, and whether all is finite."""
        if self.metric.of_steps and self._policy.of_loss:  # nobody knows the times ahead
            return one_by_one(self._advance, first, count, tape, columns)
        return self._advance(first, count, tape, *columns)

    def _advance(self, first, count, tape, stiffness=None):
        age = first - self.since.begun
        tape.step[:] = self._policy.steps_from(age, count, self.time)
        self._of |= temperatures(self.mechanics, first, age, self.time, tape.step)
        of_steps = {name: self._of[name] for name in ("first", "temperatures")}
        if self.metric.of_steps:
            numbers = self.metric.numbers(age, times_of(self.time, tape.step))
            of_steps |= {"first": first, "sharps": 1.0 / numbers}
            if stiffness is not None:
                stiffness[:count] = numbers
        self._rule = self._rule._replace(**of_steps)
        done, rows, finite, p = 0, 0, True, self._compiled
        with p.for_kernels() as problem:
            while done < count and finite:  # once for a metric that does not change meanwhile
                if not self._rule.since <= self.time < self._rule.until:
                    self._rule = self._rule_at(self.time)
                threads, steps = p.pace.share(count - done)
                began = perf_counter()
                p.kernels.advance(
                    problem,
                    self._rule,
                    rest_of(tape, done, rows),
                    self.W,
                    self._memory,
                    self._dL,
                    self._time,
                    first + done,
                    steps,
                    self._done,
                    threads,
                )
                taken, kept, finite = map(int, self._done)
                p.pace.took(threads, taken, perf_counter() - began)
                done, rows = done + taken, rows + kept
        return done, rows, finite


def one_by_one(advance, first, count, tape, columns):
    """The steps of a loop, one a call of its `advance`."""
    done, rows, finite = 0, 0, True
    while done < count and finite:
        one = rest_of(tape, done, rows)
        one = one._replace(step=one.step[:1])
        own = (column[done:] for column in columns)
        taken, kept, finite = advance(first + done, 1, one, *own)
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
