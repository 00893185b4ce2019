"""Finite steps of many members in the lanes of one kernel."""

from collections import namedtuple
from copy import copy

import numpy as np

from ...kernels import layout
from ...model.potential import Analytic, Potential, key
from .._problem import CompiledSum
from ..loops import START, State, potential_of
from ._block import Block
from ._rules import metric_form, moving_form, rules_of, sliced
from ._shared import Shared

_Seen = namedtuple("_Seen", "W mechanics metric since arrays")  # what a state shows of a loop


def in_lanes(potential, mechanics, metric):
    """Whether the kernel of members knows a run: of real numbers, sample by sample."""
    return (
        has_lanes(potential)
        and moving_form(mechanics) is not None
        and metric_form(metric, potential.dtype) is not None
    )


def has_lanes(potential):
    """Whether it knows a potential; a function of a user's is one of one state at a time."""
    atoms = [atom for _, atom in potential.atoms()]
    networks = [atom for atom in atoms if isinstance(atom, Potential)]
    return (
        all(isinstance(atom, (Potential, Analytic)) for atom in atoms)
        and len(networks) == 1
        and not any(atom.of_user for atom in atoms)
        and not networks[0].network.is_complex
        and not networks[0].couples
    )


class MembersLoop:
    """Many members of one potential in lanes, each with its own W, mechanics, metric and seed.

    Every member takes the steps of a single run, to the bit. One that diverges, or whose loss
    leaves its bounds, stands still where it did; those that stand still cost nothing from the next
    call on.

    Parameters
    ----------
    potential : sum of potentials that kernels know, with one network
    mechanics, metrics : sequences of R, or `Shared`
        Of one `moving_form` and one `metric_form`.
    W : array (R, D)
    batch_size : int or None
    seeds : sequence of R, or `Shared`
    rules : Rule, optional
        Of all members, stacked, where they were made before.

    Attributes
    ----------
    W : ndarray (R, D)
    time : ndarray (R,)
    going : ndarray (R,) of bool
        Which members go on; one that is set to False stands still.
    low, high : ndarray (R,)
        A member goes on while its loss is above `low` and not above `high`.
    iteration : int
    """

    def __init__(self, potential, mechanics, metrics, W, batch_size=None, seeds=None, rules=None):
        R, dtype = len(W), potential.dtype
        seeds = Shared([0], np.zeros(R, np.intp)) if seeds is None else Shared.over(seeds)
        self._mechanics, self._metrics = Shared.over(mechanics), Shared.over(metrics)
        self._potential, self._batch_size, self._seeds = potential, batch_size, seeds
        self._kernels = potential.kernels
        compiled = CompiledSum(potential, dtype, batch_size)
        m, (net, loss, data) = compiled.network.data.m, compiled.network.compiled
        self._work = self._kernels.members_work(
            net, batch_size or m, dtype, gathered=bool(batch_size), weighted=data.weights.size > 0
        )
        self.W, self.time = np.array(W, dtype, order="C"), np.zeros(R)
        self.going, self.iteration = np.ones(R, bool), 0
        self.low, self.high = np.full(R, -np.inf), np.full(R, np.inf)
        self._memory = np.zeros((R, self._mechanics[0].memories, self.W.shape[1]), dtype)
        self._rules = rules or rules_of(compiled, self._mechanics, self._metrics, seeds)
        keys = np.array([key(seed) for seed in seeds.values])[seeds.which]
        self._batches = self._kernels.members_batches(batch_size or 0, keys, m)
        self._problem = layout.Problem(net, loss, data, None, compiled.terms, None)

    @property
    def memory(self):
        """What each member's mechanics remember (R, memories, D)."""
        return self._memory

    def advance(self, count, last=None):
        """Take `count` steps: a `Block` of all losses, or of the `last` ones alone."""
        R, rows = len(self.W), count if last is None else min(last, count)
        block = Block(np.full((R, rows), np.nan), *np.zeros((2, R), np.int64))
        lanes = self._kernels.lanes_of(self.W.dtype)
        at_once = self._kernels.members_at_once(self._work, self._problem.data.x.shape[0])
        going = np.flatnonzero(self.going)
        for begin in range(0, len(going), at_once):
            self._advance(going[begin : begin + at_once], count, block, lanes)
        self.iteration += count
        return block

    def losses(self):
        """Losses (R,) now, on all data; nan of those that stand still."""
        going = np.flatnonzero(self.going)
        found = np.full(len(self.W), np.nan)
        if len(going):
            of = self._mechanics[going], self._metrics[going], self.W[going]
            look = MembersLoop(self._potential, *of, rules=sliced(self._rules, going))
            found[going] = look.advance(1).loss[:, 0]
        return found

    def state(self, r):
        """`State` of a member."""
        memory = self._memory[r]
        seen = _Seen(
            self.W[r], self._mechanics[r], self._metrics[r], START,
            {"memory": memory} if len(memory) else {},
        )  # fmt: skip
        at = potential_of(self._potential, self._batch_size, self._seeds[r])
        return State(self.iteration, float(self.time[r]), seen, at)

    def copied(self, members):
        """A loop of some members, where they are now."""
        made = copy(self)
        made._mechanics, made._metrics, made._seeds = (
            column[members] for column in (self._mechanics, self._metrics, self._seeds)
        )
        made.W, made._memory = self.W[members], self._memory[members]
        made.time, made.going = self.time[members], self.going[members]
        made.low, made.high = self.low[members], self.high[members]
        made._rules = sliced(self._rules, members)
        made._batches = sliced(self._batches, members)
        return made

    def _advance(self, of, count, block, lanes):
        """Steps of some members; lanes that are left over do what the last one does."""
        n, tiles = len(of), -(-len(of) // lanes)
        filled = np.concatenate([of, np.full(tiles * lanes - n, of[-1])])
        all_of_them = n == len(self.W) == len(filled)  # they move where they are
        tape = layout.MembersTape(
            *self._steps_ahead(filled, count),
            loss=np.full((len(filled), block.loss.shape[1]), np.nan),
            seen=np.zeros(len(filled), np.int64),
            taken=np.zeros(len(filled), np.int64),
            time=self.time[filled],
            going=np.ones(len(filled), np.int64),
            low=self.low[filled],
            high=self.high[filled],
        )
        W, memory = (a if all_of_them else a[filled] for a in (self.W, self._memory))
        batches = sliced(self._batches, filled)
        self._kernels.advance_members(
            self._problem._replace(batches=batches),
            sliced(self._rules, filled),
            tape,
            W,
            memory,
            np.empty_like(W),
            self.iteration,
            count,
            self._kernels.members_works(self._work, tiles),
            tiles,
            self._kernels.allowed(),
        )
        if not all_of_them:
            self.W[of], self._memory[of] = W[:n], memory[:n]
        self.time[of] = tape.time[:n]
        self._batches.order[of], self._batches.epoch[of] = batches.order[:n], batches.epoch[:n]
        self.going[of] = tape.going[:n] != 0
        block.loss[of], block.seen[of], block.taken[of] = (
            found[:n] for found in (tape.loss, tape.seen, tape.taken)
        )

    def _steps_ahead(self, of, count):
        """Steps (P, count), and which row of them is a member's: of one policy, at one time."""
        times, at = np.unique(self.time[of], return_inverse=True)
        policies = self._mechanics.which[of] * len(times) + at
        _, first, which = np.unique(policies, return_index=True, return_inverse=True)
        rows = [
            self._mechanics[r].policy.steps_from(self.iteration, count, float(self.time[r]))
            for r in of[first]
        ]
        return np.array(rows), which
