"""What a run's file says in its experiment, checked as far as runs go by it.

What tables make, a network or mechanics, refuses words of its own that are wrong. Numbers that a
run counts and reads by, and what a table is at all, are said here.
"""

import math

import numpy as np

from ..._errors import FlownetError, shown

_MOST = 2**62  # iterations, rows and their sums stay whole numbers of 64 bits


def _whole(least, most=_MOST):
    def right(value):
        return type(value) is int and least <= value <= most

    return right, f"a whole number from {least} to {most}"


def _number(value):
    return type(value) in (int, float) and math.isfinite(value)


def _table(value):
    return isinstance(value, dict)


def _kind(value):
    return isinstance(value, dict) and isinstance(value.get("kind"), str)


def _observed(value):
    return isinstance(value, dict) and all(
        _kind(t) and _seen(t.get("every")) for t in value.values()
    )


def _all(right):
    return lambda value: isinstance(value, list) and all(map(right, value))


_seen = _whole(1)[0]
_OF_A_KIND = _kind, "a table with a kind"
_TABLE = _table, "a table"
_POSITIVE = (lambda value: _number(value) and value > 0), "a number above 0"

#: what each table is; others than these nobody reads
_TABLES = {
    "data": _TABLE,
    "network": _TABLE,
    "metric": _TABLE,
    "run": _TABLE,
    "flow": _TABLE,
    "part": _TABLE,
    "potential": _TABLE,
    "loss": _OF_A_KIND,
    "chart": _OF_A_KIND,
    "mechanics": _OF_A_KIND,
    "add": (_all(_kind), "a list of tables with a kind"),
    "stop": (_all(_kind), "a list of tables with a kind"),
    "before": (_all(_table), "a list of tables"),
    "observe": (_observed, "tables with a kind and an interval every"),
    "keep": ((lambda value: isinstance(value, (str, dict))), "a word or a table"),
}

#: the numbers that runs and flows go by, by table
_NUMBERS = {
    "run": {
        "steps": _whole(0),
        "seed": _whole(-(2**63), 2**64 - 1),
        "batch_size": _whole(1),
        "record_every": _whole(1),
    },
    "part": {"first": _whole(0), "born": _whole(0), "batch_size": _whole(0)},
    "flow": {
        "time": _POSITIVE,
        "rtol": _POSITIVE,
        "atol": _POSITIVE,
        "gradient_below": _POSITIVE,
        "loss_below": (_number, "a finite number"),
        "max_steps": _whole(1),
        "max_gradients": _whole(1),
    },
}
_NEEDED = {"run": ("steps", "seed", "record_every"), "flow": ("time", "rtol", "atol")}


def check_words(tables, path):
    """Refuse an experiment whose tables are none, or whose numbers no run goes by.

    Parameters
    ----------
    tables : dict
    path : path
        Of the file, for the error.

    Raises
    ------
    FlownetError
    """
    if not {"run", "flow"} & set(tables):
        raise FlownetError(f"{path} is damaged: its experiment says no run and no flow.")
    for name, (right, wanted) in _TABLES.items():
        if name in tables and not right(tables[name]):
            _refuse(path, name, tables[name], wanted)
    for name, numbers in _NUMBERS.items():
        if name in tables:
            _check_numbers(path, name, tables[name], numbers, _NEEDED.get(name, ()))
    for before in tables.get("before", []):
        if not _table(before.get("part", {})):
            _refuse(path, "before.part", before["part"], "a table")
        _check_numbers(path, "before.part", before.get("part", {}), _NUMBERS["part"])


def _check_numbers(path, name, table, numbers, needed=()):
    for word, (right, wanted) in numbers.items():
        if word in needed and word not in table:
            raise FlownetError(f"{path} is damaged: its experiment does not say {name}.{word}.")
        value = table.get(word)
        if value is not None and not right(value):
            _refuse(path, f"{name}.{word}", value, wanted)


def _refuse(path, name, value, wanted):
    value = value.tolist() if isinstance(value, np.generic) else value
    raise FlownetError(
        f"{path} is damaged: the {name} of its experiment is {shown(value)}, and not {wanted}."
    )
