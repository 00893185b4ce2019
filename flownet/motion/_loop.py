"""The loop of finite steps: compiled where the potential's terms all are, in Python otherwise."""

from contextlib import nullcontext

import numpy as np

from ..kernels import motion, plan, threads
from ..model import Batches, Potential
from ..model._analytic import Analytic
from ..model._batches import key


def make_loop(potential, mechanics, metric, W, time, batch_size=None, seed=0):
    """Loop at parameters W (D,), which it moves in place, and a time."""
    atoms = potential.atoms() if hasattr(potential, "atoms") else [(1.0, potential)]
    networks = [atom for _, atom in atoms if isinstance(atom, Potential)]
    compiled = len(networks) + sum(isinstance(atom, Analytic) for _, atom in atoms) == len(atoms)
    compiled = compiled and len(networks) <= 1 and not mechanics.policy.of_jet
    kind = CompiledLoop if compiled else PythonLoop
    return kind(potential, atoms, mechanics, metric, W, time, batch_size, seed)


class CompiledLoop:
    """Many steps a call, nothing allocated in between."""

    def __init__(self, potential, atoms, mechanics, metric, W, time, batch_size, seed):
        self.W, self._time = W, np.array([time], np.float64)
        self._dL = np.zeros_like(W)
        network = next(((scale, a) for scale, a in atoms if isinstance(a, Potential)), None)
        analytic = [(scale, a) for scale, a in atoms if isinstance(a, Analytic)]
        self._terms = motion.Terms(
            network=network[0] if network else 0.0,
            code=np.array([a.code for _, a in analytic], np.int64),
            parameters=np.array([(scale, *a.numbers) for scale, a in analytic]).reshape(-1, 3))
        self._potential = network[1] if network else NoNetwork(W.dtype)
        m = network[1].data.m if network else 0
        self._batch_size = batch_size or 0
        self._batches = motion.Batches(
            size=self._batch_size, seed=key(seed),
            order=np.empty(m if batch_size else 0, np.int64), epoch=np.array([-1]))
        self._policy = mechanics.policy
        self._rule = motion.Rule(self._policy.of_loss, metric.bounds, metric.inverse,
                                 _lowest(metric, network[1].network if network else None))
        self._threads = threads.worthwhile(self._potential.compiled[0], batch_size or m)

    @property
    def time(self):
        """Time of the state W."""
        return float(self._time[0])

    def advance(self, first, count, tape):
        """Steps from iteration `first` on: steps taken, rows kept, and whether all is finite."""
        tape.step[:] = self._policy.steps(first, count)
        with self._potential.workspace(self._batch_size) as work:
            return motion.advance(*self._potential.compiled, self._terms, work, self._batches,
                                  self._rule, tape, self.W, self._dL, self._time, first, count,
                                  self._threads)


def _lowest(metric, network):
    """First layer that has a free parameter: no covector is needed below it."""
    first_free = metric.bounds[np.argmax(metric.inverse > 0)]
    return sum(end <= first_free for _, end in network.ranges) if network else 0


class NoNetwork:
    """What the compiled loop is given where all terms are analytic."""

    def __init__(self, dtype):
        net = plan.network_plan([1, 1], [0], 0, dtype)
        empty = np.zeros((0, 0), dtype)
        data = plan.Data(np.zeros((0, 1), dtype), np.zeros((0, 1), dtype), np.zeros(0, dtype),
                         np.zeros(0, np.int64))
        self.compiled = net, plan.Loss(0, 1.0, empty, empty), data
        self._work = plan.workspace(net, 1, dtype)

    def workspace(self, batch_size):
        """Context that gives buffers which nothing is ever written to."""
        return nullcontext(self._work)


class PythonLoop:
    """One step at a time: potentials that are programs of their own, and policies with a jet."""

    def __init__(self, potential, atoms, mechanics, metric, W, time, batch_size, seed):
        self.W, self.time = W, float(time)
        self._potential, self._policy, self._metric = potential, mechanics.policy, metric
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
            V = -self._metric.sharp(dL)  # covector → vector
            step = self._policy.choose(k, potential, self.W, V, loss) if np.isfinite(loss) else loss
            if not np.isfinite(step):
                return i, rows, False
            if k % tape.every == 0:
                tape.parameters[rows] = self.W
                tape.row_iteration[rows], tape.row_time[rows] = k, self.time
                rows += 1
            tape.loss[i], tape.loss_iteration[i], tape.loss_time[i] = loss, k, self.time
            tape.step[i], tape.step_iteration[i], tape.step_time[i] = step, k, self.time
            self.W += self.W.dtype.type(step) * V
            self.time += step
            if not np.isfinite(self.W).all():
                return i + 1, rows, False
        return count, rows, True
