"""Where one finite map goes: kept states, the cycle they settle on, how neighbours part."""

from typing import Any, NamedTuple

import numpy as np

from ...geometry.curvature import NoSpectrum
from ...linearization.tangent import growth, rows_tape
from ...motion.loops import make_loop, one_row
from ...motion.members import MembersLoop, in_lanes, moving_form
from ._cycles import FiniteMap, cycle_near

DIVERGED = -1

_CLOSE = 0.02  # of the spread of states: those that may be one after a period
_FAR = 10.0  # spreads that a cycle may lie from the last state
_FINE = 1e-6  # of the size of a state, where its spread is nothing
_NOWHERE = ()  # in place of W and memory, of a member that diverged
_STABLE = 1e-6  # by which a multiplier may be more than 1


class End(NamedTuple):
    """Where one step goes."""

    values: np.ndarray
    period: int
    multiplier: float
    exponent: float
    cycle: Any


class Attractors:
    """Many finite maps of one potential, from one W.

    Parameters
    ----------
    potential, metric
        Checked.
    rules : sequence of Mechanics
    W : array (D,)
    """

    def __init__(self, potential, rules, metric, W):
        self.potential, self.rules, self.metric, self._W0 = potential, rules, metric, W
        FiniteMap(potential, rules[0], metric, W)  # what it refuses is told before the first step
        self._settled = [None] * len(rules)
        self._transient = 0

    def settle(self, transient):
        """Take the steps that nobody sees, in lanes where kernels have them."""
        self._transient = transient
        if not (transient and in_lanes(self.potential, self.rules[0], self.metric)):
            return
        if len(set(map(moving_form, self.rules))) == 1:
            n = len(self.rules)
            W = np.repeat(self._W0[None], n, axis=0)
            lanes = MembersLoop(self.potential, self.rules, [self.metric] * n, W)
            lanes.advance(transient, last=1)
            self._settled = [
                (lanes.W[r], lanes.memory[r]) if lanes.going[r] else _NOWHERE for r in range(n)
            ]

    def end(self, r, kept, longest, seen):
        """`End` of one of them; `seen` makes values of states."""
        with self.potential.kernels.limited(1):
            rows, state = self._kept(r, kept)
            if state is None:
                nothing = seen(np.zeros((kept, self._W0.size), self._W0.dtype))
                return End(np.full(nothing.shape, np.nan), DIVERGED, np.nan, np.nan, None)
            of = FiniteMap(self.potential, self.rules[r], self.metric, self._W0)
            cycle = self._cycle(of, of.seen.rows(rows), state, longest)
            if cycle is None:
                return End(seen(rows), 0, np.nan, _exponent(of, state, kept), None)
            with np.errstate(divide="ignore"):
                exponent = float(np.log(abs(cycle.leading)) / cycle.period)
            return End(seen(rows), cycle.period, cycle.leading, exponent, cycle)

    def map_at(self, h):
        """The finite map of a step."""
        return FiniteMap(self.potential, self.rules[0].with_step(h), self.metric, self._W0)

    def _kept(self, r, kept):
        """States (kept, D) behind the transient, and the last one (S, D) as reals, or None."""
        settled = self._settled[r]
        if settled is _NOWHERE:
            return None, None
        W, memory = settled or (self._W0, None)
        W = np.array(W)
        loop = make_loop(self.potential, self.rules[r], self.metric, W, 0.0)
        if memory is not None and len(memory):
            loop.arrays["memory"][:] = memory
        ahead = self._transient if settled is None else 0
        if ahead and not self._advanced(loop, 0, one_row(loop.W, ahead)):
            return None, None
        tape = rows_tape(loop.W, kept)
        if not self._advanced(loop, self._transient, tape):
            return None, None
        reals = loop.W.view(loop.W.real.dtype)
        return tape.parameters, np.array([reals, *loop.arrays.get("memory", ())], np.float64)

    @staticmethod
    def _advanced(loop, first, tape):
        done, _, finite = loop.advance(first, len(tape.step), tape)
        return finite and done == len(tape.step) and np.isfinite(loop.W).all()

    def _cycle(self, of, rows, state, longest):
        """The attracting cycle beside the last states, or None."""
        size = np.abs(rows[-1]).max() + np.finfo(float).tiny
        spread = np.ptp(rows, axis=0).max()
        for period in range(1, min(longest, len(rows) // 2) + 1):
            back = np.abs(rows[period:] - rows[:-period])[-max(period, 8) :].max()
            if back > _CLOSE * spread + 1e-12 * size:
                continue
            found = cycle_near(of, state, period)
            if found is None or not abs(found.leading) <= 1 + _STABLE:
                continue
            away = np.abs(found.states[0, 0] - state[0]).max()
            if away <= _FAR * spread + _FINE * size:
                return found
        return None


def _exponent(of, state, kept):
    """Largest Lyapunov exponent along as many steps as were kept, and the same again ahead."""
    taken, _ = of.walk(state, 2 * kept)
    try:
        found, _ = growth(
            iter(taken), len(taken), of.tangent, 1, 1, kept // 8, 0, lambda done: None
        )
    except NoSpectrum:
        return np.nan
    return float(found.logs.mean())
