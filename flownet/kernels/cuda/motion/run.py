"""A run of steps on the device: its state, what it is told of a block, and one finite step."""

import numpy as np

from ..base import mirror
from ..base.current import stream
from ..base.sums import PARTS
from ..network.passes import differential_of
from .analytic import add_formula
from .ascent import climb
from .clock import NUMBERS, PLACES, settle_step
from .coupling import raise_coupled
from .mechanics import mechanics_of, threads_for
from .rows import Rows


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
        self.terms, self._rows = mirror.zeros(1, float), None

    @property
    def rows(self):
        """Room for rows on their way back."""
        if self._rows is None:
            self._rows = Rows(self.size, self.dtype)
        return self._rows

    def begin(self, rule, W, memory, first, time=0.0, step=0.0):
        """Take up the state of the host, and what a rule says."""
        mirror.send(W, self.W)
        mirror.send(memory.reshape(-1), self.memory)
        mirror.send(np.array([time, step, 0.0]), self.clock)
        mirror.send(np.zeros(PLACES, np.int64), self.at)
        self.move, own = mechanics_of(rule)
        by_step = rule.sharps is not None
        coupled = rule.coupling is not None
        self.bounds = mirror.mirror(rule.bounds)
        self.sharps = mirror.fresh(np.float64(rule.sharps if by_step else rule.sharp))
        heats = [0.0] if rule.temperatures is None else rule.temperatures
        self.temperatures = mirror.fresh(np.float64(heats))
        decay = 0.0 if coupled else rule.decay
        self.numbers = mirror.fresh(np.array([decay, rule.shrink, *own], float))
        plan = (len(rule.sharp), self.size, first, rule.born, rule.first)
        scheduled = rule.temperatures is not None
        self.plan = mirror.fresh(np.array([*plan, by_step, scheduled], np.int64))
        self.seed = mirror.fresh(np.array([rule.seed], np.uint64))

    def block(self, steps, terms):
        """Room for what is recorded of some steps (count,), and their steps or factors."""
        self.loss, self.times = (mirror.empty(len(steps), float) for _ in range(2))
        self.steps = mirror.fresh(np.float64(steps))
        if self.terms.size < terms:
            self.terms = mirror.zeros(terms, float)

    @property
    def next(self):
        """Place on the device whose first number is that of the next step in the block."""
        return self.at

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

    def step(self, problem, rule, samples, m, row):
        """One step, recorded; `row` says whether its parameters are."""
        terms, work = problem.terms, problem.work
        self.differential(problem, self.W, rule.lowest, samples, m)
        losses, share = (self.terms, 0.0) if work is None else (work.losses, terms.factor / m)
        settle_step(self, losses, m, share, len(terms.code), rule)
        if row:
            self.rows.keep(self.W)
        if rule.ascent is not None:
            if rule.coupling is not None:
                raise_coupled(self.point, self.dL, self.W, rule.coupling, self.size)
            else:
                self.point.copy_to_device(self.dL, stream=stream())
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
