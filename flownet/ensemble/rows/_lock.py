"""One writer for a sweep's file: a lock that ends with the process, by whatever death.

It is on the open file description and not HDF5's own, so that programs may read the file while it
is written: every data set has its place from the beginning, and nothing moves.
"""

import os
import struct

from ..._errors import FlownetError
from ...store._failure import writing

try:
    import fcntl

    _SET = fcntl.F_OFD_SETLK
except (ImportError, AttributeError):  # where there is none nobody is seen to write
    _SET = None


def open_locked(path):
    """Descriptor of a file that this process alone writes.

    Raises
    ------
    FlownetError
        Another process writes it, or it cannot be opened.
    """
    with writing(path):
        descriptor = os.open(path, os.O_RDWR)
    if _SET is not None:
        try:
            fcntl.fcntl(descriptor, _SET, struct.pack("hhlli", fcntl.F_WRLCK, 0, 0, 0, 0))
        except OSError:
            os.close(descriptor)
            raise FlownetError(f"{path} is being written by another process.") from None
    return descriptor


def refuse_written(path):
    """Refuse a file that a living process writes."""
    os.close(open_locked(path))
