"""The header of a group or data set, looked at without HDF5, and the indices that it leads to.

HDF5 reads with little care what it opens: what it would not have written itself is refused before.
Of many attributes it makes a heap with B-trees over it, by which a forged file can break it all the
same. Files that flownet makes now have theirs in headers; its first files did not, nor need a file
that was made to do harm.
"""

import struct

from ..._errors import FlownetError
from ._indices import NO_PLACE, look_at_attributes, look_at_blocks, look_at_links

_LINK_INFO, _LAYOUT, _CONTINUATION, _ATTRIBUTE_INFO = 0x02, 0x08, 0x10, 0x15
#: numbers in other files, filters, links as HDF5 kept them before 1.8
_NOT_OURS = {0x07, 0x0B, 0x11}
_CHUNKED, _VIRTUAL = 2, 3  # of the layouts
_OLD = 1  # version of a header, as it was before HDF5 1.8 and is where a program asks for no newer
_LARGEST, _MOST = 1 << 22, 1024  # bytes of a header, and pieces


def look_at(flat, place):
    """Look at a header and at all that HDF5 reads beside it, and say whether that has a heap.

    Parameters
    ----------
    flat : FlatFile
    place : int

    Returns
    -------
    bool
        Whether its attributes are in a heap.

    Raises
    ------
    FlownetError
        HDF5, as flownet uses it, would not have written it so.
    """
    try:
        messages = list(_messages(flat, place))
        if any(kind in _NOT_OURS for kind, _ in messages):
            raise _not_ours(flat)
        found = [_look_at(flat, kind, data) for kind, data in messages]
        return any(found)
    except (struct.error, IndexError):
        raise FlownetError(f"{flat.name} is damaged: no header is at byte {place}.") from None


def _messages(flat, place):
    """Kind and bytes of each message of a header (version 2), over all of its pieces."""
    head = _bytes(flat, place, 64)
    if head[0] == _OLD:
        raise _not_ours(flat)
    if head[:5] != b"OHDR\x02":
        raise IndexError
    flags = head[5]
    at = 6 + 16 * bool(flags & 0x20) + 4 * bool(flags & 0x10)
    width = 1 << (flags & 3)
    length = int.from_bytes(head[at : at + width], "little")
    pieces, total = [(place + at + width, length)], 0
    for done, (begin, length) in enumerate(pieces):
        total += length
        if done > _MOST or not 0 <= length <= total <= _LARGEST:
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


def _look_at(flat, kind, data):
    """Look at what a message leads to, and say whether it is a heap of attributes."""
    if kind == _LINK_INFO:
        look_at_links(flat, *_places(data, 2 + 8 * (data[1] & 1), data[1] & 2))
    elif kind == _ATTRIBUTE_INFO:
        places = _places(data, 2 + 2 * (data[1] & 1), data[1] & 2)
        look_at_attributes(flat, *places)
        return places[0] != NO_PLACE
    elif kind == _LAYOUT:
        _look_at_layout(flat, data)
    return False


def _places(data, at, in_order):
    """Where the heap and the B-trees over it begin: by names and, if it says one, by order."""
    return struct.unpack_from("<QQQ" if in_order else "<QQ", data, at)


def _look_at_layout(flat, data):
    version, layout = data[0], data[1]
    if version < 3 or layout == _VIRTUAL or (layout == _CHUNKED and version < 4):
        raise _not_ours(flat)
    if layout == _CHUNKED:
        dimensions, width = data[3], data[4]
        at = 5 + dimensions * width
        kind = data[at]
        more = {1: 12 * bool(data[2] & 2), 2: 0, 3: 1, 4: 5, 5: 6}.get(kind)
        if more is None:
            raise _not_ours(flat)
        (place,) = struct.unpack_from("<Q", data, at + 1 + more)
        look_at_blocks(flat, kind, place, dimensions - 1)


def _not_ours(flat):
    return FlownetError(f"{flat.name} is an HDF5 file, but not stored the way flownet stores one.")


def _bytes(flat, place, size):
    buffer = bytearray(size)
    flat.read_into(min(place, NO_PLACE >> 1), buffer)
    return bytes(buffer)
