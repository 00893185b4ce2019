"""The phases of learning at one W and some samples: a free state, and states that a cost nudges."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..model import _check
from ._cost import Moving, SpringCost
from ._relaxation import Manner, Relaxation, Relaxed, no_pull

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import ArrayLike

    from .._types import Vector
    from ._energy import System
    from ._estimators import Difference

FORCES = ("moving", "frozen")


class Phases:
    """The relaxations of a system under a cost, with their buffers.

    Attributes
    ----------
    relaxed : dict
        How the last relaxations ended, of the "free" and the "nudged" phase and of the "solve":
        sweeps taken, and the largest change of a unit in the last one.
    """

    def __init__(self, system: System, cost: Any, x: Vector, manner: Manner, force: str) -> None:
        self.system, self.cost, self.manner, self.force = system, cost, manner, force
        self.x = np.ascontiguousarray(system.inputs(x))
        self.dtype = np.zeros(0, system.dtype).real.dtype  # of states: their parts are real
        self.springs = force == "moving" and type(cost) is SpringCost  # whether pulls are steady
        self.relaxed: dict[str, Relaxed] = {}
        self._pools: dict[int, list[Relaxation]] = {}

    @contextmanager
    def at(
        self, W: ArrayLike, rows: Any = slice(None), carried: Vector | None = None
    ) -> Iterator[At]:
        """Context that lends the system at W (D,) and the inputs of some samples.

        Free states begin at their rows of `carried` (m, n), if it is given, and leave theirs there.
        """
        W, x = _check.vector("W", W, self.system.size, self.system.dtype), self.x[rows]
        pool = self._pools.setdefault(len(x), [])
        states = pool.pop() if pool else self.system.relaxation(len(x), self.manner)
        try:
            states.drive(W, x)
            yield At(self, states, W, rows, carried)
        finally:
            pool.append(states)

    def __getstate__(self):
        """What pickle keeps: no buffers."""
        return {**vars(self), "_pools": {}}


class At:
    """The phases at one W and some samples.

    Attributes
    ----------
    states : Relaxation
    W : ndarray (D,)
    weights : ndarray (m,)
        What each sample counts in a mean.
    """

    def __init__(
        self, phases: Phases, states: Relaxation, W: Vector, rows: Any, carried: Vector | None
    ) -> None:
        self.phases, self.states, self.W, self.rows = phases, states, W, rows
        self._carried = carried
        self.cost = phases.cost
        self.dtype = phases.dtype
        weights = self.cost.weights[rows]
        self.weights = weights / len(weights)

    @cached_property
    def free(self) -> Vector:
        """s₀, the state without a nudge."""
        states, carried, sweeps = self.states, self._carried, self.phases.manner.sweeps
        s = self._start()
        self.phases.relaxed["free"] = states.relax(s, no_pull(self.dtype), sweeps)
        if carried is not None:
            carried[self.rows] = states.rows(s)
        return s

    def _start(self):
        """A state that relaxation begins from."""
        carried, states = self._carried, self.states
        return states.rest() if carried is None else states.start_at(carried[self.rows])

    @cached_property
    def force(self) -> Vector:
        """c = ∂C/∂o (m, n_out) at the free state."""
        return self.cost.force(self.states.outputs(self.free), self.rows)

    def nudged(self, nudge: complex) -> Vector:
        """The state at a nudge, on the branch of the free one: it relaxes from there."""
        return self.free if nudge == 0 else self.nudged_from(self.free, nudge)

    def nudged_from(self, start: Vector, nudge: complex) -> Vector:
        """The state at a nudge, other than 0, that is reached from some state."""
        number = np.result_type(self.dtype, np.complex64) if np.iscomplexobj(nudge) else self.dtype
        s = start.astype(number)
        if self.phases.force == "moving":
            pull = self.cost.pull(nudge, self.rows, number)
            if self.phases.system.reads_out:
                pull = Moving(self.cost, nudge, self.rows)
        else:
            pull = self.cost.steady(nudge, self.force, number)
        sweeps = self.phases.manner.nudged_sweeps
        if isinstance(pull, Moving):
            self.phases.relaxed["nudged"] = self._follow(s, pull, sweeps)
        else:
            self.phases.relaxed["nudged"] = self.states.relax(s, pull, sweeps)
        return s

    def _follow(self, s, pull, sweeps):
        """Sweeps under a pull that moves with the outputs."""
        taken, change = 0, np.inf
        while taken < sweeps:
            change = self.states.relax(s, pull.at(self.states.outputs(s)), 1).change
            taken += 1
            if change <= self.phases.manner.tolerance or change != change:
                break
        return Relaxed(taken, change)

    def on_readout(self, s: Vector, share: complex = 1.0) -> Any:
        """share·∂C/∂W (D,) of a state, of the parameters that read its outputs off; else 0."""
        if not self.phases.system.reads_out or share == 0:
            return 0
        moving = self.phases.force == "moving"
        c = self.cost.force(self.states.outputs(s), self.rows) if moving else self.force
        return self.states.on_readout(s, c, share * self.weights)

    def clamped(self, o: Vector) -> Vector:
        """The state with its outputs held at o (m, n_out), on the branch of the free one."""
        s, sweeps = self.free.copy(), self.phases.manner.nudged_sweeps
        self.phases.relaxed["clamped"] = self.states.clamp(s, o, sweeps)
        return s

    def between(self, plus: Vector, minus: Vector, coefficient: float = 1.0) -> Vector:
        """coefficient·(∂E/∂W(s⁺) − ∂E/∂W(s⁻)) (D,) of two states."""
        return self.states.difference(plus, minus, coefficient * self.weights)

    def covector(self, s: Vector) -> Vector:
        """∂E/∂W (D,) of a state, mean over samples."""
        layers = self.states.rows(s)
        energy: Any = self.phases.system
        return energy.covector(self.W, self.phases.x[self.rows], layers, self.weights)

    def losses(self, s: Vector) -> Vector:
        """C (m,) of a state, times the weights of the samples."""
        values = self.cost.values(self.states.outputs(s), self.rows)
        return self.cost.weights[self.rows] * values

    def difference(self, differences: Iterable[Difference]) -> Vector:
        """Σ c·(∂F/∂W(s at β⁺) − ∂F/∂W(s at β⁻)) (D,), with F = E + βC.

        Of E alone, but for parameters that read outputs off a state.
        """
        differences = list(differences)
        if self._in_one_call(differences):
            return self._estimate(*differences)
        total: Any = None
        for each in differences:
            plus, minus = self.nudged(each.plus), self.nudged(each.minus)
            part = self.states.difference(plus, minus, each.coefficient * self.weights)
            if self.phases.system.reads_out:
                part += self.on_readout(plus, each.coefficient * each.plus)
                part -= self.on_readout(minus, each.coefficient * each.minus)
            total = part if total is None else total + part
        return total

    def _in_one_call(self, differences):
        """Whether all phases can be one call: of one difference, by springs, from no state yet."""
        return (
            len(differences) == 1
            and self._from_the_start
            and self.phases.springs
            and not isinstance(differences[0].plus, complex)
            and differences[0].plus != 0
        )

    @property
    def _from_the_start(self):
        """Whether there is no state yet, and springs' phases can be one call."""
        return (
            self.states.in_one_call and "free" not in vars(self) and type(self.cost) is SpringCost
        )

    def _estimate(self, each):
        """The same in one call."""
        s, rows = self._start(), self.rows
        nudges = [nudge for nudge in (each.plus, each.minus) if nudge != 0]
        pulls = [self.cost.pull(nudge, rows, self.dtype) for nudge in nudges]
        dL, ends = self.states.estimate(s, pulls, each.coefficient * self.weights)
        self._keep(s, zip(("free", "nudged"), ends))
        return dL

    def _keep(self, s, relaxed):
        """Keep the free state that a call has come to, and how its phases ended."""
        self.phases.relaxed |= relaxed
        vars(self)["free"] = s
        if self._carried is not None:
            self._carried[self.rows] = self.states.rows(s)

    def exact(self) -> Vector:
        """dL = −(∂_s∂_W E)·v with H·v = c, and what C itself has of W."""
        if self._from_the_start:
            s, cost = self._start(), self.cost
            dL, ends = self.states.exact(s, cost.gamma, cost.y[self.rows], self.weights)
            self._keep(s, zip(("free", "solve"), ends))
            return dL
        v, self.phases.relaxed["solve"] = self.states.yields(self.free, self.force)
        return self.states.along(self.free, -v, self.weights) + self.on_readout(self.free)
