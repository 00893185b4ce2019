"""One step of a run in full."""

from dataclasses import replace

from ..._errors import FlownetError
from ..._table import Table

_DEAR = 2e11  # multiply-adds of one part, some ten seconds
_VERDICT = 2000  # multiply-adds of a verdict per parameter and sample


def one_step(b):
    """One step in full, a `Table`: its terms and verdict, and what its parts are made of."""
    if _VERDICT * b.taken.work <= _DEAR:
        _ = b.verdict  # the table tells what is known
    tables = [b.table()]
    for title, passes, make in (
        ("What the step delivers without one of its parts", 300, lambda: b.interventions().table()),
        ("Second order by eigendirections of the Hessian", 300, lambda: b.split("eigen").table()),
        ("By layers", 300, lambda: b.split("layers").table()),
        ("What the loss bends, and what the map bends", 30, lambda: b.split("map").table()),
        ("Radius of convergence of the Taylor series", 300, lambda: _sentence(b.radius())),
    ):
        work = passes * b.taken.work
        if work > _DEAR:
            tables.append(_sentence(f"{title}: left out, {work:.0e} multiply-adds"))
            continue
        try:
            tables.append(replace(make(), title=title))
        except FlownetError as error:
            tables.append(_sentence(f"{title}: {error}"))
    return Table("", {}, more=tables)


def _sentence(text):
    return Table("", {}, [str(text)])
