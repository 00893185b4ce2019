"""The finite step that was taken: where, along what, with what rounding; probes and kinks of it."""

from ._branches import LINEAR_PIECES, has_kinks, names, passed
from ._kinks import first_kink
from ._probes import cube_roots, mean_and_error, picks, signs
from ._rounding import DRAWS, floors, spread, wiggled
from ._taken import Held, OfRun, TakenStep, offered, on_reals, taken_step

__all__ = [
    "DRAWS",
    "LINEAR_PIECES",
    "Held",
    "OfRun",
    "TakenStep",
    "cube_roots",
    "first_kink",
    "floors",
    "has_kinks",
    "mean_and_error",
    "names",
    "offered",
    "on_reals",
    "passed",
    "picks",
    "signs",
    "spread",
    "taken_step",
    "wiggled",
]
