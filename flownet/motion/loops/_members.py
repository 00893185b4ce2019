"""Loops of finite steps of many members: in the lanes of one kernel, or one member a thread."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ...kernels import layout
from ...model.potential import Analytic, Potential, key
from .._problem import CompiledSum
from ._loop import make_loop
from ._state import one_row

_SLAB = 1 << 25  # bytes of buffers for the tiles that are worked on together


def in_lanes(potential, mechanics, metric):
    """Whether the kernel of members knows a run: of real numbers, sample by sample.

    A function of a user's is one of one state at a time.
    """
    atoms = [atom for _, atom in potential.atoms()]
    networks = [atom for atom in atoms if isinstance(atom, Potential)]
    return (
        all(isinstance(atom, (Potential, Analytic)) for atom in atoms)
        and len(networks) == 1
        and not any(atom.of_user for atom in atoms)
        and not networks[0].network.is_complex
        and not networks[0].couples
        and metric.is_compiled
        and not metric.moves
        and not (mechanics.policy.of_jet or mechanics.policy.of_state)
        and not (mechanics.own_loop or mechanics.radius or mechanics.scheduled_temperature)
    )


class MembersLoop:
    """Many members of one potential in lanes, each with its own W, mechanics, metric and seed.

    Every member takes the steps of `CompiledLoop`, to the bit. One that diverges stands still
    where it did, and those that stand still cost nothing from the next call on.

    Parameters
    ----------
    potential : sum of potentials that kernels know, with one network
    mechanics, metrics : sequences of R
        Of one structure: all of them Adam, say, each with numbers of its own.
    W : array (R, D)
    batch_size : int or None
    seeds : sequence of R

    Attributes
    ----------
    W : ndarray (R, D)
    time : ndarray (R,)
    going : ndarray (R,) of bool
        Which members go on; one that is set to False stands still.
    iteration : int
    """

    def __init__(self, potential, mechanics, metrics, W, batch_size=None, seeds=None):
        R, dtype = len(W), potential.dtype
        seeds = [0] * R if seeds is None else list(seeds)
        self._kernels, self._mechanics = potential.kernels, mechanics
        compiled = CompiledSum(potential, dtype, batch_size)
        m, (net, loss, data) = compiled.network.data.m, compiled.network.compiled
        self._work = self._kernels.members_work(
            net, batch_size or m, dtype, gathered=bool(batch_size), weighted=data.weights.size > 0
        )
        self.W, self.time = np.array(W, dtype), np.zeros(R)
        self.going, self.iteration = np.ones(R, bool), 0
        self._memory = np.zeros((R, mechanics[0].memories, self.W.shape[1]), dtype)
        self._rules = stacked(
            [
                compiled.rule(g, 0.0, of_loss=one.policy.of_loss, **one.rule(False, key(seed)))
                for one, g, seed in zip(mechanics, metrics, seeds)
            ]
        )
        self._batches = layout.Batches(
            batch_size or 0,
            np.array([key(seed) for seed in seeds]),
            np.zeros((R, m if batch_size else 0), np.int64),
            np.full((R, 1), -1),
        )
        self._problem = layout.Problem(net, loss, data, None, compiled.terms, None)

    def advance(self, count):
        """Take `count` steps: losses and steps (R, count), nan behind a member's last one."""
        loss, step = (np.full((len(self.W), count), np.nan) for _ in range(2))
        lanes = len(self._work.values)
        at_once = lanes * max(1, _SLAB // sum(array.nbytes for array in self._work))
        going = np.flatnonzero(self.going)
        for begin in range(0, len(going), at_once):
            self._advance(going[begin : begin + at_once], loss, step, lanes)
        self.iteration += count
        step[np.isnan(loss)] = np.nan
        return loss, step

    def _advance(self, of, loss, step, lanes):
        """Steps of some members; lanes that are left over do what the last one does."""
        count, tiles = loss.shape[1], -(-len(of) // lanes)
        filled = np.concatenate([of, np.full(tiles * lanes - len(of), of[-1])])
        steps = [
            self._mechanics[r].policy.steps_from(self.iteration, count, float(self.time[r]))
            for r in filled
        ]
        tape = layout.MembersTape(
            loss=np.full((len(filled), count), np.nan),
            step=np.array(steps),
            taken=np.zeros(len(filled), np.int64),
            time=self.time[filled],
            going=np.ones(len(filled), np.int64),
        )
        W, memory, batches = self.W[filled], self._memory[filled], _sliced(self._batches, filled)
        self._kernels.advance_members(
            self._problem._replace(batches=batches),
            _sliced(self._rules, filled),
            tape,
            W,
            memory,
            np.empty_like(W),
            self.iteration,
            count,
            self._kernels.for_workers(self._work, tiles),
            tiles,
            self._kernels.most(),
        )
        n = len(of)
        self.W[of], self._memory[of], self.time[of] = W[:n], memory[:n], tape.time[:n]
        self._batches.order[of], self._batches.epoch[of] = batches.order[:n], batches.epoch[:n]
        self.going[of] = tape.going[:n] != 0
        loss[of], step[of] = tape.loss[:n], tape.step[:n]


class SinglesLoop:
    """Many members one by one, each the loop of a single run, on as many threads as there are.

    Attributes
    ----------
    W, time, going, iteration
        As of `MembersLoop`.
    """

    def __init__(self, potential, mechanics, metrics, W, batch_size=None, seeds=None):
        seeds = [0] * len(W) if seeds is None else seeds
        self._kernels = potential.kernels
        with self._kernels.limited(1):  # a member a thread
            self._loops = [
                make_loop(potential, one, g, np.array(w), 0.0, batch_size, seed)
                for one, g, w, seed in zip(mechanics, metrics, W, seeds)
            ]
        self.going, self.iteration = np.ones(len(W), bool), 0

    @property
    def W(self):
        """Parameters (R, D) now."""
        return np.array([loop.W for loop in self._loops])

    @property
    def time(self):
        """Time (R,) of each member."""
        return np.array([loop.time for loop in self._loops])

    def advance(self, count):
        """Take `count` steps: losses and steps (R, count), nan behind a member's last one."""
        loss, step = (np.full((len(self._loops), count), np.nan) for _ in range(2))

        def go(r):
            loop = self._loops[r]
            with self._kernels.limited(1):
                tape = one_row(loop.W, count)
                done, _, self.going[r] = loop.advance(self.iteration, count, tape)
            loss[r, :done], step[r, :done] = tape.loss[:done], tape.step[:done]

        with ThreadPoolExecutor(self._kernels.most()) as pool:
            list(pool.map(go, np.flatnonzero(self.going)))
        self.iteration += count
        return loss, step


def stacked(parts):
    """Nested tuples of numbers and arrays as one, with the members along a new first axis."""
    first = parts[0]
    if isinstance(first, tuple):
        return type(first)(*(stacked(each) for each in zip(*parts)))
    return None if first is None else np.array(parts)


def _sliced(table, of):
    """Some members of such a table."""
    if isinstance(table, tuple):
        return type(table)(*(_sliced(part, of) for part in table))
    return table[of] if isinstance(table, np.ndarray) else table
