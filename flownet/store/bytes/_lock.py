"""A lock that says: a living process writes this file.

HDF5 releases its own lock once a SWMR writer has started, and the flags in the file outlive
a killed writer; a shared `flock` held until the writer ends, by whatever death, tells the two
apart. Where the platform or the file system has no `flock`, nobody is seen to write.
"""

import errno
import os
import time

from ..._errors import FlownetError
from .._failure import writing

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_BUSY = (errno.EWOULDBLOCK, errno.EACCES, errno.EAGAIN)


class Lock:
    """Mark of a living writer on a file.

    Parameters
    ----------
    path : path

    Raises
    ------
    OSError
        The file cannot be opened.
    """

    def __init__(self, path):
        self._file = os.open(path, os.O_RDONLY)

    def take(self):
        """Set the mark; HDF5 has to have released its own lock, or this waits."""
        _flock(self._file, shared=True)

    def release(self):
        """Take the mark away, for good."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def busy(path, patience=0.0):
    """Whether a living process writes a file.

    Parameters
    ----------
    path : path
    patience : float
        Seconds to go on asking; another process that asks looks like a writer for some µs.

    Returns
    -------
    bool

    Raises
    ------
    OSError
        The file cannot be opened.
    """
    deadline = time.monotonic() + patience
    file = os.open(path, os.O_RDONLY)
    try:
        while not _flock(file, shared=False):
            if time.monotonic() > deadline:
                return True
            time.sleep(0.01)
        return False
    finally:
        os.close(file)


def refuse_busy(path):
    """Refuse to touch a file that a living process writes.

    Parameters
    ----------
    path : path

    Raises
    ------
    FlownetError
        One does, or the file cannot be opened.
    """
    with writing(path):
        if busy(path, patience=0.3):
            raise FlownetError(f"{path} is being written by another process.")


def _flock(file, shared):
    """Try to lock; False when somebody else's lock is in the way."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_SH if shared else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in _BUSY
    return True
