"""Observables as plain tables, the words of an experiment file, and back."""

from collections.abc import Mapping

from ..._errors import FlownetError, shown
from ..._registry import find, is_named, names, unknown


def observe_tables(made, potential, metric):
    """Tables of observers; those that no table can say are marked as functions."""
    tables = {}
    for observer in made:
        observable = observer.observable
        known = is_named(observable)
        table = observable.table(potential, metric) if known else {"kind": "function"}
        tables[observer.name.removeprefix("observables/")] = {"every": observer.every, **table}
    return tables


def observe_from(tables, potential, metric=None, given=None):
    """Dictionary for `train` of an experiment's `observe` tables; `given` holds the functions."""
    observe = {}
    given = {} if given is None else given
    if not isinstance(given, Mapping):
        raise FlownetError(f"observe is {shown(given)}; it has to be a dictionary of functions.")
    for name, table in tables.items():
        if table["kind"] == "function":
            if name not in given:
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


def on_data(table, data):
    """An observable's table with its data spelled out; of the run itself as it is.

    `split` means another part of the run's data, whose table is `data`.
    """
    table = dict(table)
    if table["kind"] == "function":
        return table
    kind = find("observable", table["kind"])
    if "of" in table:
        table["of"] = on_data(table["of"], data)
    if kind.of_run or (kind.of_all_terms and not {"split", "data", "loss"} & set(table)):
        return table
    split, own = table.pop("split", None), table.get("data", data)
    if split is not None:
        own = {**{k: v for k, v in own.items() if k != "limit"}, "split": split}
    return {**table, "data": own}
