"""Where a run is kept: memory and HDF5 behind one interface."""

from ._analysis import append_analysis
from ._edit import rewrite_experiment
from ._hdf5 import HDF5Store
from ._layout import Layout, Quantity, check_space, estimate, size_text
from ._memory import MemoryStore
from ._reader import Reader as open_reader
from ._real_run import as_reals
from ._text import from_text, to_text
from ._trajectory import Record, Trajectory

__all__ = [
    "HDF5Store", "Layout", "MemoryStore", "Quantity", "Record", "Trajectory", "append_analysis",
    "as_reals", "check_space", "estimate", "from_text", "open_reader", "rewrite_experiment",
    "size_text", "to_text",
]
