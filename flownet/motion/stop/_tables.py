"""Stop conditions as plain tables, the words of an experiment file, and back."""

from ..._errors import FlownetError
from ..._registry import find
from ..observe import on_data
from ._best import Best

FUNCTION = "function"


def stop_tables(watches, potential, metric):
    """A table for each condition; those that no table can say are marked as functions."""
    return [condition_table(watch.condition, potential, metric) for watch in watches]


def condition_table(condition, potential, metric):
    """Table of one condition."""
    program = {"kind": FUNCTION, "every": condition.every, "text": repr(condition)}
    if condition.kind is None:
        return program
    table = {"kind": condition.kind, **condition.parameters()}
    if condition.observable is not None:
        table["observable"] = condition.observable.table(potential, metric)
        if table["observable"]["kind"] == FUNCTION:
            return program
    return table


def keep_table(watch, potential, metric):
    """Table of what the best state is known by."""
    best = watch.condition
    table = best.observable.table(potential, metric)
    if table["kind"] == FUNCTION:
        return {"kind": FUNCTION, "every": best.every, "text": repr(best)}
    return {**best.parameters(), "observable": table}


def looked_at(table, data):
    """A condition's table with the data of its observable spelled out; `data` are the run's."""
    if "observable" not in table:
        return table
    return {**table, "observable": on_data(table["observable"], data)}


def stop_from(tables, potential, metric=None, given=None):
    """Conditions for `train` of an experiment's `stop` tables; `given` has them again.

    Raises
    ------
    FlownetError
        For functions that are not given again.
    """
    if any(table["kind"] == FUNCTION for table in tables):
        count = len(given) if isinstance(given, (list, tuple)) else int(given is not None)
        if count != len(tables):
            texts = ", ".join(table["text"] for table in tables if table["kind"] == FUNCTION)
            raise FlownetError(
                f"the run stops by a program of yours, {texts}: pass all {len(tables)} conditions "
                "on again, stop=[…]."
            )
        return given
    return [_condition(table, potential, metric) for table in tables]


def _condition(table, potential, metric):
    words = dict(table)
    made = find("stop condition", words.pop("kind"))
    if "observable" in words:
        words["observable"] = _observable(words["observable"], potential, metric)
    return made(**words)


def keep_from(table, potential, metric=None, given=None):
    """What `train` keeps the best state by, of an experiment's `keep` table."""
    if table is None:
        return None
    if isinstance(table, str):
        return table
    if table.get("kind") == FUNCTION:
        if given is None:
            raise FlownetError(
                f"the run keeps its best state by a program of yours, {table['text']}: pass it on "
                "again, keep=…."
            )
        return given
    words = dict(table)
    return Best(**{**words, "observable": _observable(words["observable"], potential, metric)})


def _observable(table, potential, metric):
    made = find("observable", table["kind"])
    return made.from_table("of a stop condition", table, potential, metric)
