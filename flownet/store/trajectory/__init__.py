"""The recorded path of a run, in memory or in a file."""

from ._ends import BEST, ENDING
from ._memory import MemoryStore
from ._parts import (
    BEFORE,
    OF_PART,
    OF_POTENTIAL,
    PART,
    Part,
    alike,
    has_program,
    parts_before,
    without_programs,
)
from ._real_run import as_reals
from ._records import Best, Record
from ._same import own_potential, refuse_other
from ._table import best_line, table_of
from ._trajectory import Trajectory

__all__ = [
    "BEFORE",
    "BEST",
    "ENDING",
    "OF_PART",
    "OF_POTENTIAL",
    "PART",
    "Best",
    "MemoryStore",
    "Part",
    "Record",
    "Trajectory",
    "alike",
    "as_reals",
    "best_line",
    "has_program",
    "own_potential",
    "parts_before",
    "refuse_other",
    "table_of",
    "without_programs",
]
