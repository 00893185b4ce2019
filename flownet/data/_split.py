"""Parts of a data set: samples shuffled by a counter-based generator, cut at given sizes."""

import numbers

import numpy as np

from .._errors import FlownetError, shown
from .._random import stream_key, words
from ._check import whole

_ORDER = stream_key("data", 128)


def parts(m, sizes, labels=None, seed=0):
    """Rows of each part, in an order that a seed gives on every machine; stratified by labels."""
    order = np.argsort(words(seed, _ORDER, m), kind="stable")
    if labels is None:
        return np.split(order, np.cumsum(sizes))[: len(sizes)]
    return _stratified(order, labels, sizes)


def is_stratified(given):
    """Whether every part is to have its share of each class."""
    if not isinstance(given, (bool, np.bool_)):
        raise FlownetError(f"stratified is {shown(given)}; it has to be True or False.")
    return bool(given)


def held_out(given):
    """A share of the samples, none of them a whole number of samples."""
    if not isinstance(given, numbers.Real) or isinstance(given, bool) or not 0 < given < 1:
        raise FlownetError(f"held_out is {shown(given)}; it has to be a share between 0 and 1.")
    return float(given)


def sizes_of(fractions, test_size, m):
    """Number of samples of each part."""
    if fractions is not None and test_size is not None:
        raise FlownetError("split takes fractions or test_size, not both.")
    if fractions is None:
        given = [0.25 if test_size is None else test_size]
        (test,) = _counted("test_size", given, m)
        sizes = [m - test, test]
    else:
        if isinstance(fractions, (str, numbers.Number)) or not np.iterable(fractions):
            raise FlownetError(
                f"fractions is {shown(fractions)}; it has to be a list such as [0.8, 0.2], "
                "and test_size a number."
            )
        sizes = _counted("fractions", list(fractions), m)
    if sum(sizes) > m or min(sizes, default=0) < 1:
        raise FlownetError(
            f"split of {m} samples into parts of {', '.join(map(str, sizes)) or 'nothing'}: each "
            "wants one sample at least, and all of them no more than there are."
        )
    return sizes


def _counted(name, given, m):
    """Sizes of parts that are given as shares of the whole, or as whole numbers of samples."""
    if all(isinstance(n, numbers.Integral) and not isinstance(n, bool) for n in given):
        return [whole(name, n, 0) for n in given]
    right = all(isinstance(n, numbers.Real) and 0 < n < 1 for n in given)
    if not right or sum(given) > 1 + 1e-9:
        raise FlownetError(
            f"{name} is {shown(given if len(given) > 1 else given[0])}; it has to be shares "
            "between 0 and 1, together 1 at most, or whole numbers of samples."
        )
    ends = np.rint(np.cumsum(given) * m).astype(int)
    return np.diff(ends, prepend=0).tolist()


def _stratified(order, labels, sizes):
    """Parts of an order, each with its share of every class, to within one sample."""
    left = [order[labels[order] == label] for label in np.unique(labels)]
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    found = []
    for size in sizes:
        counts = _apportioned([len(rows) for rows in left], size)
        rows = np.concatenate([rows[:n] for rows, n in zip(left, counts)])
        left = [rows[n:] for rows, n in zip(left, counts)]
        found.append(rows[np.argsort(place[rows])])
    return found


def _apportioned(available, size):
    """So many samples of all, by classes: whole shares first, then the largest remainders."""
    total = sum(available)
    counts = [n * size // total for n in available]
    remainders = [n * size % total for n in available]
    largest = sorted(range(len(available)), key=lambda c: -remainders[c])
    for c in largest[: size - sum(counts)]:
        counts[c] += 1
    return counts
