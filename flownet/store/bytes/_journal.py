"""Changes to a file, written down at its end before they are made: torn, they are made again.

HDF5 has no journal: a write that stops in the middle of a piece of its index leaves a checksum
that is wrong, and a file that no longer opens. So what is to be written over older bytes is first
written, whole and with a checksum, behind the end of the file. Whoever opens the file and finds it
there sees the changes as made, and whoever writes it makes them. A journal that is itself cut off
or torn is none: nothing was changed yet.
"""

import os
import struct

import xxhash

_TRAILER = struct.Struct("<8sQQQ")  # what it is, bytes in all, changes, checksum
_CHANGE = struct.Struct("<QQ")  # offset and length
_MAGIC = b"flownetJ"
SECTOR = 512  # bytes that a disk writes as one
LARGEST = 1 << 28


def packed(changes):
    """A journal, to be written from a multiple of `SECTOR` on, with nothing behind it.

    Parameters
    ----------
    changes : list of (int, bytes)
        Offsets and the bytes to come there.

    Returns
    -------
    bytes
    """
    body = b"".join(_CHANGE.pack(offset, len(data)) for offset, data in changes)
    body += b"".join(data for _, data in changes)
    body += bytes(-(len(body) + _TRAILER.size) % SECTOR)
    words = _MAGIC, len(body) + _TRAILER.size, len(changes)
    return body + _TRAILER.pack(*words, _digest(body, *words))


def _digest(body, *words):
    digest = xxhash.xxh3_64(body)
    digest.update(_TRAILER.pack(*words, 0))
    return digest.intdigest()


def find(read, size):
    """The journal at the end of a file.

    Parameters
    ----------
    read : callable
        Gives so many bytes from an offset on.
    size : int
        Of the file.

    Returns
    -------
    changes : list of (int, bytes)
        Empty where there is no journal.
    start : int
        Where it begins; the end of the file where there is none.
    """
    none = [], size
    if size < _TRAILER.size:
        return none
    trailer = read(size - _TRAILER.size, _TRAILER.size)
    if len(trailer) < _TRAILER.size:  # it has become shorter meanwhile
        return none
    magic, length, count, checksum = _TRAILER.unpack(trailer)
    if magic != _MAGIC or length % SECTOR or not _TRAILER.size <= length <= min(size, LARGEST):
        return none
    start, body = size - length, read(size - length, length - _TRAILER.size)
    if checksum != _digest(body, magic, length, count) or count * _CHANGE.size > len(body):
        return none
    changes, at = [], count * _CHANGE.size
    for place in range(0, count * _CHANGE.size, _CHANGE.size):
        offset, length = _CHANGE.unpack_from(body, place)
        if offset + length > start or at + length > len(body):
            return none
        changes.append((offset, body[at : at + length]))
        at += length
    return changes, start


def put_into(view, position, changes):
    """Make changes in what was read from a position of the file on.

    Parameters
    ----------
    view : memoryview of bytes
    position : int
    changes : iterable of (int, bytes)
    """
    for offset, data in changes:
        first, last = max(offset, position), min(offset + len(data), position + len(view))
        if first < last:
            view[first - position : last - position] = data[first - offset : last - offset]


def replay(path):
    """Make the changes that a file's journal tells of, if there is one, and take it away.

    Parameters
    ----------
    path : path
        Of a file that no living process writes.

    Raises
    ------
    OSError
    """
    with open(path, "r+b", buffering=0) as file:

        def read(offset, size):
            file.seek(offset)
            return file.read(size)

        changes, start = find(read, os.fstat(file.fileno()).st_size)
        if not changes:
            return
        for offset, data in changes:
            file.seek(offset)
            file.write(data)
        os.fsync(file.fileno())
        file.truncate(start)
