"""pydantic's findings as the one line a user reads: file, key, what is wrong, what is allowed."""

import re

from ... import _registry
from ..._errors import FlownetError

#: what says most about a mistake: a misspelt key before the one missed, a misspelt name before
#: the other branch of a union
_TELLING = {"extra_forbidden": 0, "value_error": 1}


#: types whose names pydantic adds to a place, as those of the branches of a union
_BRANCHES = {
    "float",
    "int",
    "str",
    "bool",
    "constrained-float",
    "constrained-int",
    "constrained-str",
    "Keep",
}


def explain(error, source, schema, given=None):
    """`FlownetError` of a `pydantic.ValidationError` found in a file, in the tables given."""
    findings = sorted(error.errors(), key=_rank)
    line = f"{source}: {_line(findings[0], schema, given)}"
    places = {finding["loc"][:2]: _name(_place_of(finding)) for finding in reversed(findings)}
    more = [name for loc, name in places.items() if loc != findings[0]["loc"][:2]]
    return FlownetError(line + (f" (Also wrong: {', '.join(sorted(more))}.)" if more else ""))


def _rank(finding):
    """What is told first: what says most, and of the branches of a union what is more exact."""
    named = finding["type"] == "literal_error" and isinstance(finding["input"], str)
    return _TELLING.get(finding["type"], 3), not named, -len(_place_of(finding))


def _place_of(finding):
    return [part for part in finding["loc"] if not _is_branch(part)]


def _line(finding, schema, given):
    where = _place_of(finding)
    kind, message = finding["type"], finding["msg"]
    if kind == "extra_forbidden":
        allowed = _keys(schema, where[:-1], given)
        return _registry.unknown("key" + _place(where[:-1]), where[-1], allowed)
    if kind == "missing":
        what = "table" if len(where) == 1 else "key"
        return f"the {what} {_name(where)} is missing."
    if kind == "value_error":
        return f"{_name(where)}: {message.removeprefix('Value error, ')}"
    if kind == "literal_error" and isinstance(finding["input"], str):
        allowed = re.findall(r"'(.*?)'", finding["ctx"]["expected"])
        if len(allowed) > 1:
            return f"{_name(where)}: {_registry.unknown(where[-1], finding['input'], allowed)}"
    return f"{_name(where)} is {finding['input']!r}; {_right(message)}."


def _right(message):
    """pydantic's `Input should be …` as the end of our sentence."""
    if "valid dictionary" in message:
        return "it has to be a table"
    for theirs, ours in (
        ("Input should be", "it has to be"),
        ("List should", "it should"),
        ("a valid integer", "a whole number"),
        ("a valid number", "a number"),
        ("a valid string", "text in quotes"),
        ("a valid list", "a list"),
        ("greater than or equal to 0", "0 or more"),
        ("less than inf", "a finite number"),
        ("greater than -inf", "a finite number"),
        ("an instance of Sequence", "a list"),
        ("Value should", "it should"),
    ):
        message = message.replace(theirs, ours)
    return message


def _is_branch(part):
    """Names that pydantic adds for the branches of a union."""
    return isinstance(part, str) and (part in _BRANCHES or any(sign in part for sign in "[("))


def _place(where):
    return f" in [{'.'.join(map(str, where))}]" if where else ""


def _name(where):
    """`[run] steps`, or `[run]` for a table; of all of them together the experiment."""
    if not where:
        return "the experiment"
    if len(where) == 1:
        return f"[{where[0]}]"
    inner = "".join(f"[{part}]" if isinstance(part, int) else f" {part}" for part in where[1:])
    return f"[{where[0]}]{inner}"


def _keys(schema, where, given):
    """Keys that the table at a place knows, beside what is given there."""
    for part in where:
        given = _within(given, part)
        if isinstance(part, int):
            continue
        # a table of pydantic's has fields, a list or a number has none
        fields = getattr(schema, "model_fields", {})
        if part in fields:
            schema = _table_of(fields[part].annotation)
    return schema.keys_beside(given if isinstance(given, dict) else {}) if schema else []


def _within(given, part):
    """What is given at a place of a table or a list; None where that is neither, or has no such."""
    try:
        return given[part]
    except (KeyError, IndexError, TypeError):
        return None


def _table_of(annotation):
    """The table class within an annotation such as `Table | None` or `dict[str, Table]`."""
    if hasattr(annotation, "model_fields"):  # a table of pydantic's
        return annotation
    # an annotation such as `Table | None` has parts, a class has none
    for part in getattr(annotation, "__args__", ()):
        if (found := _table_of(part)) is not None:
            return found
    return None
