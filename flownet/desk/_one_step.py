"""One step of a run in full, as text."""

import numpy as np

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
            ("Radius of convergence of the Taylor series", 300, lambda: _radius(b))):
        if passes * b.place.work > _DEAR:
            told.append(f"{title}: left out, {passes * b.place.work:.0e} multiply-adds")
            continue
        try:
            told.append(f"{title}\n\n{make()}")
        except FlownetError as error:
            told.append(filled(f"{title}: {error}"))
    return "\n\n".join(told)


def _radius(b):
    radius = b.radius()
    exact = f", exactly {radius.exact:.4g}" if np.isfinite(radius.exact) else ""
    bound = (f"; the nearest singularity of the first layer is at {radius.bound:.4g}"
             if np.isfinite(radius.bound) else "")
    if np.isinf(radius.estimate):
        return filled(f"infinite{exact}{bound}")
    return filled(f"{radius.estimate:.4g} of this step{exact}{bound}; beyond it no number of "
                   "terms gives what a step delivers")
