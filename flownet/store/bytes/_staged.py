"""A file that is written: HDF5 sees no error and no half of a change.

What HDF5 writes stays in memory until `commit`, which brings it to the disk as if in one moment.
A write that fails is therefore an error of ours, on our side: HDF5 can neither be left with a file
that it cannot close, after which it crashes, nor swallow the error. Rows and numbers, of which
nobody knows before they are counted, go past it to the places that it has reserved.
"""

import atexit
import errno
import os

from . import _journal, _superblock, _system
from ._checksum import plain_bytes

_METADATA = 1 << 20  # nothing that HDF5 reads again for itself is larger
# Parts of HDF5's index: who follows the file may know of one only when what it points to is there.
_ORDER = (b"EADB", b"EASB", b"EAIB", b"EAHD", b"OCHK", b"OHDR")
_LARGE = 1 << 18  # bytes that the disk is given at once: `sync` has less to wait for


class StagedFile:
    """A file open for writing, as HDF5 and beside it.

    Parameters
    ----------
    path : path
    new : callable, optional
        Makes an `h5py.File` in a file object: in a draft that nobody sees yet, and that is written
        at once, not staged.
    **words
        Of `h5py.File`, for one that is there.

    Attributes
    ----------
    hdf5 : h5py.File
    live : bool
        Whether the file is to say, from the next commit on, that it is open, as HDF5's single
        writer of multiple readers says; at first what it says of itself.

    Raises
    ------
    OSError
    """

    def __init__(self, path, *, new=None, **words):
        import h5py

        self.path, self.live = os.fspath(path), False
        flags = os.O_RDWR | _system.BINARY | (os.O_CREAT | os.O_EXCL if new else 0)
        self._file, self._position = os.open(self.path, flags, 0o666), 0
        self._staged: dict[int, bytes] = {}  # offset to bytes, none over others
        self._left: set[int] = set()  # places of rows
        self._new, self._error = new is not None, None
        self._end = self._wanted = os.fstat(self._file).st_size
        if not new:
            self._take_up()
        try:
            self.hdf5 = new(self) if new else h5py.File(self, "r+", **words)
        except BaseException:
            os.close(self._file)
            raise
        # h5py crashes where HDF5 closes a file in a file object after Python has ended
        atexit.register(self.hdf5.close)

    def _take_up(self):
        """Show HDF5 a superblock as a proper close leaves it, that of a killed writer too."""
        head = self._read(0, _superblock.SIZE)
        if len(head) == _superblock.SIZE and not _superblock.closed(head):
            self.live = True
            self._staged[0] = _superblock.repaired(head, self._end)
            self._wanted = _superblock.end(self._staged[0])

    # Beside HDF5

    def put(self, offset, array):
        """Write an array where HDF5 has reserved its place; another thread may go on meanwhile.

        At once, so not where older numbers are still believed, nor what HDF5 writes itself.

        Parameters
        ----------
        offset : int
        array : contiguous ndarray

        Raises
        ------
        OSError
        """
        data = memoryview(plain_bytes(array))
        self._write(offset, data)
        if len(data) >= _LARGE:
            _system.begin_to_sync(self._file, offset, len(data))

    def _write(self, offset, left):
        while left:
            written = _system.write(self._file, left, offset)
            if not written:  # a disk that is full says so on the next try at the latest
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            offset, left = offset + written, left[written:]

    def leave(self, offset):
        """Until the next commit HDF5 neither reads nor writes the block of rows at a place."""
        self._left.add(offset)

    def sync(self):
        """Wait until the disk has what was written."""
        _system.sync(self._file)

    def status(self):
        """What the operating system says of the file, under whatever name it is."""
        return os.fstat(self._file)

    def copy(self, path):
        """Write all that the file holds, as it is, into another one.

        Parameters
        ----------
        path : path
            Of a file that is not there yet.
        """
        with open(path, "xb") as file:
            for offset in range(0, self.status().st_size, _METADATA):
                file.write(self._read(offset, _METADATA))

    # What HDF5 has written

    def commit(self):
        """Bring what HDF5 has written to the disk, all of it or nothing.

        Raises
        ------
        OSError
            The file is as it was, or tells at its end what is to be changed; nothing more is
            written into it.
        """
        self.hdf5.flush()
        self._commit()

    def _commit(self):
        if self._error is not None:
            raise self._error
        try:
            size = self.status().st_size
            if self._wanted > size:
                os.ftruncate(self._file, self._wanted)
            self._bring(max(size, self._wanted))
            if self._wanted < self.status().st_size:
                os.ftruncate(self._file, self._wanted)
        except OSError as error:
            self._error = error
            raise
        self._end = self._wanted
        self._staged.clear()
        self._left.clear()

    def _bring(self, size):
        """What lies in new space first, then the rest, over older bytes, by way of a journal."""
        changes = {**self._staged, 0: self._head()}.items() if not self._new else []
        changes = [(o, data) for o, data in changes if self._read(o, len(data)) != data]
        changes.sort(key=_rank)
        old = [change for change in changes if change[0] < self._end]
        for offset, data in changes:
            if offset >= self._end:
                self._write(offset, memoryview(data))
        if not old:  # nothing leads there yet
            return
        if len(old) > 1 or not _in_a_sector(*old[0]):
            self._write_journal(old, size)
        elif len(changes) > 1:
            self.sync()
        for offset, data in old:
            self._write(offset, memoryview(data))
        self.sync()

    def _write_journal(self, changes, size):
        """Changes behind the end of a file, and on the disk."""
        journal, start = _journal.packed(changes), size + -size % _journal.SECTOR
        try:
            if len(journal) > _journal.LARGEST:
                raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
            self._write(start, memoryview(journal))
            self.sync()
        except OSError:
            os.ftruncate(self._file, size)
            raise

    def _head(self):
        """The superblock with the flags of a writer whom readers may follow, or of none."""
        head = self._staged.get(0) or self._read(0, _superblock.SIZE)
        return _superblock.marked(head) if self.live else _superblock.repaired(head, 0)

    def close(self, keep=True):
        """Close the file, HDF5's side first.

        Parameters
        ----------
        keep : bool
            Whether what HDF5 has written since the last commit is to stay.

        Raises
        ------
        OSError
        """
        atexit.unregister(self.hdf5.close)
        try:
            self.hdf5.close()
            if keep:
                self.sync()  # a file that says it is closed is whole
                self._commit()
                self.sync()
        finally:
            os.close(self._file)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.close(keep=kind is None)

    # What h5py asks of an object that is a file; nothing of it fails

    def seek(self, offset, whence=os.SEEK_SET):
        end = max(self._wanted, self._end)
        self._position = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._position}.get(whence, end)
        return self._position

    def tell(self):
        return self._position

    def read(self, size):
        buffer = bytearray(size)
        return bytes(buffer[: self.readinto(buffer)])

    def readinto(self, buffer):
        view = memoryview(buffer).cast("B")
        if self._position in self._left:
            self._position += len(view)
            return len(view)
        found = self._read(self._position, len(view))
        view[: len(found)] = found
        view[len(found) :] = bytes(len(view) - len(found))  # reserved and not written yet
        _journal.put_into(view, self._position, self._staged.items())
        self._position += len(view)
        return len(view)

    def _read(self, offset, size):
        """So many bytes of the disk, or those up to its end."""
        parts = []
        while size and (part := _system.read(self._file, size, offset)):
            parts.append(part)
            offset, size = offset + len(part), size - len(part)
        return b"".join(parts)

    def write(self, buffer):
        if self._position in self._left:
            self._position += len(buffer)
            return len(buffer)
        data, offset = bytes(buffer), self._position
        self._position += len(data)
        if self._new and self._error is None:
            try:
                self._write(offset, memoryview(data))
                return len(data)
            except OSError as error:
                self._error = error
        if not self._new or len(data) <= _METADATA:  # else of a draft that is lost
            self._stage(offset, data)
        return len(data)

    def _stage(self, offset, data):
        """Keep bytes until they are committed; where others are kept they go over them."""
        end = offset + len(data)
        for other in [o for o, kept in self._staged.items() if o < end and offset < o + len(kept)]:
            kept = self._staged.pop(other)
            first = min(other, offset)
            whole = bytearray(max(other + len(kept), end) - first)
            whole[other - first : other - first + len(kept)] = kept
            whole[offset - first : offset - first + len(data)] = data
            offset, data = first, bytes(whole)
        self._staged[offset] = data

    def truncate(self, size):
        self._wanted = size

    def flush(self):
        pass


def _rank(change):
    """Where in the order of writing a change comes: what points to others behind them."""
    offset, data = change
    if not offset:
        return len(_ORDER) + 1
    return _ORDER.index(data[:4]) + 1 if data[:4] in _ORDER else 0


def _in_a_sector(offset, data):
    return offset // _journal.SECTOR == (offset + len(data) - 1) // _journal.SECTOR
