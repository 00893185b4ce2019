"""The first 48 bytes of an HDF5 file: what a killed writer leaves behind there, and its repair.

A file open for writing carries consistency flags in its superblock (version 3), and a killed
writer leaves them set. It also leaves the recorded end of the file where the last complete flush
put it, behind what was allocated since: opened like that for writing, the next allocation
would overwrite recorded rows. So the repair does both: it clears the flags and moves the end.
"""

import os
import struct

from ..._errors import FlownetError
from . import _journal

SIZE = 48
SIGNATURE = b"\x89HDF\r\n\x1a\n"
FLAGS = 11  # offset of the consistency flags
END = 28  # offset of the end-of-file address, 8 bytes
ROOT = 36  # where the header of the root group begins, 8 bytes
CHECKSUM = 44  # offset of the lookup3 checksum of everything before it
GAP = 16 << 20  # more than a writer reserves ahead of what it has written
_MASK = 0xFFFFFFFF
_NO_PLACE = (1 << 64) - 1  # of an extension of the superblock, which no file of ours has


def lookup3(data, seed=0):
    """Bob Jenkins' lookup3 hash ("hashlittle") of some bytes, the checksum of HDF5 metadata.

    Parameters
    ----------
    data : bytes
    seed : int

    Returns
    -------
    int
        32 bits.
    """
    a = b = c = (0xDEADBEEF + len(data) + seed) & _MASK
    if not data:
        return c
    padded = data + bytes(-len(data) % 12)
    words = struct.unpack(f"<{len(padded) // 4}I", padded)
    for k in range(0, len(words) - 3, 3):
        a, b, c = _mix(
            (a + words[k]) & _MASK, (b + words[k + 1]) & _MASK, (c + words[k + 2]) & _MASK
        )
    return _final((a + words[-3]) & _MASK, (b + words[-2]) & _MASK, (c + words[-1]) & _MASK)


def _rotate(x, bits):
    return ((x << bits) | (x >> (32 - bits))) & _MASK


def _mix(a, b, c):
    """Stir three words reversibly; the names rotate once per turn."""
    for bits in (4, 6, 8, 16, 19, 4):
        a = ((a - c) & _MASK) ^ _rotate(c, bits)
        c = (c + b) & _MASK
        a, b, c = b, c, a
    return a, b, c


def _final(a, b, c):
    """Fold three words into one; the names rotate once per turn."""
    for bits in (14, 11, 25, 16, 4, 14, 24):
        c = ((c ^ b) - _rotate(b, bits)) & _MASK
        a, b, c = b, c, a
    return b  # the word of the last turn, after its names rotated


def check(head, size, name):
    """Refuse what is no HDF5 file of ours by its first bytes.

    Parameters
    ----------
    head : bytes
        The first 48 bytes, or what there is of them.
    size : int
        Of the file.
    name : str
        Of the file, for the error.

    Raises
    ------
    FlownetError
        Not HDF5, an older HDF5 format, damaged, or cut short.
    """
    if head[:8] != SIGNATURE:
        raise FlownetError(f"{name} is not an HDF5 file." if head else f"{name} is empty.")
    if len(head) < SIZE:
        raise FlownetError(f"{name} is cut short: only {size} bytes are left.")
    if head[8] != 3 or head[9] != 8 or head[10] != 8:
        raise FlownetError(f"{name} is an HDF5 file, but not one that flownet wrote.")
    if struct.unpack_from("<I", head, CHECKSUM)[0] != lookup3(head[:CHECKSUM]):
        raise FlownetError(f"{name} is damaged: the checksum of its first block is wrong.")
    if head[12:28] != struct.pack("<QQ", 0, _NO_PLACE):  # a base, or an extension
        raise FlownetError(f"{name} is an HDF5 file, but not one that flownet wrote.")
    if end(head) > size + (GAP if head[FLAGS] else 0):
        raise FlownetError(f"{name} is cut short: {size} of {end(head)} bytes are left.")


def closed(head):
    """Whether its writer closed the file.

    Parameters
    ----------
    head : bytes
        Checked first bytes.

    Returns
    -------
    bool
    """
    return head[FLAGS] == 0


def end(head):
    """Where the file ends, by its own account.

    Parameters
    ----------
    head : bytes
        Checked first bytes.

    Returns
    -------
    int
    """
    return struct.unpack_from("<Q", head, END)[0]


def root(head):
    """Where the header of the root group begins.

    Parameters
    ----------
    head : bytes
        Checked first bytes.

    Returns
    -------
    int
    """
    return struct.unpack_from("<Q", head, ROOT)[0]


def repaired(head, size):
    """First bytes with no flag set, an end that covers the whole file, and the right checksum.

    Parameters
    ----------
    head : bytes
        Checked first bytes.
    size : int
        Of the file.

    Returns
    -------
    bytes
        Of length 48.
    """
    head = bytearray(head)
    head[FLAGS] = 0
    struct.pack_into("<Q", head, END, max(end(head), size))
    struct.pack_into("<I", head, CHECKSUM, lookup3(bytes(head[:CHECKSUM])))
    return bytes(head)


def marked(head):
    """First bytes with the flags of a writer whom readers may follow, and the right checksum.

    Parameters
    ----------
    head : bytes
        Checked first bytes.

    Returns
    -------
    bytes
        Of length 48.
    """
    head = bytearray(head)
    head[FLAGS] = 5  # open for writing, by SWMR
    struct.pack_into("<I", head, CHECKSUM, lookup3(bytes(head[:CHECKSUM])))
    return bytes(head)


def anew(size, root):
    """First bytes of a file of ours, as they are after it was closed.

    Parameters
    ----------
    size : int
        Of the file.
    root : int
        Where the header of the root group begins.

    Returns
    -------
    bytes
        Of length 48.
    """
    head = SIGNATURE + bytes([3, 8, 8, 0]) + struct.pack("<QQQQ", 0, _NO_PLACE, size, root)
    return head + struct.pack("<I", lookup3(head))


def mark(path):
    """Set the flags of a writer, as one that was killed leaves them.

    Parameters
    ----------
    path : path

    Raises
    ------
    OSError
    """
    with open(path, "r+b", buffering=0) as file:
        head = file.read(SIZE)
        file.seek(0)
        file.write(marked(head))


def repair(path):
    """Clear what a killed writer left in the superblock; a closed file is not touched.

    Parameters
    ----------
    path : path
        Of a file that no living process writes.

    Raises
    ------
    FlownetError
        The file is no HDF5 file of ours, or damaged.
    """
    _journal.replay(path)
    with open(path, "r+b", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(SIZE)
        check(head, size, os.path.basename(path))
        if closed(head):
            return
        head = repaired(head, size)
        file.truncate(end(head))
        file.seek(0)
        file.write(head)
        os.fsync(file.fileno())
