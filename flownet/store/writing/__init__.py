"""A file written: by a run while readers follow it, and by analyses afterwards."""

from ._analysis import append_analysis
from ._create import draft_of
from ._edit import close_finished, rewrite_experiment, rewrite_part
from ._hdf5 import HDF5Store
from ._repair import Repaired, repair

__all__ = [
    "HDF5Store",
    "Repaired",
    "append_analysis",
    "close_finished",
    "draft_of",
    "repair",
    "rewrite_experiment",
    "rewrite_part",
]
