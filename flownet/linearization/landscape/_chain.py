"""A chain of pivots, X (n, F): its lengths, its tangents, and how pivots are spread along it."""

from itertools import pairwise

import numpy as np

GAP = 10  # pieces of each gap, so 9 points between two pivots, where the dense chain is looked at


def gaps(X):
    """Lengths (n−1,) of the pieces."""
    return np.linalg.norm(np.diff(X, axis=0), axis=1)


def arc(X):
    """Length (n,) from the first pivot to each."""
    return np.concatenate([[0.0], np.cumsum(gaps(X))])


def at_arc(X, s):
    """Points at lengths s along the chain."""
    own = arc(X)
    return np.stack([np.interp(s, own, column) for column in X.T], axis=1)


def spread(X, shares, held=()):
    """The chain with its pivots at these shares (n,) of its length, ascending from 0 to 1.

    Pivots that are held stay, and those between two of them keep their shares of what lies between.
    """
    own, ends = arc(X), [0, *held, len(X) - 1]
    s = own.copy()
    for first, last in pairwise(ends):
        part = shares[first : last + 1]
        within = (part - part[0]) / (part[-1] - part[0])
        s[first : last + 1] = own[first] + within * (own[last] - own[first])
    moved = at_arc(X, s)
    moved[ends] = X[ends]
    return moved


def tangents(X, losses):
    """Unit tangents (n−2, F) of the inner pivots, towards the higher neighbour.

    At a highest or lowest pivot of the chain both neighbours count, the higher one by the larger
    |ΔL| of the two (Henkelman & Jónsson, J. Chem. Phys. 113 (2000) 9978).
    """
    steps, rise = np.diff(X, axis=0), np.diff(losses)
    ahead, behind = rise[1:], rise[:-1]
    large, small = np.maximum(abs(ahead), abs(behind)), np.minimum(abs(ahead), abs(behind))
    up = (ahead > 0) & (behind > 0)
    down = (ahead < 0) & (behind < 0)
    higher_ahead = ahead + behind > 0
    forward = np.where(up, 1.0, np.where(down, 0.0, np.where(higher_ahead, large, small)))
    backward = np.where(up, 0.0, np.where(down, 1.0, np.where(higher_ahead, small, large)))
    level = forward + backward == 0
    forward, backward = np.where(level, 1.0, forward), np.where(level, 1.0, backward)
    t = forward[:, None] * steps[1:] + backward[:, None] * steps[:-1]
    size = np.linalg.norm(t, axis=1, keepdims=True)
    return np.divide(t, size, out=np.zeros_like(t), where=size > 0)


def dense(X):
    """The chain with 9 points more in each gap, ((n−1)·10 + 1, F)."""
    w = np.arange(GAP)[:, None] / GAP
    inner = [(1 - w) * a + w * b for a, b in pairwise(X)]
    return np.concatenate([*inner, X[-1:]])


def too_wide(losses, tolerance):
    """Gaps in which the dense losses exceed the chord by more than a share of the chain's range."""
    within = losses[:-1].reshape(-1, GAP)
    ends = losses[::GAP]
    w = np.arange(GAP) / GAP
    chord = (1 - w) * ends[:-1, None] + w * ends[1:, None]
    excess = (within - chord).max(axis=1)
    return np.flatnonzero(excess > tolerance * np.ptp(losses))


def inserted(X, shares, where):
    """The chain with a pivot more in the middle of these gaps, and its shares."""
    middles = (X[where] + X[where + 1]) / 2
    between = (shares[where] + shares[where + 1]) / 2
    return np.insert(X, where + 1, middles, axis=0), np.insert(shares, where + 1, between)


def hills(losses, least):
    """Indices of the inner maxima that stand out by more than `least` on both sides."""
    return _peaks(losses, least)


def hollows(losses, least):
    """Indices of the inner minima that lie deeper by more than `least` than both sides."""
    return _peaks(-losses, least)


def _peaks(values, least):
    from scipy.signal import find_peaks  # a tenth of a second

    return find_peaks(values, prominence=max(least, np.finfo(np.float64).tiny))[0]
