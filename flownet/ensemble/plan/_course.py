"""The course of some members: their steps, who leaves when, and what is kept of them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from ...motion.loops import potential_of
from .._verdict import Ends


class Course:
    """Members of a family from the start to the end of each.

    Attributes
    ----------
    family : Family
    starts : Starts
    steps : int
    bounds : Bounds
    loop : MembersLoop or SinglesLoop
    ends : Ends
    whole : ndarray (n,) of bool
        Who has taken the last step.
    final : ndarray (n,)
        Losses at the end, on all data, of those and of who was stopped.
    verdict : ndarray (n,)
    """

    def __init__(self, plan: Any, family: Any, starts: Any, loop: Any) -> None:
        self.family, self.starts, self.loop = family, starts, loop
        self.steps, self.bounds = family.steps, plan.bounds
        self.ends, self.whole = Ends(len(starts), plan.bounds), np.zeros(len(starts), bool)
        self.final = self.verdict = np.full(len(starts), np.nan)
        self._stopped = np.zeros(len(starts), bool)
        self._watches = [family.stops(of.metric) for of in starts] if family.stopping else []
        for watches, of in zip(self._watches, starts):
            for watch in watches:
                watch.begin(of.W)
        self._kept: list[Any] = []
        self._plan = plan

    def run(self) -> dict[str, np.ndarray]:
        """Follow the members to their ends: rows (n, …) by the name of the column."""
        self._kept = [kept.follow(self._plan, self) for kept in self._plan.keep]
        for first, then in pairwise([*self._cuts(), self.steps]):
            self._look(first)
            if not self.loop.going.any():
                break
            self._advance(then - first)
        self.whole = self.loop.going.copy()
        if self.whole.any():
            self._look(self.steps)
        self.loop.going[:] = self.whole | self._stopped
        self.final = self.loop.losses()
        rows = self.ends.verdicts(self.whole, self._stopped, self.final)
        self.verdict = rows["verdict"]
        for kept in self._kept:
            rows |= kept.end()
        return rows

    def state(self, r: int) -> Any:
        """`State` of a member."""
        return self.loop.state(r)

    def steps_from(self, members: Any) -> Any:
        """The step that each of some members takes now: (member, (potential, W, δ, metric)).

        The steps are taken twice, here and on the members' way.
        """
        if not len(members):
            return
        ahead, metrics = self.loop.copied(members), [self.state(r).metric for r in members]
        before = ahead.W.copy()
        ahead.advance(1)
        for i, r in enumerate(members):
            if ahead.going[i]:
                potential = self._potential_of(r)(self.loop.iteration)
                yield r, (potential, before[i], ahead.W[i] - before[i], metrics[i])

    def _potential_of(self, r):
        """Function iteration → the potential that a member's step sees."""
        return potential_of(self.family.potential, self.family.batch_size, self.starts[r].seed)

    def _cuts(self):
        """Iterations between which nobody looks: the first losses are the unit of all others."""
        cuts = {0, 1, *self.family.potential.kernels.members_looks(self.steps)}
        for kept in self._plan.keep:
            cuts |= set(kept.at(self.steps))
        for watch in self._watches[0] if self._watches else ():
            cuts |= set(range(0, self.steps, watch.every))
        return sorted(k for k in cuts if k < self.steps)

    def _look(self, k):
        members = np.flatnonzero(self.loop.going)
        for kept in self._kept:
            kept.look(k, members)
        for r in members if self._watches and k < self.steps else ():
            due = [watch for watch in self._watches[r] if k % watch.every == 0]
            state = self.state(r)
            met = [watch.look(state, self.family.potential)[0] for watch in due]  # all of them look
            if any(met):
                self._stopped[r], self.loop.going[r] = True, False

    def _advance(self, count):
        first = self.loop.iteration
        every = first == 0 or any(kept.every_loss for kept in self._plan.keep)
        block = self.loop.advance(count, None if every else self.bounds.tail)
        self.ends.see(block)
        if first == 0:
            self.loop.low[:], self.loop.high[:] = self.ends.low, self.ends.high
        for kept, of in zip(self._plan.keep, self._kept):
            if kept.every_loss:
                of.see(first, block.loss)
