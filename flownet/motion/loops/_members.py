"""The loop of finite steps of many members at once, in the lanes of one kernel."""

import numpy as np

from ...kernels import layout
from ...model.potential import Analytic, Potential, key
from .._problem import CompiledSum

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
    """Many members of one potential, each with its own W, mechanics, metric and seed.

    Every member takes the steps of `CompiledLoop`, to the bit. One that diverges stands still
    where it did.

    Parameters
    ----------
    potential : sum of potentials that kernels know, with one network
    mechanics, metrics : sequences of R
        Of one structure, such as Adam with its numbers; `structure` tells.
    W : array (R, D)
    batch_size : int or None
    seeds : sequence of R

    Attributes
    ----------
    W : ndarray (R, D)
    time : ndarray (R,)
    going : ndarray (R,) of bool
        Which members go on; one that is set to False stands still.
    """

    def __init__(self, potential, mechanics, metrics, W, batch_size=None, seeds=None):
        R, dtype = len(W), potential.dtype
        seeds = [0] * R if seeds is None else list(seeds)
        self._kernels = kernels = potential.kernels
        compiled = CompiledSum(potential, dtype, batch_size)
        self._data = compiled.network.data
        m = self._data.m
        net, loss, data = compiled.network.compiled
        work = kernels.members_work(
            net, batch_size or m, dtype, gathered=bool(batch_size), weighted=data.weights.size > 0
        )
        self._lanes = lanes = len(work.values)
        self._tiles = max(1, min(-(-R // lanes), _SLAB // _bytes_of(work)))
        self._works = kernels.for_workers(work, self._tiles)
        self._mechanics, filled = mechanics, [*range(R), *[R - 1] * (-R % lanes)]
        self._R, self.iteration = R, 0
        self._W = np.ascontiguousarray(np.asarray(W, dtype)[filled])
        self._memory = np.zeros((len(filled), mechanics[0].memories, self._W.shape[1]), dtype)
        self._dL = np.zeros((self._tiles * lanes, self._W.shape[1]), dtype)
        self._time, self._going = np.zeros(len(filled)), np.ones(len(filled), np.int64)
        self._going[R:] = 0
        rules = [
            compiled.rule(g, 0.0, of_loss=one.policy.of_loss, **one.rule(False, key(seed)))
            for one, g, seed in zip(mechanics, metrics, seeds)
        ]
        self._rules = stacked([rules[r] for r in filled])
        order = np.zeros((len(filled), m if batch_size else 0), np.int64)
        self._batches = layout.Batches(
            batch_size or 0,
            np.array([key(seeds[r]) for r in filled]),
            order,
            np.full((len(filled), 1), -1),
        )
        self._problem = layout.Problem(net, loss, data, None, compiled.terms, None)

    @property
    def W(self):
        """Parameters (R, D) now."""
        return self._W[: self._R]

    @property
    def time(self):
        """Time (R,) of each member."""
        return self._time[: self._R]

    @property
    def going(self):
        """Which members (R,) go on, 1 or 0; written to, it stops them."""
        return self._going[: self._R]

    def advance(self, count):
        """Take `count` steps: losses and steps (R, count), nan behind a member's last one."""
        rows, size = len(self._W), self._tiles * self._lanes
        loss, step = np.full((rows, count), np.nan), np.empty((rows, count))
        for r in range(rows):
            policy = self._mechanics[min(r, self._R - 1)].policy
            step[r] = policy.steps_from(self.iteration, count, float(self._time[r]))
        taken = np.zeros(rows, np.int64)
        for begin in range(0, rows, size):
            of = slice(begin, begin + size)
            tape = layout.MembersTape(
                loss[of], step[of], taken[of], self._time[of], self._going[of]
            )
            if not tape.going.any():
                continue
            self._kernels.advance_members(
                self._problem._replace(batches=_sliced(self._batches, of)),
                _sliced(self._rules, of),
                tape,
                self._W[of],
                self._memory[of],
                self._dL,
                self.iteration,
                count,
                self._works,
                len(tape.loss) // self._lanes,
            )
        self.iteration += count
        step[np.isnan(loss)] = np.nan
        return loss[: self._R], step[: self._R]


def _bytes_of(work):
    return sum(array.nbytes for array in work)


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


def structure(part):
    """What the members of one kernel have in common: the tuples of a rule, without its numbers."""
    if isinstance(part, tuple):
        return (type(part).__name__, *(structure(each) for each in part))
    return None if part is None else np.shape(part)
