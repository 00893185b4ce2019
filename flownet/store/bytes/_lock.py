"""A lock that says: a living process writes this file.

HDF5 releases its own lock once a SWMR writer has started, and the flags in the file outlive
a killed writer; a shared `flock` held until the writer ends, by whatever death, tells the two
apart. Programs that read through HDF5 hold a shared one too, but set no flags: locked without flags
means read. Where the platform or the file system has no `flock`, nobody is seen to write or read.
"""

import errno
import os
import threading
import time
from contextlib import contextmanager

from ..._errors import FlownetError
from .._failure import writing
from . import _superblock

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_PATIENCE = 60.0  # seconds in which another process has begun to write, or has given up
_mine = threading.local()  # the folders that this thread holds
_held: set[int] = set()  # descriptors of the folders that this process holds

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


@contextmanager
def beginning(path):
    """Context in which nobody else begins to write a file in the folder of a path.

    Whoever begins looks first whether somebody writes already, and sets his own mark last; a lock
    on the folder keeps others out in between. A thread may enter it again within.

    Parameters
    ----------
    path : path

    Raises
    ------
    FlownetError
        Others do not come to an end with it.
    """
    folder = os.path.realpath(os.path.dirname(os.path.abspath(path)))
    held = vars(_mine).setdefault("folders", set())
    file = None if folder in held else _folder(folder, path)
    if file is None:  # held already, or there is no such lock here
        yield
        return
    held.add(folder)
    _held.add(file)
    try:
        yield
    finally:
        held.discard(folder)
        _held.discard(file)
        os.close(file)


def _let_go():
    """In a forked process: a lock ends once every process has closed what it is on."""
    while _held:
        os.close(_held.pop())


if fcntl is not None:
    os.register_at_fork(after_in_child=_let_go)


def _folder(folder, path):
    """A locked folder, or None where folders cannot be opened or locked."""
    try:
        file = os.open(folder, os.O_RDONLY)
    except OSError:
        return None
    deadline = time.monotonic() + _PATIENCE
    try:
        while not _flock(file, shared=False):
            if time.monotonic() > deadline:
                raise FlownetError(
                    f"{path} cannot be written now: another process begins to write in its folder, "
                    "and does not come to an end."
                )
            time.sleep(0.01)
    except BaseException:
        os.close(file)
        raise
    return file


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


def refuse_busy(path, *, replaced=False):
    """Refuse to touch a file that a living process writes, or reads.

    Parameters
    ----------
    path : path
    replaced : bool
        Whether another file will take its name, so that who reads it keeps what he reads.

    Raises
    ------
    FlownetError
        One does, or the file cannot be opened.
    """
    with writing(path):
        if not busy(path, patience=0.3):
            return
        alone, flagged = _held_alone(path), _flagged(path)
    if alone or (flagged and replaced):
        raise FlownetError(f"{path} is being written by another process.")
    if flagged:
        raise FlownetError(
            f"{path} is being written by another process; or a killed run has left it, and a "
            "program that reads it has to close it first."
        )
    if not replaced:
        raise FlownetError(
            f"{path} is open for reading, here or in another program (h5py.File, a viewer): close "
            "it there first."
        )


def _held_alone(path):
    """Whether somebody holds a lock beside which there is no other, as one who begins to write."""
    file = os.open(path, os.O_RDONLY)
    try:
        return not _flock(file, shared=True, wait=False)
    finally:
        os.close(file)


def _flagged(path):
    """Whether the file says that it is open for writing, as it does for readers to follow it."""
    with open(path, "rb") as file:
        head = file.read(_superblock.SIZE)
    return len(head) == _superblock.SIZE and not _superblock.closed(head)


def _flock(file, shared, wait=True):
    """Try to lock; False when somebody else's lock is in the way. Shared ones may wait."""
    if fcntl is None:
        return True
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        fcntl.flock(file, kind if shared and wait else kind | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in _BUSY
    return True
