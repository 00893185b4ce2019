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

_LOOKS = 4  # at the pre-activations about a crossing, beyond those of the step
_FINE = 0.01  # of the slack: a crossing that is known so well
_ENDS = 8  # evaluations of f in search of the end of a slide, at most
_LATE = 1e-4  # of a slope: an end of a slide that is known so well
_OUT = 1e-9  # of a slope beyond those of its sides
_NEAR = 2.0  # of the slack: pairs so near to their kinks are at them
_MOST = 64  # of them at most, beside those that slide and the one that arrives
_ROUNDS = 4  # where the slopes of pairs depend on each other
_STILL = 1e-14  # of the longest normal, squared: a pair whose z nothing moves

#: time of a crossing, the pair that arrives or −1, evaluations of f that it took to find
Meeting = namedtuple("Meeting", "time pair evaluations")

#: pairs that crossed, slides that began, evaluations of f
Decision = namedtuple("Decision", "crossed slid evaluations")


def meet(field, s):
    """`Meeting` of the first kink, or end of a slide, within the last step."""
    before, h = s.numbers[T_BEFORE], s.numbers[TAKEN]
    found = _Within(field, s)
    with field.followed() as found.followed:
        share, pair = found.crossing()
        end = found.end_of_slide(share)
    if end < share:
        share, pair = end, -1
    return Meeting(float(before + share * h), pair, found.evaluations)


class _Within:
    """Points within the last step, and what is seen there."""

    def __init__(self, field, s):
        self._field, self._s = field, s
        self._looks, self._calls = 0, 0

    @property
    def evaluations(self):
        """Evaluations of f; three forward passes are one."""
        return self._calls + -(-self._looks // 3)

    def _at(self, share):
        n, y = self._s.numbers, self._field.kinks.point
        if share >= 1:
            y[:] = self._s.y
        else:
            self._field.kernels.dense(self._s, n[T_BEFORE] + share * n[TAKEN], y)
        return y

    def crossing(self):
        """Share of the step at which the first pair crosses, and which; 1 and −1 if none does."""
        field, kinks = self._field, self._field.kinks
        share, pair = float(kinks.found[0]), int(kinks.which[0])
        if pair < 0:
            return 1.0, -1
        sign = 1.0 if kinks.side[pair] == layout.UPPER else -1.0
        begins, slope = sign * float(kinks.z[0, pair]), float(kinks.found[1])
        level = 0.0 if begins > 0 else begins - kinks.slack[0]
        for _ in range(_LOOKS):
            W = self._at(share)[: field.size]
            field.kernels.see_pre_activations(self.followed, W, kinks.z[4])
            self._looks += 1
            off = sign * float(kinks.z[4, pair]) - level
            if abs(off) <= _FINE * kinks.slack[0] or not slope < 0:
                break
            share = float(np.clip(share - off / slope, 0.0, 1.0))
        return share, pair

    def end_of_slide(self, share):
        """Share at which a slope leaves the range of its two sides; `share` if none does."""
        if self._field.kinks.hold.count[0] == 0:
            return share
        low, high, at_high = 0.0, share, self._inside(share)
        if at_high >= -_OUT:
            return share
        at_low, twice = -at_high, 0
        while at_high < -_LATE and self._calls < _ENDS and high - low > 1e-12:
            middle = low + (high - low) * np.clip(at_low / (at_low - at_high), 0.05, 0.95)
            here = self._inside(middle)
            if here < -_OUT:
                high, at_high, twice = middle, here, twice + 1
                at_low *= 0.5 if twice > 1 else 1.0
            else:
                low, at_low, twice = middle, max(here, _OUT), 0
        return high

    def _inside(self, share):
        """How far all slopes are within those of the two sides; negative if one is not."""
        field, y = self._field, self._at(share)
        hold = field.kinks.hold
        field.kernels.rate_on_branches(self.followed, y, np.empty_like(y), np.empty(2))
        self._calls += 1
        slope, below = hold.slope[: hold.count[0]], field.kinks.below[hold.at[: hold.count[0], 1]]
        return float(np.minimum(slope - below, 1 - slope).min())


def go_on(field, s, meeting):
    """Decide at a meeting how the flow goes on, and set the solution there; `Decision`."""
    n, kinks = s.numbers, field.kinks
    if meeting.time < n[T]:
        field.kernels.dense(s, meeting.time, kinks.point)
        s.y[:] = kinks.point
    n[T] = n[T_BEFORE] = meeting.time
    return settle(field, s, meeting.pair)


def settle(field, s, arrives=-1):
    """Decide at y on which side pairs at their kinks go on, and take f there; `Decision`."""
    with field.followed() as followed:
        before, evaluations = field.kinks.side.copy(), 1
        if field.slides:
            evaluations += _choose_sides(field, followed, s.y, arrives)
        elif arrives >= 0:
            side = before[arrives]
            field.put_on([arrives], [layout.UPPER if side == layout.LOWER else layout.LOWER])
    field.hold(np.flatnonzero(field.kinks.side == layout.SLIDING))
    with field.followed() as followed:
        kinks, kernels = field.kinks, field.kernels
        kernels.rate_on_branches(followed, s.y, s.k[6], s.meters)
        kernels.see_pre_activations(followed, s.y[: field.size], kinks.z[0])
    s.numbers[FRESH] = 1
    s.numbers[CALLS] += evaluations + 1  # passes to see by
    after = kinks.side
    slid = (after == layout.SLIDING) & (before != layout.SLIDING)
    crossed = (after != before) & (after < layout.SLIDING) & (before < layout.SLIDING)
    return Decision(int(crossed.sum()), int(slid.sum()), evaluations + 1)


def _choose_sides(field, followed, y, arrives):
    """Put the pairs that are at their kinks on sides; evaluations of f that it took."""
    kinks, kernels = field.kinks, field.kernels
    kernels.see_pre_activations(followed, y[: field.size], kinks.z[4])
    pairs = _at_kinks(kinks, arrives)
    if not len(pairs):
        return 0
    field.hold(pairs, repeat=False)
    slopes = np.ones(len(pairs))
    for round_ in range(_ROUNDS if field.depend(pairs) else 1):
        with field.followed() as followed:  # with room for all of them
            hold = field.kinks.hold
            hold.asked[: len(pairs)] = slopes
            kernels.rate_on_branches(followed, y, np.empty_like(y), np.empty(2))
        sides, asked = _sides(field, pairs, arrives, slopes)
        if np.abs(asked - slopes).max() < _OUT:
            break
        slopes = asked
    field.put_on(pairs, sides)
    return round_ + 1


def _at_kinks(kinks, arrives):
    """Pairs that slide, that arrives, and those that are as near to their kinks."""
    side, z = kinks.side, kinks.z[4]
    near = np.flatnonzero((side < layout.SLIDING) & (np.abs(z) <= _NEAR * kinks.slack[0]))
    near = near[np.argsort(np.abs(z[near]), kind="stable")][:_MOST]
    here = np.append(near, np.flatnonzero(side == layout.SLIDING))
    return np.unique(np.append(here, arrives) if arrives >= 0 else here)


def _sides(field, pairs, arrives, asked):
    """Side and slope of each of the pairs at their kinks, from f with the slopes asked."""
    kinks, k = field.kinks, len(pairs)
    hold, side = kinks.hold, kinks.side[pairs]
    K, pull = hold.gram[:k, :k], hold.pull[:k]
    below = kinks.below[hold.at[:k, 1]]
    drift = hold.drift[:k] + K @ (pull * (asked - 1))  # ż with all of them above
    moves = np.diag(K) > _STILL * np.diag(K).max()
    free = moves & (pull > 0)
    turned = (pairs == arrives) | (side == layout.SLIDING)
    other = np.where(side == layout.LOWER, layout.UPPER, layout.LOWER)
    other = np.where(side == layout.SLIDING, np.where(drift > 0, 1, 0), other)
    side = np.where(~free & moves & turned, other, side)
    slope = np.where(side == layout.LOWER, below, 1.0)
    if free.any():
        rest = drift - K[:, ~free] @ (pull * (slope - 1))[~free]
        x = _held(K[np.ix_(free, free)], rest[free], (pull * (below - 1))[free])
        slope[free] = 1 + x / pull[free]
        at_top, at_bottom = x >= 0, x <= (pull * (below - 1))[free]
        side[free] = np.where(
            at_top, layout.UPPER, np.where(at_bottom, layout.LOWER, layout.SLIDING)
        )
    return side, slope


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
