"""What the orders are made of: parameters, neurons, layers, eigendirections, loss, map, nudge."""

from ._blocks import by_blocks
from ._chance import rotation_spread
from ._diagonals import exact_work
from ._gauss_newton import by_map
from ._modes import by_modes
from ._nudge import by_nudge
from ._parameters import by_parameters

__all__ = [
    "by_blocks",
    "by_map",
    "by_modes",
    "by_nudge",
    "by_parameters",
    "exact_work",
    "rotation_spread",
]
