"""Where runs end: minima, polished and compared, and the step at which the exit changes."""

from ._align import align, symmetry
from ._barrier import Barrier, barrier
from ._compare import Comparison, compare_minima
from ._critical import critical_near
from ._exit_step import COLUMNS as EXIT_COLUMNS, ExitSteps, exit_step
from ._exits import Exits, exits
from ._minimum import minimum
from ._point import CriticalPoint

__all__ = [
    "EXIT_COLUMNS",
    "Barrier",
    "Comparison",
    "CriticalPoint",
    "ExitSteps",
    "Exits",
    "align",
    "barrier",
    "compare_minima",
    "critical_near",
    "exit_step",
    "exits",
    "minimum",
    "symmetry",
]
