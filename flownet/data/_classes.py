"""Classes: how many there are, what they are called, and labels in words as their numbers."""

from typing import NamedTuple

import numpy as np

from .._errors import FlownetError, shown
from ._check import whole


class Classes(NamedTuple):
    """What is known of the classes: their number, and their names in the order of the outputs."""

    number: int | None = None
    names: tuple[str, ...] | None = None


def classes_of(given):
    """Classes as a user gives them: nothing, their number, or a sequence of their names."""
    if given is None:
        return Classes()
    if isinstance(given, (str, bytes)) or not np.iterable(given):
        return Classes(whole("classes", given, 1))
    names = tuple(map(_text, given))
    wrong = next((name for name in names if not isinstance(name, str)), None)
    if wrong is not None or not names:
        raise FlownetError(f"classes is {shown(given)}; it has to be a number or a list of names.")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise FlownetError(f"classes names {twice!r} twice.")
    return Classes(len(names), names)


def is_text(label):
    """Whether labels are words; a mixture of words and other things is refused."""
    if label.dtype.kind in "UST":
        return True
    if label.dtype.kind != "O":
        return False
    words = [isinstance(value, (str, bytes)) for value in label.flat]
    if any(words) and not all(words):
        row = words.index(False)
        raise FlownetError(
            f"labels mix words and other things: {shown(label.flat[row])} at row {row}; "
            "drop or name what is missing."
        )
    return bool(words) and all(words)


def coded(label, classes):
    """Numbers (m,) of labels in words, and the classes: their names sorted, unless they are known.

    Words may stand in one column (m, 1) too.
    """
    label = label[:, 0] if label.ndim == 2 and label.shape[1] == 1 else label
    if label.ndim != 1:
        raise FlownetError(f"labels in words have the shape (m,), not {label.shape}.")
    words = [_text(word) for word in label.tolist()]
    if classes.names is None:
        found = sorted(set(words))
        if classes.number not in (None, len(found)):
            raise FlownetError(
                f"classes={classes.number}, but the labels are {len(found)} words: give classes "
                "the list of their names."
            )
        classes = Classes(len(found), tuple(found))
    place = {name: number for number, name in enumerate(classes.names)}
    strange = next((row for row, word in enumerate(words) if word not in place), None)
    if strange is not None:
        raise FlownetError(
            f"label {words[strange]!r} at row {strange} is not a class; classes are "
            f"{', '.join(map(repr, classes.names))}."
        )
    return np.array([place[word] for word in words], np.int64), classes


def weights_of(label, names, given):
    """Weight (m,) of each sample, by its class: "balanced", one for each class, or by name."""
    count = len(names)
    if isinstance(given, str):
        if given != "balanced":
            raise FlownetError(f"weights are 'balanced' or numbers, not {shown(given)}.")
        samples = np.bincount(label, minlength=count)
        return (len(label) / (np.count_nonzero(samples) * samples[label])).astype(np.float64)
    if isinstance(given, dict):
        strange = [name for name in given if name not in names.tolist()]
        if strange:
            raise FlownetError(
                f"weights: {strange[0]!r} is not a class; classes are {names.tolist()}."
            )
        by_class = [given.get(name, 1.0) for name in names.tolist()]
    else:
        by_class = given
    try:
        by_class = np.array(by_class, np.float64)
    except (TypeError, ValueError, OverflowError):
        by_class = np.zeros(0)
    if by_class.shape != (count,) or not (np.isfinite(by_class).all() and (by_class >= 0).all()):
        raise FlownetError(
            f"weights are {shown(given)}; they have to be {count} numbers from 0 up, one for each "
            "class."
        )
    return by_class[label]


def _text(word):
    """A word of Python's own; the bytes that HDF5 keeps are read as UTF-8."""
    if not isinstance(word, bytes):
        return str(word) if isinstance(word, str) else word
    try:
        return word.decode()
    except UnicodeDecodeError:
        raise FlownetError(f"the label {shown(word)} is no text in UTF-8.") from None
