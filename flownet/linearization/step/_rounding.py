"""Noise floors of rounding: how far a number moves when its parts move by their last place."""

import math

import numpy as np

from ... import _random

DRAWS = 3  # wiggles that measure a floor
_EPS = np.finfo(float).eps
_SAFETY = 3.0  # from their root mean square to a level that errors seldom pass


def floors(taken, terms, actual):
    """Floors of the Taylor terms (K+1,) and of what was delivered, as a table by name."""
    potential, W, delta = taken.potential, taken.W, taken.delta
    end, changes = W + delta, []
    for draw in range(DRAWS):
        start = wiggled(W, 3 * draw)
        jet = potential.jet(start, wiggled(delta, 3 * draw + 1), len(terms) - 1)
        begun = potential.difference(W, start - W)
        ended = potential.difference(end, wiggled(end, 3 * draw + 2) - end)
        changes.append([*(jet - terms)[1:], ended - begun])
    *terms, actual = spread(changes, [*terms[1:], actual])
    unsure = potential.jet_error(W, delta, len(terms))[1:]
    terms, actual = (np.array(terms) + unsure).tolist(), float(actual)
    names = ("linear", "second", "third", *(f"order {k}" for k in range(4, len(terms) + 1)))
    table = dict(zip(names, terms), actual=actual)
    return {**table, "remainder": math.hypot(actual, *terms[:3])}


def spread(changes, values):
    """Floors (n,) of n values from their changes (draws, n) under wiggles."""
    size = [math.hypot(*column) for column in np.transpose(changes)]  # squares may overflow
    return _SAFETY / math.sqrt(len(changes)) * np.array(size) + _EPS * np.abs(values)


def wiggled(vector, counter):
    """Every component one unit in the last place up or down, by a fixed random word."""
    words = _random.words(0, _random.stream_key("probes", counter), len(vector))
    toward = np.where(words >> np.uint64(63), np.inf, -np.inf)
    return np.nextafter(vector, toward)
