"""Finite steps one after another: of a loop that takes them now, or of a recorded run."""

import numpy as np

from ..._errors import FlownetError, shown
from ...geometry.metric import metric_of
from ...kernels.layout import Tape
from ...model.potential import Reals
from ...motion.along import Replay
from ...motion.loops import potential_of
from ._maps import FiniteStep

_BLOCK = 1 << 22  # bytes of rows taken at once


def rows_tape(W, count):
    """Tape of `count` steps that keeps W (D,) before each of them."""
    integers, floats = (lambda: np.zeros(count, np.int64)), (lambda: np.zeros(count))
    rows = np.zeros((count, W.size), W.dtype)
    return Tape(1, rows, integers(), floats(), floats(), integers(), floats(), floats())


class Seen:
    """Potentials of batches and metrics as tangent maps know them: of reals, in double precision.

    What is asked for again and again, a potential without batches, is made once.
    """

    def __init__(self, potential, dtype):
        self._dtype = np.result_type(dtype, np.float64)
        self._known = None, None
        self.reals = Reals(potential, dtype)
        self._metric = None, None

    def potential(self, given):
        """A potential of reals."""
        if given is not self._known[0]:
            self._known = given, Reals(given.with_dtype(self._dtype), self._dtype).potential
        return self._known[1]

    def metric(self, given):
        """A metric of reals."""
        if given is not self._metric[0]:
            self._metric = given, self.reals.of_metric(given)
        return self._metric[1]

    def rows(self, W):
        """Parameters (…, D) in double precision, as reals."""
        return self.reals.of(np.ascontiguousarray(W, self._dtype))

    def step(self, iteration, potential, W, memory, metric, step, time):
        """A `FiniteStep`."""
        return FiniteStep(
            iteration, self.potential(potential), W, memory, self.metric(metric), step, time
        )


def steps_of_loop(loop, potential, batch_size, seed, first, count, needs_memory):
    """`FiniteStep`s of a loop that takes `count` of them from iteration `first` on.

    They end before `count` where the run diverges.
    """
    _refuse_of_state(loop.metric)
    seen, of_batch = Seen(potential, loop.W.dtype), potential_of(potential, batch_size, seed)
    most = 1 if needs_memory else max(1, min(1024, _BLOCK // loop.W.nbytes))
    end, k, finite = first + count, first, True
    while k < end and finite:
        memory = np.array(loop.arrays["memory"], np.float64) if needs_memory else None
        tape = rows_tape(loop.W, min(most, end - k))
        done, _, finite = loop.advance(k, len(tape.step), tape)
        W = seen.rows(tape.parameters)
        for i in range(done):
            metric = loop.metric.in_turn(k + i, tape.time[i])
            yield seen.step(
                k + i, of_batch(k + i), W[i], memory, metric, tape.step[i], tape.time[i]
            )
        k += done


def _refuse_of_state(metric):
    """Refuse a stiffness that is read off the state."""
    if metric is not None and metric.of_state:
        raise FlownetError(
            f"{shown(metric)} reads a stiffness off the state, and how it changes with the state "
            "is not known: a tangent map wants one of the iteration or of the time."
        )


def steps_of_run(run, first, last, needs_memory):
    """`FiniteStep`s of a recorded run, from iteration `first` to before `last`.

    States that it did not record, and what its mechanics remember, are taken again.
    """
    _refuse_of_state(run.metric)
    seen = Seen(run.potential, run.parameters.dtype)
    sizes, times = run.step, run.observables["step"].time
    row = int(np.searchsorted(run.iteration, first))
    wanted = run.iteration[row : row + last - first]
    if len(wanted) == last - first and wanted[-1] == last - 1 and not needs_memory:
        states = _recorded(run, row, last - first)
    else:
        states = _again(run, first, last)
    for k, (W, memory) in enumerate(states, first):
        at = metric_of(run.metric_at(k), run.potential).at(times[k])
        yield seen.step(k, run.potential_at(k), seen.rows(W), memory, at, sizes[k], times[k])


def _recorded(run, row, count):
    """States (W, None) of recorded rows."""
    stride = max(1, _BLOCK // run.parameters[row].nbytes)
    for start in range(row, row + count, stride):
        for W in np.array(run.parameters[start : min(start + stride, row + count)]):
            yield W, None


def _again(run, first, last):
    """States (W, memory) of a run that is taken again."""
    again = Replay(run)
    for k in range(first, last):
        again.go_to(k)
        yield np.array(again.W), np.array(again.memory, np.float64)
