"""The header of a group or data set, looked at without HDF5: are its attributes in a heap?

Of many attributes HDF5 makes a fractal heap with B-trees over it, by which a forged file can break
it. Files that flownet makes now have theirs in headers; its first files did not, nor need a file
that was made to do harm.
"""

import struct

_NO_PLACE = (1 << 64) - 1
_CONTINUATION, _ATTRIBUTE_INFO = 0x10, 0x15
_LARGEST, _MOST = 1 << 20, 64  # bytes of a piece of a header, and pieces


def in_a_heap(flat, place):
    """Whether the attributes of what has its header at a place are in a heap.

    Parameters
    ----------
    flat : FlatFile
    place : int

    Returns
    -------
    bool
        True too of a header that is none: HDF5 is to look at it with care.
    """
    try:
        return any(_heap_of(kind, data) for kind, data in _messages(flat, place))
    except (struct.error, IndexError):
        return True


def _messages(flat, place):
    """Kind and bytes of each message of a header (version 2), over all of its pieces."""
    head = _bytes(flat, place, 64)
    if head[:5] != b"OHDR\x02":
        raise IndexError
    flags = head[5]
    at = 6 + 16 * bool(flags & 0x20) + 4 * bool(flags & 0x10)
    width = 1 << (flags & 3)
    length = int.from_bytes(head[at : at + width], "little")
    pieces = [(place + at + width, length)]
    for done, (begin, length) in enumerate(pieces):
        if done > _MOST or length > _LARGEST:
            raise IndexError
        piece, at = _bytes(flat, begin, length), 0
        while at + 4 + 2 * bool(flags & 4) <= length:
            kind, size = struct.unpack_from("<BH", piece, at)
            at += 4 + 2 * bool(flags & 4)
            data = piece[at : at + size]
            at += size
            if kind == _CONTINUATION:
                offset, more = struct.unpack_from("<QQ", data)
                pieces.append((offset + 4, more - 8))  # between its signature and its checksum
            yield kind, data


def _heap_of(kind, data):
    """Whether a message says where a heap of attributes is."""
    if kind != _ATTRIBUTE_INFO:
        return False
    at = 2 + 2 * (data[1] & 1)
    return struct.unpack_from("<Q", data, at)[0] != _NO_PLACE


def _bytes(flat, place, size):
    buffer = bytearray(min(max(size, 0), _LARGEST))
    flat.read_into(place, buffer)
    return bytes(buffer)
