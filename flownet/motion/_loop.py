"""The loop of finite steps: compiled where the potential's terms all are, in Python otherwise."""

import numpy as np

from .._errors import FlownetError
from ..geometry import Euclidean, PulledBack, metric_at
from ..kernels import motion
from ..model import Batches, in_reals
from ..model._batches import key
from ._check import carried
from ._geodesic import Geodesic, geodesic
from ._problem import Problem, is_compiled, rule_in
from ._runge_kutta import RungeKutta, RungeKuttaLoop


def make_loop(potential, mechanics, metric, W, time, batch_size=None, seed=0):
    """Loop at parameters W (D,), which it moves in place, and a time.

    Its `arrays` are what the next step depends on, by name; written to, they set it.
    """
    carried(mechanics, metric)
    alone = getattr(mechanics, "shrink", 0) or getattr(mechanics, "temperature", 0)
    if alone and not metric.diagonal:
        raise FlownetError(f"{mechanics!r} moves each parameter by itself, by noise or decay, and "
                           f"wants a metric that couples none; {metric!r} does.")
    compiled = is_compiled(potential) and metric.is_compiled and not mechanics.policy.of_jet
    kind = CompiledLoop if compiled else PythonLoop
    if isinstance(mechanics, RungeKutta):
        kind = RungeKuttaLoop
    elif isinstance(mechanics, Geodesic) and isinstance(metric, PulledBack):
        kind = GeodesicLoop
    return kind(potential, mechanics, metric, W, time, batch_size, seed)


def _arrays(W, memory):
    return {"parameters": W, "memory": memory} if len(memory) else {"parameters": W}


class CompiledLoop:
    """Many steps a call, nothing allocated in between; complex numbers are pairs of reals to it."""

    extra = ()  # what is recorded of each step beside loss and step

    def __init__(self, potential, mechanics, metric, W, time, batch_size, seed):
        self.W, self._reals, self._time = W, in_reals(W), np.array([time], np.float64)
        self.mechanics, self.metric = mechanics, metric
        self._dL, self._policy = np.zeros_like(self._reals), mechanics.policy
        self._memory = np.zeros((mechanics.memories, self._reals.size), self._reals.dtype)
        self.arrays = _arrays(W, self._memory)
        self._problem = Problem(potential, metric, W.dtype, batch_size, seed)
        self._of = {"of_loss": self._policy.of_loss, **mechanics.rule(W.dtype, key(seed))}
        self._rule = self._problem.rule(time, **self._of)

    @property
    def time(self):
        """Time of the state W."""
        return float(self._time[0])

    def advance(self, first, count, tape):
        """Steps from iteration `first` on: steps taken, rows kept, and whether all is finite."""
        tape.step[:] = self._policy.steps(first, count)
        tape = tape._replace(parameters=in_reals(tape.parameters))
        done, rows, finite, p = 0, 0, True, self._problem
        with p.workspace() as work:
            while done < count and finite:  # once for a metric that does not change meanwhile
                if not self._rule.since <= self.time < self._rule.until:
                    self._rule = p.rule(self.time, **self._of)
                taken, kept, finite = motion.advance(
                    *p.compiled, p.terms, work, p.batches, self._rule, _rest(tape, done, rows),
                    self._reals, self._memory, self._dL, self._time, first + done, count - done,
                    p.threads)
                done, rows = done + taken, rows + kept
        return done, rows, finite


def _rest(tape, done, rows):
    """A tape from so many steps and rows on."""
    if not done:
        return tape
    return motion.Tape(tape.every, *(column[rows:] for column in tape[1:4]),
                       *(column[done:] for column in tape[4:]))


class PythonLoop:
    """One step at a time: potentials and metrics that are programs, and policies with a jet."""

    extra = ()

    def __init__(self, potential, mechanics, metric, W, time, batch_size, seed):
        self.W, self._reals, self.time = W, in_reals(W), float(time)
        self.mechanics, self.metric = mechanics, metric
        self._potential, self._policy = potential, mechanics.policy
        self._memory = np.zeros((mechanics.memories, self._reals.size), self._reals.dtype)
        self.arrays = _arrays(W, self._memory)
        self._of = {"of_loss": False, "lowest": 0, **mechanics.rule(W.dtype, key(seed))}
        self._batches = Batches(potential.data.m, batch_size, seed) if batch_size else None

    def advance(self, first, count, tape):
        """Steps from iteration `first` on: steps taken, rows kept, and whether all is finite."""
        rows = 0
        for i in range(count):
            k = first + i
            potential = self._potential
            if self._batches:
                potential = potential.on(self._batches.rows(k))
            loss, dL = potential.differential(self.W)
            if self._of["decay"]:
                dL = dL + self.W.dtype.type(self._of["decay"]) * self.W
            V = -metric_at(self.metric.at(self.time), self.W).sharp(dL)  # covector → vector
            step = self._policy.choose(k, potential, self.W, V, loss) if np.isfinite(loss) else loss
            if not np.isfinite(step):
                return i, rows, False
            if k % tape.every == 0:
                tape.parameters[rows] = self.W
                tape.row_iteration[rows], tape.row_time[rows] = k, self.time
                rows += 1
            tape.loss[i], tape.loss_iteration[i], tape.loss_time[i] = loss, k, self.time
            tape.step[i], tape.step_iteration[i], tape.step_time[i] = step, k, self.time
            self._move(k, step, V, dL)
            self.time += step
            if not np.isfinite(self.W).all():
                return i + 1, rows, False
        return count, rows, True

    def _move(self, k, step, V, dL):
        """W ← W + step·V, or a step of mechanics that remember or tremble."""
        if self.mechanics.along:
            self.W += self.W.dtype.type(step) * V
            return
        metric, words = self.metric.at(self.time), {**self._of, "decay": 0.0}
        if not metric.is_compiled:  # V is raised already
            metric, dL = Euclidean(self.W.size), -V
        dL = in_reals(np.array(dL, self.W.dtype))
        rule = rule_in(metric, self.W.dtype, **words)
        motion.step_with_memory(rule, self._reals, self._memory, dL, step, k)
