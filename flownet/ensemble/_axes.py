"""The axes of a sweep: words of an experiment, and the values that its members give them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .._errors import FlownetError, shown
from .._registry import unknown
from ._box import Box

if TYPE_CHECKING:
    from collections.abc import Sequence

#: tables of an experiment that an axis may name, and what a member begins with
TABLES = ("data", "network", "loss", "metric", "chart", "mechanics", "run", "add", "W0")
_RUN = ("seed", "batch_size", "steps", "epochs")


class Axis:
    """One dimension of a sweep: the words that its values set, one or several together.

    Attributes
    ----------
    name : str
        Of the dimension.
    keys : tuple of str
        Words of an experiment file, such as "mechanics.step" or "metric.stiffness.0".
    values : list of tuple
        One value for each key.
    """

    def __init__(self, name: str, keys: Sequence[str], values: Iterable[Sequence[Any]]) -> None:
        self.name, self.keys = name, tuple(keys)
        self.values = [tuple(map(plain, value)) for value in values]
        if not self.values:
            raise FlownetError(f"the axis {name!r} has no values.")

    def __len__(self) -> int:
        return len(self.values)

    def coordinates(self) -> dict[str, np.ndarray]:
        """Values (n,) of each key: numbers, or text where they are none."""
        return {key: _column([v[i] for v in self.values]) for i, key in enumerate(self.keys)}

    def table(self) -> dict[str, Any]:
        """What makes this axis again."""
        values = [list(value) for value in self.values]
        return {"name": self.name, "keys": list(self.keys), "values": values}


def axes_of(given: Mapping[Any, Any]) -> list[Axis]:
    """Axes of what a user hands in: {key, or keys, or a name: values, or a `Box`}."""
    if not isinstance(given, Mapping) or not given:
        raise FlownetError(
            f"axes is {shown(given)}; it has to be a table of values by name, such as "
            '{"mechanics.step": [0.1, 0.2]}.'
        )
    axes = [_axis(key, values) for key, values in given.items()]
    seen: set[str] = set()
    for key in (key for axis in axes for key in axis.keys):
        path_of(key)
        if key in seen:
            raise FlownetError(f"two axes set {key!r}; one of them says what it is.")
        seen.add(key)
    return axes


def path_of(key: str) -> tuple[str | int, ...]:
    """The words of a key; whole numbers are places in a list."""
    path = tuple(int(word) if word.isdecimal() else word for word in key.split("."))
    if path[0] not in TABLES:
        raise FlownetError(unknown("table of the axis " + repr(key) + ",", path[0], TABLES))
    if path[0] == "run" and path[1:] not in [(word,) for word in _RUN]:
        raise FlownetError(
            f"the axis {key!r}: of [run] a sweep may change {', '.join(_RUN)} alone."
        )
    return path


def set_at(tables: Any, path: Sequence[str | int], value: Any, key: str) -> Any:
    """Tables with a value at a path, those given left as they are."""
    if not path:
        return value
    word, *rest = path
    if isinstance(word, int):
        if not isinstance(tables, (list, tuple)):
            raise FlownetError(
                f"the axis {key!r} sets one of a list, and the experiment says "
                f"{'nothing' if tables is None else repr(tables)} there: give it the whole list."
            )
        if word >= len(tables):
            raise FlownetError(
                f"the axis {key!r} sets place {word}; the experiment's list has {len(tables)}, "
                "counted from 0."
            )
        return [set_at(t, rest, value, key) if i == word else t for i, t in enumerate(tables)]
    if tables is not None and not isinstance(tables, Mapping):
        raise FlownetError(f"the axis {key!r} names {word!r} within {tables!r}, which is no table.")
    tables = dict(tables or {})
    return {**tables, word: set_at(tables.get(word), rest, value, key)}


def plain(value: Any) -> Any:
    """A value as files say it: NumPy's numbers as Python's, W0's arrays as they are."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (list, tuple, range)):
        return [plain(part) for part in value]
    return value


def _axis(key, values):
    if isinstance(values, Box):
        return Axis(str(key), values.keys, values.points())
    keys = [k.strip() for k in key.split(",")] if isinstance(key, str) else list(key)
    if not all(isinstance(k, str) and k for k in keys):
        raise FlownetError(
            f"an axis is named {key!r}; words of an experiment file are wanted, such as "
            "'mechanics.step', or several that change together, 'network.sizes, mechanics.step'."
        )
    if isinstance(values, (str, Mapping)) or not isinstance(values, Iterable):
        raise FlownetError(f"the axis {key!r} is {shown(values)}; a list of values is wanted.")
    values = list(values)
    if len(keys) == 1:
        return Axis(keys[0], keys, [(value,) for value in values])
    for value in values:
        if not isinstance(value, (list, tuple)) or len(value) != len(keys):
            raise FlownetError(
                f"the axis {key!r} sets {len(keys)} words together, and {shown(value)} is not so "
                "many values."
            )
    return Axis(", ".join(keys), keys, values)


def _column(values):
    """Coordinates of a key: whole numbers, numbers, or their text."""
    if all(isinstance(v, bool) for v in values):
        return np.array([str(v).lower() for v in values], object)
    if all(isinstance(v, int) and not isinstance(v, bool) for v in values):
        return np.array(values, np.int64)
    if all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values):
        return np.array(values, np.float64)
    return np.array([_text(v, i) for i, v in enumerate(values)], object)


def _text(value, i):
    if isinstance(value, np.ndarray):
        return f"array {i}"
    return value if isinstance(value, str) else json.dumps(value)
