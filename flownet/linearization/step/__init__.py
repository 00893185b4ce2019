"""The finite step that was taken: where, along what, with what rounding; probes and kinks of it."""

from ._branches import LINEAR_PIECES, names, passed
from ._kinks import first_kink
from ._probes import cube_roots, mean_and_error, picks, signs
from ._rounding import DRAWS, floors, spread, wiggled
from ._taken import Place, offered, on_reals, place_of_step

__all__ = [
    "DRAWS",
    "LINEAR_PIECES",
    "Place",
    "cube_roots",
    "first_kink",
    "floors",
    "mean_and_error",
    "names",
    "offered",
    "on_reals",
    "passed",
    "picks",
    "place_of_step",
    "signs",
    "spread",
    "wiggled",
]
