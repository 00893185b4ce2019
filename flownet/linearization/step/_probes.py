"""Random probes of a step, each drawn from a counted stream: the same seed, the same probes."""

import numpy as np

from ... import _random

_FIRST = 1 << 20  # streams below are the noise floors'


def signs(seed, draw, n):
    """n signs ±1, float64."""
    return 1.0 - 2.0 * (_words(seed, draw, n) >> np.uint64(63)).astype(np.float64)


def cube_roots(seed, draw, n):
    """n cube roots of unity as real and imaginary parts (n,), (n,)."""
    turn = (_words(seed, draw, n) % np.uint64(3)).astype(np.int64)
    half = 0.5 * np.sqrt(3.0)
    return np.array([1.0, -0.5, -0.5])[turn], np.array([0.0, half, -half])[turn]


def picks(seed, draws, weights):
    """`draws` indices, each i with probability weights_i / Σ weights."""
    edges = np.cumsum(weights)
    found = np.searchsorted(edges, _random.uniform(seed, _stream(0), draws) * edges[-1], "right")
    return np.minimum(found, len(weights) - 1)


def mean_and_error(values):
    """Mean and its standard error over the first axis."""
    values = np.asarray(values)
    return values.mean(axis=0), values.std(axis=0, ddof=1) / np.sqrt(len(values))


def _words(seed, draw, n):
    return _random.words(seed, _stream(draw), n)


def _stream(draw):
    return _random.stream_key("probes", _FIRST + draw)
