"""Losses along the way: the curve, and how well a member converged."""

import numpy as np

from .._verdict import CONVERGED
from ._kept import Column, Following, Kept, Timed


class _FollowedCurve(Following):
    def see(self, first, loss):
        """See losses (n, count) of the steps from an iteration on."""
        at = np.fromiter(self.place, np.int64)
        places = np.flatnonzero((at >= first) & (at < first + loss.shape[1]))
        self.rows["curve"][:, places] = loss[:, at[places] - first]

    def end(self):
        """The rows, with the loss after the last step."""
        last = self.place.get(self.course.steps)
        if last is not None:
            whole = self.course.whole
            self.rows["curve"][whole, last] = self.course.final[whole]
        return self.rows


class Curve(Timed):
    """The loss at every n-th iteration, up to where a member left."""

    name, otherwise, following = "curve", 1, _FollowedCurve
    every_loss = True

    def at(self, steps):
        """It sees the losses of all steps, and asks for no look."""
        return ()

    def columns(self, plan):
        """One number an iteration."""
        at = self.along(plan)
        return [Column("curve", at.shape, np.float64, ("iteration",), {"iteration": at})]


class Convergence(Kept):
    """How well a member converged, as a map of trainability is coloured (2402.06184).

    With v the losses in units of the first one, those beyond the bound `diverged` set to it, this
    is −Σv of a member that converged, and Σ1/v of any other.
    """

    name, every_loss = "convergence", True

    def columns(self, plan):
        """One number."""
        return [Column("convergence", (), np.float64)]

    def follow(self, plan, course):
        """What follows the members of a course."""
        return _FollowedSums(self.columns(plan), course)


class _FollowedSums(Following):
    def __init__(self, columns, course):
        super().__init__(columns, course)
        self._sum, self._inverse, self._counted = np.zeros((3, len(course.starts)))

    def see(self, first, loss):
        """See losses (n, count) of the steps from an iteration on."""
        with np.errstate(all="ignore"):
            v = loss / self.course.ends.first[:, None]
            within = v <= self.course.bounds.diverged
            inverse = np.where(within, 1 / v, 0.0)
        v = np.where(within, v, 0.0)
        for k in range(v.shape[1]):  # one after another: the same sum in blocks of any size
            self._sum += v[:, k]
            self._inverse += inverse[:, k]
        self._counted += within.sum(axis=1)

    def end(self):
        """The rows; losses that are missing count as beyond the bound."""
        beyond, most = self.course.steps - self._counted, self.course.bounds.diverged
        total, inverse = self._sum + beyond * most, self._inverse + beyond / most
        converged = self.course.verdict == CONVERGED
        self.rows["convergence"][:] = np.where(converged, -total, inverse)
        return self.rows
