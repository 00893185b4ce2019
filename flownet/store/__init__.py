"""Where a run is kept: memory and HDF5 behind one interface."""

from ._analysis import append_analysis
from ._hdf5 import HDF5Store
from ._layout import Layout, Quantity, check_space, estimate
from ._memory import MemoryStore
from ._reader import Reader as open_reader

__all__ = ["HDF5Store", "Layout", "MemoryStore", "Quantity", "append_analysis", "check_space", "estimate",
           "open_reader"]
