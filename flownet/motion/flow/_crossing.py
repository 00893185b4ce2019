"""Whether a flow that meets a kink crosses it there or slides along it.

At the kink z = 0 of a unit at a sample, dL jumps by a multiple of n = ∂z/∂W, ∂L/∂a times the jump
of the slope. With z of all pairs that are at their kinks at once, ż = ż₀ − K·x, K the Gram matrix
of their normals in the metric and x_i = ∂L/∂a_i times the slope that pair i has beyond that above.
The flow goes on with slopes between those of the two sides such that each pair is on a side which
ż does not lead off, or stays (ż_i = 0): the mean of the sides that Filippov's flow follows, the
shortest of all −g^♯dL there. A pair with ∂L/∂a_i ≤ 0 is never held by its kink, and crosses it.
"""

from collections import namedtuple

import numpy as np

from ...kernels import layout
from ...kernels.layout import CALLS, FRESH, T_BEFORE, T

_NEAR = 2.0  # of the slack: pairs so near to their kinks are at them
_MOST = 64  # of them at most, beside those that slide and the one that arrives
_ROUNDS = 20  # at most, where the slopes of pairs depend on each other
_OUT = 1e-9  # of a share beyond 0 and 1, or as near to them
_TIE = 1e-9  # of what ż could be: one that nothing moves
_STILL = 1e-14  # of the longest normal, squared: a pair whose z nothing moves

#: kinks crossed, slides that began, evaluations of f and what stands for one in forward passes
Decision = namedtuple("Decision", "crossed slid evaluations")


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
    leaving = _nearest_to_their_end(kinks.hold) if meeting.pair < 0 else None
    return settle(field, s, meeting.pair, meeting.looks, meeting.seen, leaving)


def _nearest_to_their_end(hold):
    """Of the pairs that slide those that come to a side first, and which side."""
    k = hold.count[0]
    share = hold.share[:k]
    room = np.minimum(share, 1 - share)
    at = np.flatnonzero(room == room.min())
    above = (share[at] > 0.5) == (hold.weight[at] >= 0)
    return hold.pairs[at].copy(), np.where(above, layout.UPPER, layout.LOWER)


def settle(field, s, arrives=-1, looks=0, seen=False, leaving=None):
    """Decide at y on which side pairs at their kinks go on, and take f there; `Decision`."""
    if not seen:
        looks += 1
        with field.followed() as followed:
            W = s.y[: field.size]
            field.kernels.see_pre_activations(followed, W, field.kinks.z[4])
    known, calls, crossed, slid = False, 0, 0, 0
    if field.slides:
        before = field.kinks.side.copy()
        known, calls, crossed, slid = _choose_sides(field, s, arrives)
        if leaving is not None and (field.kinks.side == before).all():
            _let_go(field, *leaving)  # where the search came to no end
            known = False
    elif arrives >= 0:
        lower, crossed = field.kinks.side[arrives] == layout.LOWER, 1
        field.put_on([arrives], [layout.UPPER if lower else layout.LOWER])
    with field.followed() as followed:
        if not known:
            field.kernels.rate_on_branches(followed, s.y, s.k[6], s.meters)
            calls += 1
        W, z = s.y[: field.size], field.kinks.z[0]
        field.kernels.see_pre_activations(followed, W, z)
    s.numbers[FRESH] = 1
    evaluations = calls - (-(looks + 1) // 3)
    s.numbers[CALLS] += evaluations
    return Decision(crossed, slid, evaluations)


def _choose_sides(field, s, arrives):
    """Put the pairs at their kinks on sides.

    Whether f is known with that, evaluations of f, and kinks that are crossed and slid along anew.
    """
    pairs = _at_kinks(field.kinks, arrives)
    field.hold(pairs)
    if not len(pairs):
        return False, 0, 0, 0
    shares, depend, calls = np.ones(len(pairs)), field.depend(pairs), 0
    with field.followed() as followed:  # with room for all of them
        for _ in range(_ROUNDS if depend else 1):
            calls += 1
            field.kinks.hold.asked[: len(pairs)] = shares
            field.kernels.rate_on_branches(followed, s.y, s.k[6], s.meters)
            leader, weight = field.together(len(pairs))
            speed = float(np.sqrt(max(s.meters[1], 0.0)))
            below = _below(field, pairs, arrives) if depend else None
            sides, wanted = _sides(field, pairs, arrives, shares, leader, weight, speed, below)
            if np.abs(wanted - shares).max() < _OUT:
                break
            if depend:
                shares = wanted
    if not depend:
        _take_shares(field, s, wanted - shares)
    before, slide = field.kinks.side[pairs], np.flatnonzero(sides == layout.SLIDING)
    field.put_on(pairs, sides)
    together = np.searchsorted(slide, leader[slide]), weight[slide]
    field.hold(pairs[slide], together, wanted[leader][slide])
    new, first = sides != before, leader == np.arange(len(pairs))
    slid = int((new & first & (sides == layout.SLIDING)).sum())
    crossed = (
        int((new & first).sum()) - slid - int((new & first & (before == layout.SLIDING)).sum())
    )
    return not depend, calls, crossed, slid


def _let_go(field, pairs, sides):
    """Put pairs that slide on sides; the others slide on."""
    hold = field.kinks.hold
    k = hold.count[0]
    stay = np.flatnonzero(~np.isin(hold.pairs[:k], pairs))
    together = np.searchsorted(stay, hold.leader[stay]), hold.weight[stay].copy()
    field.put_on(pairs, sides)
    field.hold(hold.pairs[stay].copy(), together, hold.asked[stay].copy())


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


def _below(field, pairs, arrives):
    """Which of the pairs are of the sample of the one that arrives, in a layer below it."""
    if arrives < 0:
        return np.zeros(len(pairs), bool)
    at, (here,) = field.places(pairs), field.places([arrives])
    return (at[:, 0] == here[0]) & (at[:, 1] < here[1])


def _sides(field, pairs, arrives, asked, leader, weight, speed, below):
    """Side and share of each of the pairs at their kinks, from f with the shares asked.

    A pair that nothing holds and that arrives crosses. Where slopes depend on each other (`below`
    is known) those below it that come to their kinks together with it go first; and if nothing
    moves it then, as where all units below it come to 0 with it, it stays: as dL has it,
    relu′(0) = 0. One that slid and is held no more goes up where ż leads it, else down.
    """
    kinks, k = field.kinks, len(pairs)
    K, jump = kinks.hold.gram[:k, :k], kinks.hold.jump[:k]
    drift = kinks.hold.drift[:k] + K @ (jump * (asked - 1))  # ż with all of them above
    first = np.flatnonzero(leader == np.arange(k))
    own = np.searchsorted(first, leader)  # of each pair, that which it is one with
    across = np.bincount(own, np.abs(weight) * jump)
    down = np.bincount(
        own, np.where(weight < 0, np.abs(weight) * jump, 0.0)
    )  # these are below then
    K, drift, side = K[np.ix_(first, first)], drift[first], kinks.side[pairs][first]
    drift = drift - K @ down
    moves = np.diag(K) > _STILL * np.diag(K).max()
    free, slid = moves & (across > 0), side == layout.SLIDING
    arrived = np.isin(np.arange(len(first)), own[pairs == arrives])
    least = _TIE * (np.sqrt(np.diag(K)) * speed + np.abs(K) @ np.abs(across))
    off = np.where(drift > least, layout.UPPER, layout.LOWER)
    side = np.where(~free & moves & slid, off, side)
    turns, last = np.zeros(len(first), bool), ~free & moves & arrived & ~slid
    if below is None:
        side, last = _turned(side, last), np.zeros_like(last)
    elif arrived.any():
        share = np.where(side == layout.LOWER, 0.0, 1.0)
        share = _shares(K, drift, across, free & slid, share)
        led = np.abs(drift - K @ (across * (share - 1)))
        soon = np.abs(kinks.z[4][pairs][first]) * led[arrived] <= kinks.slack[0] * led
        turns = ~free & moves & ~slid & soon & below[first]
    while True:  # each turns once at most
        share = _shares(K, drift, across, free, np.where(side == layout.LOWER, 0.0, 1.0))
        led = drift - K @ (across * (share - 1))
        off = turns & (led * (0.5 - share) > 0.5 * least)
        if not off.any():
            off = last & (np.abs(led) > least)
        if not off.any():
            break
        side, turns, last = _turned(side, off), turns & ~off, last & ~off
    between = np.where(share == 1.0, layout.UPPER, layout.SLIDING)
    side = np.where(free, np.where(share == 0.0, layout.LOWER, between), side)[own]
    share = share[own]
    turned_over = np.where(side == layout.SLIDING, side, layout.UPPER - side)
    return np.where(weight < 0, turned_over, side), np.where(weight < 0, 1 - share, share)


def _turned(side, which):
    """Sides of which some are the other one."""
    return np.where(which, layout.UPPER - side, side)


def _shares(K, drift, across, free, share):
    """Shares of kinks, those that hold (`free`) as the shortest force has them."""
    if not free.any():
        return share
    rest = drift - K[:, ~free] @ (across * (share - 1))[~free]
    lowest = -across[free]
    x = _held(K[np.ix_(free, free)], rest[free], lowest)
    found = 1 - x / lowest
    share[free] = np.where(found >= 1 - _OUT, 1.0, np.where(found <= _OUT, 0.0, found))
    return share


def _held(K, drift, lowest):
    """x (k,) in [lowest, 0] of the least ½xᵀKx − ⟨drift, x⟩."""
    if len(drift) == 1:
        return np.clip(drift / K[0], lowest, 0.0)
    from scipy.optimize import lsq_linear  # takes a tenth of a second

    values, vectors = np.linalg.eigh(K)
    values = np.maximum(values, 1e-14 * values[-1])
    root = np.sqrt(values)
    found = lsq_linear(
        (root * vectors).T,
        vectors.T @ drift / root,
        (lowest, np.zeros_like(lowest)),
        "bvls",
        tol=1e-14,
    )
    on = found.active_mask
    return np.where(on < 0, lowest, np.where(on > 0, 0.0, found.x))
