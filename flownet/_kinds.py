"""What a file may name: every loss, potential, mechanics, metric and observable under its kind.

A run file describes its parts as plain tables, `{"kind": "parabola", "strength": 0.01}`;
`describe` makes such a table of an object and `build` makes the object of the table.
"""

from difflib import get_close_matches

from ._errors import FlownetError

_classes = {}


def kind(family, name):
    """Class decorator: register a class as `name` of a `family` ("loss", "mechanics", ...)."""

    def register(cls):
        _classes.setdefault(family, {})[name] = cls
        cls.kind = name
        return cls

    return register


def names(family):
    """Kinds known in a family, in the order of their definition."""
    return list(_classes.get(family, {}))


def find(family, name):
    """Class registered as `name`; an unknown name is answered with the nearest one."""
    known = _classes.get(family, {})
    if name not in known:
        raise FlownetError(unknown(family, name, known))
    return known[name]


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
