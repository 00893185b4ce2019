"""Where runs end: minima, polished and compared, and the step at which the exit changes."""

from ._compare import Comparison, compare_minima
from ._exit_step import COLUMNS as EXIT_COLUMNS, ExitSteps, exit_step
from ._exits import Exits, exits
from ._minimum import minimum
from ._point import CriticalPoint

__all__ = [
    "EXIT_COLUMNS",
    "Comparison",
    "CriticalPoint",
    "ExitSteps",
    "Exits",
    "compare_minima",
    "exit_step",
    "exits",
    "minimum",
]
