"""Where the rows of a sweep are kept: in memory, or in plain HDF5 with named axes."""

from ._create import is_sweep
from ._file_rows import FileRows
from ._frames import frame_of, xarray_of
from ._memory import MemoryRows

__all__ = ["FileRows", "MemoryRows", "frame_of", "is_sweep", "xarray_of"]
