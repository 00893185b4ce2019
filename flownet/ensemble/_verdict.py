"""Whether a member converged, stayed bounded or diverged, and when it leaves the sweep."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .._errors import FlownetError, shown

CONVERGED, BOUNDED, DIVERGED = range(3)
VERDICTS = ("converged", "bounded", "diverged")


class Bounds(NamedTuple):
    """Bounds on losses, in units of each member's first one.

    Attributes
    ----------
    diverged : float
        A member whose loss exceeds it has diverged, and leaves: a network of saturated units never
        overflows.
    converged : float
        At the end a member has converged if the mean of its last `tail` losses is below it.
    tail : int
    reached : float or None
        A member whose loss is at most this has converged, and leaves.
    """

    diverged: float = 1e6
    converged: float = 1.0
    tail: int = 20
    reached: float | None = None

    def checked(self) -> Bounds:
        """These bounds, refused where they are none."""
        for name, value in (("diverged", self.diverged), ("converged", self.converged)):
            if not _is_number(value) or not value > 0:
                raise FlownetError(f"{name} is {shown(value)}; a number above 0 is wanted.")
        if self.reached is not None and not (_is_number(self.reached) and self.reached >= 0):
            raise FlownetError(f"reached is {shown(self.reached)}; a number from 0 up is wanted.")
        if isinstance(self.tail, bool) or not isinstance(self.tail, int) or self.tail < 1:
            raise FlownetError(f"tail is {shown(self.tail)}; a whole number above 0 is wanted.")
        return self


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


class Ends:
    """How some members end, followed block by block.

    Attributes
    ----------
    first : ndarray (n,)
        The first loss that was seen.
    taken : ndarray (n,)
        Steps.
    high, low : ndarray (n,)
        The bounds of each, in losses.
    """

    def __init__(self, n: int, bounds: Bounds) -> None:
        self._bounds = bounds
        self.first, self.taken = np.full(n, np.nan), np.zeros(n, np.int64)
        self.high, self.low = np.full(n, np.inf), np.full(n, -np.inf)
        self._tail, self._begun = np.full((n, bounds.tail), np.nan), False

    @property
    def last(self) -> np.ndarray:
        """The last loss (n,) that was seen."""
        return self._tail[:, -1]

    def see(self, block: Any) -> None:
        """See a `Block`, of all of its losses or the last `tail`; the first one of all its own."""
        if not self._begun:
            self._begin(np.where(block.seen > 0, block.loss[:, 0], np.nan))
        self.taken += block.taken
        tail = self._bounds.tail
        here = min(tail, block.loss.shape[1])
        older = np.minimum(np.arange(tail) + block.seen[:, None], tail - 1)
        kept = np.take_along_axis(self._tail, older, axis=1)  # what stood there moves up
        new = block.last(here)
        kept[:, tail - here :] = np.where(np.isnan(new), kept[:, tail - here :], new)
        self._tail = kept

    def _begin(self, first):
        """Bounds in units of first losses (n,); those from 0 down are no unit."""
        self._begun, self.first = True, first.copy()
        unit = first > 0
        self.high = np.where(unit, self._bounds.diverged * first, np.inf)
        if self._bounds.reached is not None:
            self.low = np.where(unit, self._bounds.reached * first, -np.inf)

    def verdicts(self, going: Any, stopped: Any, final: Any) -> dict[str, Any]:
        """What is kept of each: loss, verdict, when it diverged (−1: never), steps taken.

        Parameters
        ----------
        going : array (n,) of bool
            Who took the last step; their losses after it are `final` (n,).
        stopped : array (n,) of bool
            Who left because a condition of the experiment was met, likewise.
        """
        whole = (going | stopped) & np.isfinite(final)
        reached = ~going & ~stopped & (self.last <= self.low)
        diverged = ~whole & ~reached
        known = np.isfinite(self._tail)
        mean = np.where(known, self._tail, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
        converged = reached | (known.any(axis=1) & (mean < self._bounds.converged * self.first))
        verdict = np.where(diverged, DIVERGED, np.where(converged, CONVERGED, BOUNDED))
        return {
            "loss": np.where(whole, final, self.last),
            "verdict": verdict.astype(np.int8),
            "diverged_at": np.where(diverged, self.taken, -1),
            "steps": self.taken,
        }
