"""The axes of a sweep: words of an experiment, and the values that its members give them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from inspect import signature
from typing import TYPE_CHECKING, Any

import numpy as np

from .._errors import FlownetError, shown
from .._registry import PROGRAM, unknown, words
from ..model.network import Network
from ..motion.mechanics import StepPolicy
from ._box import Box

if TYPE_CHECKING:
    from collections.abc import Sequence

#: tables of an experiment that an axis may name, and what a member begins with
TABLES = (
    *("data", "network", "system", "equilibrium", "loss", "metric", "chart", "mechanics", "run"),
    *("add", "W0"),
)
_RUN = ("seed", "batch_size", "steps", "epochs")
#: tables whose words are the arguments of a class; what other tables make, and words of their own
_FAMILIES = ("network", "system", "equilibrium", "loss", "metric", "chart", "mechanics")
_ELSEWHERE = ("network", "device", "chart", "metrics", "size")
_OWN = {"loss": ("kind", "scale"), **dict.fromkeys(("metric", "mechanics", "chart"), ("kind",))}
#: tables without a kind: what their words are the arguments of
_ONE = {"network": Network}
#: families of tables that are not called so, and the kind of one that says none
_FAMILY = {"equilibrium": "learning system"}
_USUAL = {"metric": "layer", "equilibrium": "equilibrium"}


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
        columns = [_column(list(of)) for of in zip(*self.values)]
        whole = [
            list(of) if column.dtype == object else column
            for of, column in zip(zip(*self.values), columns)
        ]
        return {"name": self.name, "keys": list(self.keys), "columns": whole}

    @classmethod
    def from_table(cls, table: dict[str, Any]) -> Axis:
        """The axis of a table."""
        columns = [c.tolist() if isinstance(c, np.ndarray) else c for c in table["columns"]]
        return cls(table["name"], table["keys"], list(zip(*columns)))


def axes_of(given: Mapping[Any, Any]) -> list[Axis]:
    """Axes of what a user hands in: {key, or keys, or a name: values, or a `Box`}."""
    if not isinstance(given, Mapping) or not given:
        raise FlownetError(
            f"axes is {shown(given)}; it has to be a table of values by name, such as "
            '{"mechanics.step": [0.1, 0.2]}.'
        )
    axes = [_axis(key, values) for key, values in given.items()]
    seen: set[str] = set()
    for axis in axes:
        for key, values in zip(axis.keys, zip(*axis.values)):
            if len(path_of(key)) > 1 and path_of(key)[0] == "W0":
                _refuse_words(key, values)
            if key in seen:
                raise FlownetError(f"two axes set {key!r}; one of them says what it is.")
            seen.add(key)
    return axes


@cache
def path_of(key: str) -> tuple[str | int, ...]:
    """The words of a key; whole numbers are places in a list."""
    path = tuple(int(word) if word.isdecimal() else word for word in key.split("."))
    if path[0] not in TABLES:
        raise FlownetError(unknown("table of the axis " + repr(key) + ",", path[0], TABLES))
    if path[0] == "W0" and not (len(path) == 1 or path[1:] == ("scale",) or _is_place(path[1:])):
        raise FlownetError(
            f"the axis {key!r}: of W0 a sweep changes one number, as 'W0.3', its 'W0.scale', or "
            "all of it, 'W0'."
        )
    if path[0] == "run" and path[1:] not in [(word,) for word in _RUN]:
        raise FlownetError(
            f"the axis {key!r}: of [run] a sweep may change {', '.join(_RUN)} alone."
        )
    return path


def _is_place(rest):
    return len(rest) == 1 and isinstance(rest[0], int)


def check_word(key: str, tables: Mapping[str, Any]) -> None:
    """Refuse a key whose word its table does not know."""
    table, *rest = path_of(key)
    if not rest or table not in _FAMILIES:
        return
    if table not in tables:
        raise FlownetError(f"the axis {key!r}: the experiment has no [{table}].")
    kind, family = tables[table].get("kind", _USUAL.get(table)), _FAMILY.get(table, table)
    takes = signature(_ONE[table]).parameters if table in _ONE else words(family, kind)
    allowed = [*(w for w in takes if w not in _ELSEWHERE), *_OWN.get(table, ())]
    if rest[0] not in allowed:
        raise FlownetError(unknown(f"word of [{table}]", rest[0], allowed))


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
    given = tables or {}
    return {**given, word: set_at(given.get(word), rest, value, key)}


def plain(value: Any) -> Any:
    """A value as files say it: NumPy's numbers as Python's, schedules in words, arrays as they are.

    Raises
    ------
    FlownetError
        For what no file can say.
    """
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, StepPolicy):
        value = value.plain
    if isinstance(value, (list, tuple, range)):
        return [plain(part) for part in value]
    if isinstance(value, Mapping):
        if value.get("kind") == PROGRAM:
            raise FlownetError(f"{value['text']} is a program, and no axis can say it.")
        return {name: plain(part) for name, part in value.items()}
    if not isinstance(value, (bool, int, float, str, np.ndarray)):
        raise FlownetError(
            f"an axis holds {shown(value)}; what an experiment file can say is wanted: numbers, "
            "text, lists, tables."
        )
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
    if isinstance(values, Mapping):
        values = _spread(key, values)
    if isinstance(values, str) or not isinstance(values, Iterable):
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


def _refuse_words(key, values):
    """Refuse values that are no numbers."""
    for value in values:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise FlownetError(f"the axis {key!r} is {shown(value)}; numbers are wanted.")


def _spread(key, words):
    """Values of an axis in words: from, to, count, and spacing "linear" or "log"."""
    given = {"count": None, "spacing": "linear", **words}
    low, high, count, spacing = (given.pop(w, None) for w in ("from", "to", "count", "spacing"))
    whole = all(isinstance(x, int) and not isinstance(x, bool) for x in (low, high))
    number = all(isinstance(x, (int, float)) and not isinstance(x, bool) for x in (low, high))
    counted = isinstance(count, int) and not isinstance(count, bool) and count > 0
    if given or not number or not (counted or (whole and count is None)):
        raise FlownetError(
            f"the axis {key!r} is {shown(words)}; {{from, to, count}} with spacing 'linear' or "
            "'log' is wanted, or {from, to} of whole numbers."
        )
    if count is None:
        return list(range(low, high + 1))
    if spacing == "log" and low > 0 and high > 0:
        return np.geomspace(low, high, count).tolist()
    if spacing != "linear":
        raise FlownetError(
            f"the axis {key!r}: spacing is {shown(spacing)}; 'linear' is wanted, or 'log' between "
            "numbers above 0."
        )
    return np.linspace(low, high, count).tolist()


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
