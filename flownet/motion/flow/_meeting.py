"""Where within a step a flow meets a kink, or a slide comes to its end."""

from collections import namedtuple
from functools import cached_property

import numpy as np

from ...kernels import layout
from ...kernels.layout import T_BEFORE, TAKEN, T

_LOOKS = 8  # at the pre-activations about a crossing at most, beyond those of the step
_FINE, _COARSE = 0.01, 0.3  # of the slack: a crossing that is known so well
_ROUNDING = 2.0  # rounding units of a mean pre-activation, or within the coarser
_GRID = np.union1d(np.geomspace(1e-6, 0.1, 51), np.linspace(0, 1, 101))
_CLOSER = 4  # looks at a polynomial, each 32 times closer than the one before
_ENDS = 8  # evaluations of f in search of the end of a slide, at most
_LATE = 1e-4  # of a share: an end of a slide that is known so well
_OUT = 1e-9  # of a share beyond 0 and 1

#: time of what is met, the pair that arrives, −1 at the end of a slide, None where nothing is met
#: after all; whether the pre-activations there are known, and forward passes and evaluations of f
#: that it took to find
Meeting = namedtuple("Meeting", "time pair seen looks calls")


def meet(field, s):
    """`Meeting` of the first kink, or end of a slide, within the last step."""
    found = _Within(field, s)
    with field.followed() as found.followed:
        share, pair = found.crossing()
        end = found.end_of_slide(share)
    if end is not None:
        share, pair = end, -1
    n = s.numbers
    time = n[T_BEFORE] + share * n[TAKEN] if share < 1 else n[T]
    return Meeting(float(time), pair, found.last == share, found.looks, found.calls)


class _Within:
    """Points within the last step, and what is seen there."""

    def __init__(self, field, s):
        self._field, self._s = field, s
        self.looks = self.calls = 0
        self.last = None  # share that was looked at last

    @cached_property
    def _fine(self):
        """How well a crossing is to be known, of z."""
        kinks = self._field.kinks
        seen = kinks.z[0][kinks.side != layout.SMOOTH]
        rounding = _ROUNDING * np.finfo(seen.dtype).eps * float(np.abs(seen).mean())
        return float(min(_COARSE * kinks.slack[0], max(_FINE * kinks.slack[0], rounding)))

    def _at(self, share):
        n, y = self._s.numbers, self._field.kinks.point
        if share >= 1:
            y[:] = self._s.y
        else:
            self._field.kernels.dense(self._s, n[T_BEFORE] + share * n[TAKEN], y)
        return y

    def crossing(self):
        """Share of the step at which the first pair crosses, and which; 1 and None if none does."""
        kinks, cleared = self._field.kinks, []
        try:
            while kinks.which[0] >= 0:
                share = self._crossing_of(int(kinks.which[0]))
                if share is not None:
                    return share, int(kinks.which[0])
                cleared.append((kinks.which[0], kinks.side[kinks.which[0]]))
                kinks.side[kinks.which[0]] = layout.SMOOTH  # for this search
                self._field.kernels.first_crossing(kinks)
        finally:
            for pair, side in cleared:
                kinks.side[pair] = side
        return 1.0, None

    def _crossing_of(self, pair):
        """Where a pair leaves its branch; None where a closer look shows that it does not."""
        kinks = self._field.kinks
        sign = 1.0 if kinks.side[pair] == layout.UPPER else -1.0
        shares, seen = [0, 1 / 3, 2 / 3, 1], [sign * float(z) for z in kinks.z[:4, pair]]
        level = 0.0 if seen[0] > kinks.slack[0] else seen[0] - kinks.slack[0]
        share = float(kinks.found[0])
        for _ in range(_LOOKS):
            W = self._at(share)[: self._field.size]
            self._field.kernels.see_pre_activations(self.followed, W, kinks.z[4])
            self.looks, self.last = self.looks + 1, share
            shares.append(share)
            seen.append(sign * float(kinks.z[4, pair]))
            if abs(seen[-1] - level) <= self._fine:
                break
            share = _first_below(shares, seen, level)
            if share is None or share in shares:
                break
        return share

    def end_of_slide(self, share):
        """Where up to a share one that slides comes to one of its sides; None if none does."""
        if self._room() >= -_OUT:  # at the end of the step
            return None
        low, high = 0.0, share
        at_high = self._room() if share == 1 else self._inside(share)
        if at_high >= -_OUT:
            return None
        at_low, twice = -at_high, 0
        while at_high < -_LATE and self.calls < _ENDS and high - low > 1e-12:
            middle = low + (high - low) * np.clip(at_low / (at_low - at_high), 0.05, 0.95)
            here = self._inside(middle)
            if here < -_OUT:
                high, at_high, twice = middle, here, twice + 1
                at_low *= 0.5 if twice > 1 else 1.0
            else:
                low, at_low, twice = middle, max(here, _OUT), 0
        return high

    def _inside(self, share):
        """`_room` at a share of the step."""
        y = self._at(share)
        self._field.kernels.rate_on_branches(self.followed, y, np.empty_like(y), np.empty(2))
        self.calls, self.last = self.calls + 1, share
        return self._room()

    def _room(self):
        """How far all are between their two sides, where f was last asked."""
        hold = self._field.kinks.hold
        share = hold.share[: hold.count[0]]
        return float(np.minimum(share, 1 - share).min(initial=np.inf))


def _first_below(shares, seen, level):
    """First share at which the polynomial through what was seen falls below a level, or None."""
    known = np.argsort(shares)
    shares, seen = np.array(shares)[known], np.array(seen)[known]
    grid = np.union1d(_GRID, shares)
    values = _through(shares, seen, grid)
    values[np.searchsorted(grid, shares)] = seen
    for _ in range(_CLOSER):
        below = np.flatnonzero(values < level)
        if not len(below):
            return None
        at = max(int(below[0]), 1)
        (low, high), (before, after) = grid[at - 1 : at + 1], values[at - 1 : at + 1]
        grid = np.linspace(low, high, 33)
        values = _through(shares, seen, grid)
        values[0], values[-1] = before, after
    return float(low + (high - low) * np.clip((before - level) / (before - after), 0, 1))


def _through(shares, seen, at):
    """The polynomial through values at some shares, at others (Neville)."""
    values = [np.full_like(at, value) for value in seen]
    for k in range(1, len(shares)):
        for i in range(len(shares) - k):
            a, b = shares[i], shares[i + k]
            values[i] = ((at - a) * values[i + 1] + (b - at) * values[i]) / (b - a)
    return values[0]
