"""A file as plain bytes, opened to read: what HDF5 sees of it, and what rows are read through."""

import os
import stat
from contextlib import contextmanager

from ..._errors import FlownetError
from . import _journal, _superblock
from ._lock import busy

_GROWTH = 1 << 40
_INDEX = 1 << 16  # bytes; of the index of fewer than 10⁸ blocks HDF5 reads no larger piece


class FlatFile:
    """File that shows HDF5 a superblock as it is after a proper close, and is never modified.

    With it a file of a running or killed writer opens like any other: SWMR's own mode would need
    the writer's flags, and would retry for hours on metadata that is damaged for good. The
    methods below `read_into` are the ones that `h5py.File` asks of an object that is a file.

    Parameters
    ----------
    path : path

    Raises
    ------
    FlownetError
        There is no such file, or it is no HDF5 file of ours, or damaged.
    """

    def __init__(self, path):
        self.path = os.fspath(path)
        self.name = os.path.basename(self.path)
        try:
            if not stat.S_ISREG(os.stat(self.path).st_mode):
                raise FlownetError(f"cannot read {self.path}: it is no file.")
            self._file = open(self.path, "rb", buffering=0)  # noqa: SIM115  (`close` closes it)
            self._changes, _ = _journal.find(self._bytes, self.size)
            head = bytearray(self._bytes(0, _superblock.SIZE))
            _journal.put_into(memoryview(head), 0, self._changes)
            _superblock.check(head, self.size, self.name)
            self.was_closed = _superblock.closed(head)  # by its writer
            self.live = not self.was_closed and busy(self.path)
        except OSError as error:
            raise FlownetError(f"cannot read {self.path}: {error.strerror}.") from None
        # HDF5 asks for the end once; a file that grows is shown with room to grow
        self._head = _superblock.repaired(head, self.size + (_GROWTH if self.live else 0))
        self._end = _superblock.end(self._head)
        self._position = 0
        self._watched, self._seen = None, []

    def _bytes(self, offset, size):
        """Bytes as they are in the file, or those up to its end."""
        self._file.seek(offset)
        return self._file.read(size)

    @property
    def last_change(self):
        """When somebody wrote into the file last, and its size then."""
        found = os.fstat(self._file.fileno())
        return found.st_mtime_ns, found.st_size

    @property
    def size(self):
        """Bytes of the file at this moment."""
        return os.fstat(self._file.fileno()).st_size

    @property
    def root(self):
        """Where the header of the root group begins."""
        return _superblock.root(self._head)

    def read_into(self, offset, buffer):
        """Fill a buffer with the bytes at an offset.

        Parameters
        ----------
        offset : int
        buffer : writable buffer

        Returns
        -------
        bool
            False when the file ends before the buffer does.
        """
        view = memoryview(buffer).cast("B")
        self._file.seek(offset)
        done = 0
        while done < len(view):
            got = self._file.readinto(view[done:])
            if not got:
                return False
            done += got
        _journal.put_into(view, offset, self._changes)
        return True

    @contextmanager
    def watch(self, size):
        """Note where HDF5 reads pieces of a certain size while it looks up a block; large ones,
        which are blocks, are not read in fact: else who opens a file would read all of it.

        Parameters
        ----------
        size : int

        Yields
        ------
        list of int
            Offsets, growing.
        """
        self._watched, self._seen = size, []
        try:
            yield self._seen
        finally:
            self._watched = None

    def close(self):
        """Close the file."""
        self._file.close()

    def seek(self, offset, whence=os.SEEK_SET):
        self._position = (
            offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._end}[whence]
        )
        return self._position

    def tell(self):
        return self._position

    def read(self, size):
        buffer = bytearray(size)
        return bytes(buffer[: self.readinto(buffer)])

    def readinto(self, buffer):
        view = memoryview(buffer).cast("B")
        if len(view) == self._watched:
            self._seen.append(self._position)
            if len(view) > _INDEX:
                self._position += len(view)
                return len(view)
        view[:] = bytes(len(view))  # space that was reserved and never written reads as zeros
        self.read_into(self._position, view)
        shown = self._head[self._position : self._position + len(view)]
        view[: len(shown)] = shown
        self._position += len(view)
        return len(view)
