"""One step of a run in full, as text."""

from .._errors import FlownetError
from ._tables import filled

_DEAR = 2e11  # multiply-adds of one part, some ten seconds
_VERDICT = 2000  # multiply-adds of a verdict per parameter and sample


def one_step(b):
    """One step in full: its table and verdict, and what its parts are made of."""
    if _VERDICT * b.place.work <= _DEAR:
        b.verdict  # the table tells what is known
    told = [str(b)]
    for title, passes, make in (
        ("What the step delivers without one of its parts", 300, b.interventions),
        ("Second order by eigendirections of the Hessian", 300, lambda: b.split("eigen")),
        ("By layers", 300, lambda: b.split("layers")),
        ("What the loss bends, and what the map bends", 30, lambda: b.split("map")),
        ("Radius of convergence of the Taylor series", 300, b.radius),
    ):
        if passes * b.place.work > _DEAR:
            told.append(f"{title}: left out, {passes * b.place.work:.0e} multiply-adds")
            continue
        try:
            told.append(f"{title}\n\n{make()}")
        except FlownetError as error:
            told.append(filled(f"{title}: {error}"))
    return "\n\n".join(told)
