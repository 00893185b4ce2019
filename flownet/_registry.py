"""What a file may name: every loss, potential, mechanics, metric and observable under its kind.

A run file describes its parts as plain tables, `{"kind": "parabola", "strength": 0.01}`;
`describe` makes such a table of an object and `build` makes the object of the table.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from importlib import import_module
from inspect import signature
from typing import Any, TypeVar

from ._errors import FlownetError

T = TypeVar("T")

_classes: dict[str, dict[str, type]] = {}

#: rooms whose classes make up a family; loaded when the family is first asked for
_HOMES = {
    "loss": ["model.potential"],
    "potential": ["model.potential"],
    "chart": ["model.chart"],
    "metric": ["geometry.metric"],
    "mechanics": ["motion.mechanics", "motion.flow", "motion.loops"],
    "step policy": ["motion.mechanics"],
    "flow field": ["motion.flow"],
    "observable": ["motion.observe"],
}


def kind(family: str, name: str) -> Callable[[type[T]], type[T]]:
    """Class decorator: register a class as `name` of a `family` ("loss", "mechanics", ...)."""

    def register(cls: Any) -> Any:
        _classes.setdefault(family, {})[name] = cls
        cls.kind = name
        return cls

    return register


def _known(family):
    """Classes of a family by name, in the order of the alphabet."""
    for room in _HOMES.get(family, ()):
        import_module(f"{__package__}.{room}")
    return dict(sorted(_classes.get(family, {}).items()))


def names(family):
    """Kinds known in a family."""
    return list(_known(family))


def find(family, name):
    """Class registered as `name`; an unknown name is answered with the nearest one."""
    known = _known(family)
    if name not in known:
        raise FlownetError(unknown(family, name, known))
    return known[name]


def words(family, name):
    """Parameters of what makes a kind, by name, in the order of its signature."""
    return signature(find(family, name)).parameters


def describe(part):
    """Table of an object: its kind and what its `parameters()` returns."""
    return {"kind": part.kind, **part.parameters()}


def build(family, table):
    """Object of a table that `describe` made or a person wrote."""
    table = dict(table)
    return find(family, table.pop("kind"))(**table)


def unknown(what, name, allowed):
    """The line that answers an unknown name: what is allowed, and the nearest match."""
    near = get_close_matches(str(name), [str(a) for a in allowed], n=1)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    return f"unknown {what} {name!r}{hint} Known: {', '.join(map(str, allowed))}."
