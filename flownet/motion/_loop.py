"""The loop of finite steps: compiled where the potential's terms all are, in Python otherwise."""

import numpy as np

from ..kernels import motion
from ..model import Batches
from ..model._batches import key
from ._problem import Problem, is_compiled
from ._runge_kutta import RungeKutta, RungeKuttaLoop


def make_loop(potential, mechanics, metric, W, time, batch_size=None, seed=0):
    """Loop at parameters W (D,), which it moves in place, and a time.

    Its `arrays` are what the next step depends on, by name; written to, they set it.
    """
    compiled = (is_compiled(potential) and not mechanics.policy.of_jet
                and not np.iscomplexobj(W))
    kind = CompiledLoop if compiled else PythonLoop
    if isinstance(mechanics, RungeKutta):
        kind = RungeKuttaLoop
    return kind(potential, mechanics, metric, W, time, batch_size, seed)


def _arrays(W, memory):
    return {"parameters": W, "memory": memory} if len(memory) else {"parameters": W}


class CompiledLoop:
    """Many steps a call, nothing allocated in between."""

    extra = ()  # what is recorded of each step beside loss and step

    def __init__(self, potential, mechanics, metric, W, time, batch_size, seed):
        self.W, self._time = W, np.array([time], np.float64)
        self.mechanics, self.metric = mechanics, metric
        self._dL, self._policy = np.zeros_like(W), mechanics.policy
        self._memory = np.zeros((mechanics.memories, W.size), W.dtype)
        self.arrays = _arrays(W, self._memory)
        self._problem = p = Problem(potential, metric, W.dtype, batch_size, seed)
        self._rule = motion.Rule(self._policy.of_loss, p.bounds, p.sharp, p.lowest,
                                 **mechanics.rule(W.dtype, key(seed)))

    @property
    def time(self):
        """Time of the state W."""
        return float(self._time[0])

    def advance(self, first, count, tape):
        """Steps from iteration `first` on: steps taken, rows kept, and whether all is finite."""
        tape.step[:] = self._policy.steps(first, count)
        p = self._problem
        with p.workspace() as work:
            return motion.advance(*p.compiled, p.terms, work, p.batches, self._rule, tape, self.W,
                                  self._memory, self._dL, self._time, first, count, p.threads)


class PythonLoop:
    """One step at a time: potentials that are programs of their own, and policies with a jet.

    Kernels see complex parameters as pairs (re, im) of reals, each of its parameter's stiffness.
    """

    extra = ()

    def __init__(self, potential, mechanics, metric, W, time, batch_size, seed):
        self.W, self.time = W, float(time)
        self.mechanics, self.metric = mechanics, metric
        self._potential, self._policy = potential, mechanics.policy
        self._reals = W.view(W.real.dtype)
        self._memory = np.zeros((mechanics.memories, self._reals.size), self._reals.dtype)
        self.arrays = _arrays(W, self._memory)
        self._rule = motion.Rule(False, metric.bounds * (self._reals.size // W.size),
                                 metric.inverse, 0, **mechanics.rule(W.dtype, key(seed)))
        self._descends = mechanics.descends and not np.iscomplexobj(W)
        self._sharp = self._descends or self._policy.of_jet
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
            V = -self.metric.sharp(dL) if self._sharp else None  # covector → vector
            step = self._policy.choose(k, potential, self.W, V, loss) if np.isfinite(loss) else loss
            if not np.isfinite(step):
                return i, rows, False
            if k % tape.every == 0:
                tape.parameters[rows] = self.W
                tape.row_iteration[rows], tape.row_time[rows] = k, self.time
                rows += 1
            tape.loss[i], tape.loss_iteration[i], tape.loss_time[i] = loss, k, self.time
            tape.step[i], tape.step_iteration[i], tape.step_time[i] = step, k, self.time
            if self._descends:
                self.W += self.W.dtype.type(step) * V
            else:
                dL = np.array(dL, self.W.dtype).view(self._reals.dtype)
                motion.step_with_memory(self._rule, self._reals, self._memory, dL, step, k)
            self.time += step
            if not np.isfinite(self.W).all():
                return i + 1, rows, False
        return count, rows, True
