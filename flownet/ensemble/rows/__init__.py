"""Where the rows of a sweep are kept: in memory, or in plain HDF5 with named axes."""

from ._file_rows import CHANGED, FileRows
from ._format import is_sweep
from ._frames import frame_of, xarray_of
from ._memory import MemoryRows
from ._reading import look

__all__ = ["CHANGED", "FileRows", "MemoryRows", "frame_of", "is_sweep", "look", "xarray_of"]
