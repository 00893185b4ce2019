"""What a file may name: every loss, potential, mechanics, metric and observable under its kind.

A run file describes its parts as plain tables, `{"kind": "parabola", "strength": 0.01}`;
`describe` makes such a table of an object and `build` makes the object of the table. What no file
can name, such as a class of somebody's own, is a program: its table is
`{"kind": "program", "text": …}`, and whoever asks for it is asked to pass it on again.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from inspect import signature
from typing import Any, TypeVar

from ._errors import FlownetError, shown

T = TypeVar("T")

_classes: dict[str, dict[str, type]] = {}

#: rooms whose classes make up a family; loaded when the family is first asked for
_HOMES = {
    "loss": ["model.potential"],
    "potential": ["model.potential"],
    "chart": ["model.chart"],
    "metric": ["geometry.metric", "geometry.norm", "motion.mechanics"],
    "mechanics": ["motion.mechanics", "motion.flow", "motion.damped", "motion.loops"],
    "step policy": ["motion.mechanics"],
    "flow field": ["motion.flow"],
    "learning system": ["equilibrium", "equilibrium.actions", "equilibrium.thermal"],
    "system": [
        "equilibrium.systems",
        "equilibrium.circuits",
        "equilibrium.complex",
        "equilibrium.dynamics",
        "equilibrium.actions",
        "equilibrium.thermal",
    ],
    "mechanical": ["equilibrium.actions"],
    "estimator": ["equilibrium", "equilibrium.thermal"],
    "element": ["equilibrium.circuits"],
    "observable": ["motion.observe"],
    "stop condition": ["motion.stop"],
}


PROGRAM = "program"


class Named:
    """What files may name by its `kind`.

    A class that derives from a named one is another, which no file can say: it has no name before
    it registers its own.
    """

    kind: str | None = None

    def __init_subclass__(cls, **words: Any) -> None:
        super().__init_subclass__(**words)
        if "kind" not in vars(cls):
            cls.kind = None


def kind(family: str, name: str) -> Callable[[type[T]], type[T]]:
    """Class decorator: register a class as `name` of a `family` ("loss", "mechanics", ...)."""

    def register(cls: Any) -> Any:
        _classes.setdefault(family, {})[name] = cls
        cls.kind = name
        return cls

    return register


@cache
def _classes_of(family):
    """Classes of a family by name, as they come, once those of its own rooms are there."""
    for room in _HOMES.get(family, ()):
        import_module(f"{__package__}.{room}")
    return _classes.setdefault(family, {})


def names(family):
    """Kinds known in a family, in the order of the alphabet."""
    return sorted(_classes_of(family))


def find(family, name):
    """Class registered as `name`; an unknown name is answered with the nearest one."""
    known = _classes_of(family)
    if not isinstance(name, str) or name not in known:
        raise FlownetError(unknown(family, name, names(family)))
    return known[name]


def words(family, name):
    """Parameters of what makes a kind, by name, in the order of its signature."""
    return _parameters(find(family, name))


@cache
def _parameters(make):
    return signature(make).parameters


def is_named(part):
    """Whether files can name the class of an object: itself, not one that it derives from."""
    return any(type(part) is cls for known in _classes.values() for cls in known.values())


def describe(part):
    """Table of an object: its kind and what its `parameters()` returns, or a program's text."""
    return {"kind": part.kind, **part.parameters()} if is_named(part) else program(part)


def program(part):
    """Table of what no file can say: its text, for people."""
    text, name = repr(part), type(part).__name__
    return {"kind": PROGRAM, "text": text if name in text else f"{name}: {text}"}


def build(family, table):
    """Object of a table that `describe` made or a person wrote."""
    table = dict(table)
    if "kind" not in table:
        raise FlownetError(f"a table of {family} wants a kind: one of {', '.join(names(family))}.")
    refuse_program(family, table)
    name = table.pop("kind")
    takes = words(family, name)
    for word in table if all(one.kind is not one.VAR_KEYWORD for one in takes.values()) else ():
        if word not in takes:
            raise FlownetError(unknown(f"word of the {family} {name!r},", word, takes))
    return find(family, name)(**table)


def refuse_program(family, table):
    """Refuse the table of a program, of which nothing can be made."""
    if table["kind"] == PROGRAM:
        is_one = "are a program of their" if family == "mechanics" else "is a program of its"
        raise FlownetError(
            f"the run's {family} {is_one} own, and no file can say it: pass it on again with "
            f"{family}=, or set run.{family}. It was {table['text']}."
        )


def among(what, name, allowed):
    """A name that is among those allowed, or the line that says which are."""
    if not isinstance(name, str) or name not in allowed:
        raise FlownetError(unknown(what, name, allowed))
    return name


def unknown(what, name, allowed):
    """The line that answers an unknown name: what is allowed, and the nearest match."""
    given = name if isinstance(name, str) else ""
    near = get_close_matches(given, [str(a) for a in allowed], n=1)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    return f"unknown {what} {shown(name)}{hint} Known: {', '.join(map(str, allowed))}."
