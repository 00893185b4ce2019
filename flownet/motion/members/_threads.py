"""Finite steps of many members, one member a thread, each by the loop of a single run."""

from concurrent.futures import ThreadPoolExecutor
from copy import copy

import numpy as np

from ..loops import State, make_loop, one_row, potential_of, set_velocity
from ._block import Block


class SinglesLoop:
    """Many members one by one, on as many threads as there are; what one is, others need not be.

    Parameters
    ----------
    potential : sum of potentials
    mechanics, metrics, W, seeds : sequences of R
    batch_size : int or None
    V : array (D,), optional
        The velocity that all of them begin with; they are at rest by default.

    Attributes
    ----------
    W, time, going, low, high, iteration
        As of `MembersLoop`.
    """

    def __init__(self, potential, mechanics, metrics, W, batch_size=None, seeds=None, V=None):
        seeds = [0] * len(W) if seeds is None else seeds
        self._potential, self._batch_size = potential, batch_size
        self._members = list(zip(mechanics, metrics, seeds))
        self._kernels = potential.kernels
        with self._kernels.limited(1):  # a member a thread
            self._loops = [self._loop(r, np.array(w), 0.0) for r, w in enumerate(W)]
            for loop in self._loops:
                set_velocity(loop, V)
        self.going, self.iteration = np.ones(len(W), bool), 0
        self.low, self.high = np.full(len(W), -np.inf), np.full(len(W), np.inf)

    def _loop(self, r, W, time):
        mechanics, metric, seed = self._members[r]
        return make_loop(self._potential, mechanics, metric, W, time, self._batch_size, seed)

    @property
    def W(self):
        """Parameters (R, D) now."""
        return np.array([loop.W for loop in self._loops])

    @property
    def time(self):
        """Time (R,) of each member."""
        return np.array([loop.time for loop in self._loops])

    def advance(self, count, last=None):
        """Take `count` steps: a `Block` of all losses, whether or not the `last` ones would do."""
        R = len(self._loops)
        block = Block(np.full((R, count), np.nan), *np.zeros((2, R), np.int64))

        def go(r):
            with self._kernels.limited(1):
                block.seen[r], block.taken[r] = self._advance(r, count, block.loss[r])

        self._each(go)
        self.iteration += count
        return block

    def losses(self):
        """Losses (R,) now, on all data; nan of those that stand still."""
        found = np.full(len(self._loops), np.nan)

        def look(r):
            with self._kernels.limited(1):
                found[r] = self._potential.value(self._loops[r].W)

        self._each(look)
        return found

    def state(self, r):
        """`State` of a member."""
        at = potential_of(self._potential, self._batch_size, self._members[r][2])
        return State(self.iteration, self._loops[r].time, self._loops[r], at)

    def copied(self, members):
        """A loop of some members, where they are now."""
        made = copy(self)
        made._members = [self._members[r] for r in members]
        made._loops = []
        with self._kernels.limited(1):
            for i, r in enumerate(members):
                loop = made._loop(i, self._loops[r].W.copy(), self._loops[r].time)
                made._loops.append(_restored(loop, self._loops[r].arrays))
        for name in ("going", "low", "high"):
            setattr(made, name, getattr(self, name)[members].copy())  # arrays alike
        return made

    def _each(self, work):
        """Do some work for each member that goes on."""
        with ThreadPoolExecutor(self._kernels.allowed()) as pool:
            list(pool.map(work, np.flatnonzero(self.going)))

    def _advance(self, r, count, loss):
        """Steps of one member, behind a loss out of bounds taken back: how many losses, steps."""
        loop = self._loops[r]
        bounded = np.isfinite(self.high[r]) or np.isfinite(self.low[r])
        before = ({n: a.copy() for n, a in loop.arrays.items()}, loop.time) if bounded else None
        done = self._steps(r, count, loss)
        out = np.flatnonzero(~((self.low[r] < loss[:done]) & (loss[:done] <= self.high[r])))
        if not len(out):
            return done, done
        arrays, time = before
        self._loops[r] = _restored(self._loop(r, arrays["parameters"].copy(), time), arrays)
        found = loss[out[0]]
        loss[:] = np.nan
        taken = self._steps(r, int(out[0]), loss)
        loss[out[0]], self.going[r] = found, False
        return taken + 1, taken

    def _steps(self, r, count, loss):
        """Steps of one member, as far as it comes; how many."""
        loop, done = self._loops[r], 0
        if count:
            tape = one_row(loop.W, count)
            done, _, self.going[r] = loop.advance(self.iteration, count, tape)
            loss[:done] = tape.loss[:done]
        return done


def _restored(loop, arrays):
    """A loop with what the next step depends on."""
    for name, array in loop.arrays.items():
        array[...] = arrays[name]
    return loop
