"""Cycles of the finite map: states that come back after so many steps, and their multipliers."""

from typing import NamedTuple

import numpy as np
from scipy.sparse.linalg import ArpackError, LinearOperator, eigs, gmres

from ..._errors import FlownetError
from ...linearization.tangent import Frame, Seen, Tangent, rows_tape
from ...motion.loops import make_loop
from ...motion.mechanics import Constant

_LATE = 1 << 40  # an iteration at which what memories have not seen yet is below rounding
_DENSE = 256  # numbers of a state up to which the map of a cycle is a matrix
_NEWTON = 40  # corrections of a cycle at most
_CLOSED = 1e-12  # how far the state of a cycle is from itself, of its size
_SAME = 1e-7  # of a cycle's size: states that are one
_REAL = 1e-8  # |Im μ|/|μ| of a multiplier that is real


class FiniteMap:
    """The finite map of mechanics, of states (S, D): W and memories, in double precision, as reals.

    Parameters
    ----------
    potential, mechanics, metric
        Checked.
    W : array (D,)
        Whose frozen parameters stay as they are.

    Raises
    ------
    FlownetError
        For mechanics whose map changes from step to step, or is not known to the tangent map.
    """

    def __init__(self, potential, mechanics, metric, W):
        if not isinstance(mechanics.policy, Constant) or mechanics.first_temperature:
            raise FlownetError(
                f"{mechanics!r} takes no step twice: a cycle wants one constant step and no heat."
            )
        if metric.moves:
            raise FlownetError(f"{metric!r} changes in time: a cycle wants a metric that stays.")
        if not potential.offers("hessian"):
            potential.refuse("hessian")
        self.seen = Seen(potential, W.dtype)
        self.tangent = Tangent(mechanics, self.seen.reals.pairs)
        self.frame = Frame(self.seen.metric(metric), mechanics.remembers)
        self.potential = potential.with_dtype(np.result_type(W.dtype, np.float64))
        self.metric, self.step = metric, mechanics.policy.step
        start = np.array(W, np.result_type(W.dtype, np.float64))
        self._loop = make_loop(self.potential, mechanics, metric, start, 0.0)
        self._memory = self._loop.arrays.get("memory")

    def walk(self, state, count):
        """`FiniteStep`s from a state (S, D), and the state behind them; nan if they diverge."""
        self.seen.rows(self._loop.W)[:] = state[0]
        if self._memory is not None:
            self._memory[:] = state[1:]
        taken, at_once = [], 1 if self.tangent.needs_memory else count
        for k in range(0, count, at_once):
            memory = np.array(self._memory) if self.tangent.needs_memory else None
            tape = rows_tape(self._loop.W, at_once)
            done, _, finite = self._loop.advance(_LATE + k, at_once, tape)
            if done < at_once or not finite:
                return taken, np.full((self.tangent.slots, self.frame.free.size), np.nan)
            taken += [
                self.seen.step(_LATE + k + i, self.potential, W, memory, self.metric, self.step, 0)
                for i, W in enumerate(self.seen.rows(tape.parameters))
            ]
        return taken, self._now()

    def _now(self):
        W = np.array(self.seen.rows(self._loop.W))[None]
        return W if self._memory is None else np.concatenate([W, self._memory])

    def operator(self, taken):
        """The derivative of so many steps in coordinates: a matrix (n, n), or an operator."""
        hessians = [one.potential.hessian(one.W) for one in taken]

        def push(x):
            T = self.frame.displacements(x.reshape(self.frame.dimension, -1))
            for one, hessian in zip(taken, hessians):
                T = self.tangent.pushed(one, hessian, T)
            return self.frame.coordinates(T)

        n = self.frame.dimension
        if n <= _DENSE:
            return push(np.eye(n))
        return LinearOperator((n, n), matvec=lambda x: push(x)[:, 0], matmat=push, dtype=float)

    def coordinates(self, state):
        """Coordinates (n,) of a difference of states (S, D)."""
        return self.frame.coordinates(state[:, None])[:, 0]

    def displacement(self, x):
        """Difference of states (S, D) of coordinates (n,)."""
        return self.frame.displacements(x[:, None])[:, 0]


class Cycle(NamedTuple):
    """A cycle of a finite map.

    Attributes
    ----------
    states : ndarray (p, S, D)
    leading : float
        The multiplier of the largest modulus: with its sign, or of a complex pair its modulus.
    lowest : float
        The least of the real multipliers; 0 where none is below it.
    """

    states: np.ndarray
    leading: float
    lowest: float

    @property
    def period(self):
        """p, the least."""
        return len(self.states)


@np.errstate(all="ignore")  # a search that leads nowhere is told by its end
def cycle_near(of, state, period):
    """The cycle of a `FiniteMap` near a state (S, D) by Newton's method, or None.

    Its least period may be a part of the one asked for.
    """
    for _ in range(_NEWTON):
        taken, after = of.walk(state, period)
        gap = of.coordinates(after - state)
        size = np.linalg.norm(of.coordinates(state)) + np.finfo(float).tiny
        if not np.isfinite(gap).all():
            return None
        J = of.operator(taken)
        if not _is_finite(J):
            return None
        state = state + of.displacement(_solved(J, gap))
        if np.linalg.norm(gap) <= _CLOSED * size:
            return _of_least_period(of, state, period, size)
    return None


def _of_least_period(of, state, period, size):
    states = [one.W for one in of.walk(state, period)[0]]
    for part in range(1, period + 1):
        if period % part == 0 and (
            part == period or np.linalg.norm(states[part] - states[0]) <= _SAME * size
        ):
            taken, _ = of.walk(state, part)
            leading, lowest = _multipliers(of.operator(taken))
            walked = [of.walk(state, k)[1] if k else state for k in range(part)]
            return Cycle(np.array(walked), leading, lowest)
    return None


def _is_finite(J):
    return not isinstance(J, np.ndarray) or bool(np.isfinite(J).all())


def _solved(J, gap):
    """δ of (1 − J)δ = gap, the shortest where directions are flat."""
    if isinstance(J, np.ndarray):
        return np.linalg.lstsq(np.eye(len(J)) - J, gap, rcond=1e-11)[0]
    less = LinearOperator(J.shape, matvec=lambda x: x - J.matvec(x), dtype=float)
    return gmres(less, gap, rtol=1e-10, restart=100, maxiter=20)[0]


def _multipliers(J):
    """Of the largest modulus, and the least real one or 0."""
    if isinstance(J, np.ndarray):
        found = np.linalg.eigvals(J)
    else:
        try:
            words = {"v0": np.ones(J.shape[0]), "return_eigenvectors": False}
            found = np.append(*(eigs(J, 2, which=end, **words) for end in ("LM", "SR")))
        except ArpackError:
            return np.nan, np.nan
    first = found[np.argmax(np.abs(found))]
    real = found.real[np.abs(found.imag) <= _REAL * np.abs(found)]
    leading = first.real if abs(first.imag) <= _REAL * abs(first) else abs(first)
    return float(leading), float(min(0.0, real.min(initial=0.0)))
