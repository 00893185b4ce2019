"""The recorded path of a run, in memory or in a file."""

from ._memory import MemoryStore
from ._real_run import as_reals
from ._records import Record
from ._table import table_of
from ._trajectory import Trajectory

__all__ = ["MemoryStore", "Record", "Trajectory", "as_reals", "table_of"]
