"""Where a flow meets a kink: when, and whether it crosses it there or slides along it.

At the kink z = 0 of a unit at a sample, dL jumps by a multiple of n = ∂z/∂W, ∂L/∂a times the jump of
the slope. With z of all pairs that are at their kinks at once, ż = ż₀ − K·x, K the Gram matrix of
their normals in the metric and x_i = ∂L/∂a_i times the slope that pair i has beyond that above. The
flow goes on with slopes between those of the two sides such that each pair is on a side which ż
does not lead off, or stays (ż_i = 0): the mean of the sides that Filippov's flow follows, the
shortest of all −g^♯dL there. A pair with ∂L/∂a_i ≤ 0 is never held by its kink, and crosses it.
"""

from collections import namedtuple

import numpy as np

from ...kernels import layout
from ...kernels.layout import CALLS, FRESH, T_BEFORE, TAKEN, T

_LOOKS = 8  # at the pre-activations about a crossing at most, beyond those of the step
_FINE = 0.3  # of the slack: a crossing that is known so well
_ENDS = 8  # evaluations of f in search of the end of a slide, at most
_LATE = 1e-4  # of a share: an end of a slide that is known so well
_OUT = 1e-9  # of a share beyond 0 and 1
_NEAR = 2.0  # of the slack: pairs so near to their kinks are at them
_MOST = 64  # of them at most, beside those that slide and the one that arrives
_ROUNDS = 4  # where the slopes of pairs depend on each other
_GRID = np.union1d(np.geomspace(1e-6, 0.1, 51), np.linspace(0, 1, 101))
_CLOSER = 4  # looks at a polynomial, each 32 times closer than the one before
_STILL = 1e-14  # of the longest normal, squared: a pair whose z nothing moves

#: time of what is met, the pair that arrives, −1 at the end of a slide, None where nothing is met
#: after all, whether its pre-activations are known, and the forward passes and evaluations of f that
#: it took to find
Meeting = namedtuple("Meeting", "time pair seen looks calls")

#: pairs that crossed, slides that began, evaluations of f and what stands for one in forward passes
Decision = namedtuple("Decision", "crossed slid evaluations")


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
            if abs(seen[-1] - level) <= _FINE * kinks.slack[0]:
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


def pass_by(field, s):
    """Go on behind a step that met nothing after all."""
    with field.followed() as followed:
        field.kernels.accept_step(followed, s)


def go_on(field, s, meeting):
    """Decide at a meeting how the flow goes on, and set the solution there; `Decision`."""
    n, kinks = s.numbers, field.kinks
    if meeting.time < n[T]:
        field.kernels.dense(s, meeting.time, kinks.point)
        s.y[:] = kinks.point
    n[T] = n[T_BEFORE] = meeting.time
    return settle(field, s, meeting.pair, meeting.looks, meeting.seen)


def settle(field, s, arrives=-1, looks=0, seen=False):
    """Decide at y on which side pairs at their kinks go on, and take f there; `Decision`."""
    before = field.kinks.side.copy()
    if not seen:
        looks += 1
        with field.followed() as followed:
            W = s.y[: field.size]
            field.kernels.see_pre_activations(followed, W, field.kinks.z[4])
    known, calls = False, 0
    if field.slides:
        known, calls = _choose_sides(field, s, arrives)
    elif arrives >= 0:
        lower = before[arrives] == layout.LOWER
        field.put_on([arrives], [layout.UPPER if lower else layout.LOWER])
    after = field.kinks.side
    with field.followed() as followed:
        if not known:
            field.kernels.rate_on_branches(followed, s.y, s.k[6], s.meters)
            calls += 1
        W, z = s.y[: field.size], field.kinks.z[0]
        field.kernels.see_pre_activations(followed, W, z)
    s.numbers[FRESH] = 1
    evaluations = calls - (-(looks + 1) // 3)
    s.numbers[CALLS] += evaluations
    slid = (after == layout.SLIDING) & (before != layout.SLIDING)
    crossed = (after != before) & (after < layout.SLIDING) & (before < layout.SLIDING)
    return Decision(int(crossed.sum()), int(slid.sum()), evaluations)


def _choose_sides(field, s, arrives):
    """Put the pairs at their kinks on sides; whether f is known with that, evaluations of f."""
    pairs = _at_kinks(field.kinks, arrives)
    field.hold(pairs)
    if not len(pairs):
        return False, 0
    shares, depend = np.ones(len(pairs)), field.depend(pairs)
    with field.followed() as followed:  # with room for all of them
        for calls in range(1, (_ROUNDS if depend else 1) + 1):
            field.kinks.hold.asked[: len(pairs)] = shares
            field.kernels.rate_on_branches(followed, s.y, s.k[6], s.meters)
            leader, weight = field.together(len(pairs))
            sides, wanted = _sides(field, pairs, arrives, shares, leader, weight)
            if np.abs(wanted - shares).max() < _OUT:
                break
            if depend:
                shares = wanted
    if not depend:
        _take_shares(field, s, wanted - shares)
    field.put_on(pairs, sides)
    slide = np.flatnonzero(sides == layout.SLIDING)
    field.hold(pairs[slide], (np.searchsorted(slide, leader[slide]), weight[slide]))
    return not depend, calls


def _take_shares(field, s, more):
    """f where every pair was held on its kink, into what it is with shares that are given."""
    hold, k = field.kinks.hold, len(more)
    x = hold.jump[:k] * more - hold.solved[:k]
    s.k[6][: field.size] -= (x @ hold.raised[:k]).astype(s.y.dtype)
    s.meters[1] = -float((field.dL + x @ hold.normal[:k]) @ s.k[6][: field.size])


def _at_kinks(kinks, arrives):
    """Pairs that slide, that arrives, and those that are as near to their kinks."""
    side, z = kinks.side, kinks.z[4]
    near = np.flatnonzero((side < layout.SLIDING) & (np.abs(z) <= _NEAR * kinks.slack[0]))
    near = near[np.argsort(np.abs(z[near]), kind="stable")][:_MOST]
    here = np.append(near, np.flatnonzero(side == layout.SLIDING))
    return np.unique(np.append(here, arrives) if arrives >= 0 else here)


def _sides(field, pairs, arrives, asked, leader, weight):
    """Side and share of each of the pairs at their kinks, from f with the shares asked."""
    kinks, k = field.kinks, len(pairs)
    K, jump = kinks.hold.gram[:k, :k], kinks.hold.jump[:k]
    drift = kinks.hold.drift[:k] + K @ (jump * (asked - 1))  # ż with all of them above
    first = np.flatnonzero(leader == np.arange(k))
    own = np.searchsorted(first, leader)  # of each pair, that which it is one with
    across = np.bincount(own, np.abs(weight) * jump)
    down = np.bincount(own, np.where(weight < 0, np.abs(weight) * jump, 0.0))  # these are below then
    K, drift, side = K[np.ix_(first, first)], drift[first], kinks.side[pairs][first]
    drift = drift - K @ down
    moves = np.diag(K) > _STILL * np.diag(K).max()
    free, slid = moves & (across > 0), side == layout.SLIDING
    turned = slid | np.isin(np.arange(len(first)), own[pairs == arrives])
    other = np.where(side == layout.LOWER, layout.UPPER, layout.LOWER)
    other = np.where(slid, np.where(drift > 0, layout.UPPER, layout.LOWER), other)
    side = np.where(~free & moves & turned, other, side)
    share = np.where(side == layout.LOWER, 0.0, 1.0)
    if free.any():
        rest = drift - K[:, ~free] @ (across * (share - 1))[~free]
        lowest = -across[free]
        x = _held(K[np.ix_(free, free)], rest[free], lowest)
        share[free] = 1 - x / lowest
        share[free] = np.where(x >= 0, 1.0, np.where(x <= lowest, 0.0, share[free]))
        between = (x < 0) & (x > lowest)
        side[free] = np.where(
            between, layout.SLIDING, np.where(x >= 0, layout.UPPER, layout.LOWER)
        )
    side, share = side[own], share[own]
    turned_over = np.where(side == layout.SLIDING, side, layout.UPPER - side)
    return np.where(weight < 0, turned_over, side), np.where(weight < 0, 1 - share, share)


def _held(K, drift, lowest):
    """x (k,) in [lowest, 0] of the least ½xᵀKx − ⟨drift, x⟩."""
    if len(drift) == 1:
        return np.clip(drift / K[0], lowest, 0.0)
    from scipy.optimize import lsq_linear  # takes a tenth of a second

    values, vectors = np.linalg.eigh(K)
    values = np.maximum(values, 1e-14 * values[-1])
    root = np.sqrt(values)
    found = lsq_linear(
        (root * vectors).T, vectors.T @ drift / root, (lowest, np.zeros_like(lowest)), "bvls",
        tol=1e-14,
    )
    on = found.active_mask
    return np.where(on < 0, lowest, np.where(on > 0, 0.0, found.x))
