"""A run of steps on the device: its state, what it is told of a block, and one finite step."""

import numpy as np

from ...._compile._cuda import cuda
from ...._compile._cuda_graph import Graph, usable
from ..base import mirror
from ..base.current import number, stream
from ..base.launch import kernel, over
from ..base.sums import PARTS
from ..network.passes import differential_of
from .analytic import add_formula
from .ascent import climb
from .clock import NUMBERS, PLACES, settle_step
from .coupling import raise_coupled
from .mechanics import mechanics_of, threads_for
from .rows import Rows

_SEEN, _LAUNCHED = "seen", "launched"  # kinds of steps without a graph
_MOST = 32  # kinds of steps of a run that may have one


@kernel("r[] r[] i8")
def copy(real):
    """a ← b."""

    def run(a, b, count):
        for i in range(cuda.grid(1), count, cuda.gridsize(1)):
            a[i] = b[i]

    return run


class Run:
    """Buffers of a run, kept on the device as long as its loop lives.

    Attributes
    ----------
    W, dL, point, raised : flat arrays of the device
        Parameters, their covector; where an ascent comes to; a covector with its index raised.
    memory : flat array
        Rows of what the mechanics remember, one behind the other.
    clock, at, terms : flat arrays
        Numbers and places of `clock`; the values of the formulas.
    """

    def __init__(self, size, dtype, memories):
        self.size, self.dtype = size, np.dtype(dtype)
        self.W, self.dL, self.point, self.raised = (mirror.zeros(size, dtype) for _ in range(4))
        self.memory = mirror.zeros(size * memories, dtype)
        self.clock, self.at = mirror.zeros(NUMBERS, float), mirror.zeros(PLACES, np.int64)
        self.long = mirror.empty(3 * PARTS, float)
        self._rows, self._put, self._graphs = None, {}, {}

    @property
    def rows(self):
        """Room for rows on their way back."""
        if self._rows is None:
            self._rows = Rows(self.size, self.dtype)
        return self._rows

    def put(self, name, array):
        """A host array on the device, flat, at the same address as long as there is room."""
        flat = np.ascontiguousarray(array).reshape(-1)
        there = self._put.get(name)
        if there is None or there.size < flat.size:
            room = 1 << max(flat.size - 1, 0).bit_length()  # so that it is seldom too small
            there = self._put[name] = mirror.empty(room, flat.dtype)
            self._graphs.clear()  # they know the old address
        mirror.send(flat, there)
        return there

    def begin(self, rule, W, memory, first, time=0.0, step=0.0, every=1):
        """Take up the state of the host, and what a rule says."""
        mirror.send(W, self.W)
        mirror.send(memory.reshape(-1), self.memory)
        mirror.send(np.array([time, step, 0.0]), self.clock)
        mirror.send(np.zeros(PLACES, np.int64), self.at)
        self.move, own = mechanics_of(rule)
        by_step, scheduled = rule.sharps is not None, rule.temperatures is not None
        self.bounds = self.put("bounds", np.int64(rule.bounds))
        self.sharps = self.put("sharps", np.float64(rule.sharps if by_step else rule.sharp))
        heats = rule.temperatures if scheduled else np.zeros(1)
        self.temperatures = self.put("temperatures", np.float64(heats))
        decay = 0.0 if rule.coupling is not None else rule.decay
        self.numbers = self.put("numbers", np.array([decay, rule.shrink, *own], float))
        plan = (len(rule.sharp), self.size, first, rule.born, rule.first, by_step, scheduled)
        self.plan = self.put("plan", np.array([*plan, every, first + -first % every], np.int64))
        self.seed = self.put("seed", np.array([rule.seed], np.uint64))

    def block(self, steps, terms):
        """Room for what is recorded of some steps (count,), and their steps or factors."""
        zeros = np.zeros(len(steps))
        self.loss, self.times = self.put("loss", zeros), self.put("times", zeros)
        self.steps = self.put("steps", np.float64(steps))
        self.terms = self.put("terms", np.zeros(max(1, terms)))

    def found(self):
        """Places and clock, on the host."""
        at, clock = np.empty(PLACES, np.int64), np.empty(NUMBERS)
        mirror.fetch(self.at, at)
        mirror.fetch(self.clock, clock)
        return at, clock

    def end(self, W, memory):
        """Give the state back to the host."""
        mirror.fetch(self.W, W)
        mirror.fetch(self.memory, memory.reshape(-1))

    def finite_step(self, rule):
        """W ← W − step·g^♯dL (TM 39), or a step with memory, of the step under way."""
        slope = self.dL
        if rule.coupling is not None:
            raise_coupled(self.raised, self.dL, self.W, rule.coupling, self.size, rule.decay)
            slope = self.raised
        self.move(
            threads_for(rule, self.size),
            *(self.W, slope, self.memory, self.clock, self.at, self.bounds, self.sharps),
            *(self.numbers, self.temperatures, self.plan, self.seed),
        )

    def differential(self, problem, W, lowest, samples, m):
        """Losses, terms and dL of a problem at W; which samples, and how many."""
        terms = problem.terms
        if problem.net is not None:
            differential_of(
                problem.work, problem.loss, samples, W, self.dL, m, lowest, terms.factor
            )
        for t in range(len(terms.code)):
            scale, p, q = terms.parameters[t].tolist()
            add = t > 0 or problem.net is not None
            code = int(terms.code[t])
            add_formula(code, p, q, scale, W, self.dL, self.size, self.long, self.terms, t, add)

    def take(self, key, launches):
        """Launch a step, from the third of its kind on as one graph, where there are graphs.

        `key` says its kind: all that its launches are given, but for what is on the device.
        """
        graph = self._graphs.get(key)
        if isinstance(graph, Graph):
            graph.launch()
            return
        if graph == _SEEN and usable(number(), stream()):
            try:
                self._graphs[key] = Graph(stream(), launches)
                self._graphs[key].launch()
                return
            except Exception:  # whatever it is: what cannot be captured is launched
                self._graphs[key] = _LAUNCHED
        launches()
        if graph is None:
            self._graphs[key] = _SEEN if len(self._graphs) < _MOST else _LAUNCHED

    def step(self, problem, rule, samples, m, row):
        """One step, recorded; `row` says whether its parameters are."""
        terms, work = problem.terms, problem.work
        self.differential(problem, self.W, rule.lowest, samples, m)
        losses, share = (self.terms, 0.0) if work is None else (work.losses, terms.factor / m)
        settle_step(self, losses, m, share, len(terms.code), rule)
        if row:
            self.rows.keep(self)
        if rule.ascent is not None:
            if rule.coupling is not None:
                raise_coupled(self.point, self.dL, self.W, rule.coupling, self.size)
            else:
                copy(over(self.size), self.point, self.dL, self.size)
            climb(self, self.dL, rule.ascent.radius)
            self.differential(problem, self.point, rule.lowest, samples, m)
        self.finite_step(rule)


def step_with_memory(rule, W, memory, dL, step, iteration):
    """A finite step for a loop in Python; it may change dL."""
    run = mirror.kept(W, lambda: Run(W.size, W.dtype, len(memory)))
    rule = rule._replace(sharps=None)
    run.begin(rule, W, memory, iteration, step=step)
    mirror.send(dL, run.dL)
    run.finite_step(rule)
    run.end(W, memory)
