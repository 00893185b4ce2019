"""Observables as plain tables, the words of an experiment file, and back."""

from ..._errors import FlownetError
from ..._registry import find, names, unknown


def observe_tables(made, potential, metric):
    """Tables of observers; those that no table can say are marked as functions."""
    return {
        observer.name.removeprefix("observables/"): {
            "every": observer.every,
            **observer.observable.table(potential, metric),
        }
        for observer in made
    }


def observe_from(tables, potential, metric=None, given=None):
    """Dictionary for `train` of an experiment's `observe` tables; `given` holds the functions."""
    observe = {}
    for name, table in tables.items():
        if table["kind"] == "function":
            if name not in (given or {}):
                raise FlownetError(
                    f"the observable {name!r} is a function of yours; pass it on "
                    f"again: observe={{{name!r}: function}}."
                )
            made = given[name]
        elif table["kind"] not in names("observable"):
            raise FlownetError(unknown("observable kind", table["kind"], names("observable")))
        else:
            made = find("observable", table["kind"]).from_table(name, table, potential, metric)
        observe[name] = table["every"], made
    return observe
