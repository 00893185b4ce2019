"""Headers of HDF5's indices: where they begin, and how one is forged."""

import struct

from flownet.store.bytes import _superblock

#: bytes of each header before its checksum, as the format's specification counts them
SIZES = {b"BTHD": 34, b"FRHP": 142, b"FSHD": 78, b"EAHD": 68, b"FAHD": 24}
BIG = 0xFF005500


def headers(data, signature, kind=None):
    """Where the headers of an index begin; those of B-trees of one kind."""
    at = data.find(signature)
    while at >= 0:
        if kind in (None, data[at + 5]):
            yield at
        at = data.find(signature, at + 1)


def forged(data, at, offset, width, value):
    """Another number in a header, under the right checksum."""
    data, signature = bytearray(data), bytes(data[at : at + 4])
    data[at + offset : at + offset + width] = value.to_bytes(width, "little")
    size = SIZES[signature]
    if signature == b"FRHP" and (filters := data[at + 7]):
        size += 12 + filters  # what it says of them comes before the checksum
    checksum = _superblock.lookup3(bytes(data[at : at + size]))
    data[at + size : at + size + 4] = struct.pack("<I", checksum)
    return data
