"""Checksums of a sweep's file: one for each row of each column, and one of all that never changes.

A row is written once, and so is its checksum. What lies outside of the columns (the words of the
sweep, its coordinates, HDF5's own index) is there from the beginning and stays as it is.
"""

import os
from zlib import crc32

import numpy as np

_CHUNK = 1 << 24


def of_rows(numbers, rows):
    """CRC-32 (n,) of rows (n, …), each begun from the row's number, so that none can be swapped.

    Parameters
    ----------
    numbers : array (n,)
        Of the rows, in their column.
    rows : array (n, …)
    """
    n = len(rows)
    if not n:
        return np.zeros(0, np.uint32)
    flat = np.ascontiguousarray(rows).reshape(n, -1).view(np.uint8)
    width = flat.shape[1]
    data = memoryview(flat.reshape(-1))
    checks = (
        crc32(data[i * width : (i + 1) * width], int(k) & 0xFFFFFFFF) for i, k in enumerate(numbers)
    )
    return np.fromiter(checks, np.uint32, n)


def of_the_rest(path, places):
    """CRC-32 of all bytes of a file that belong to no place.

    Parameters
    ----------
    path : str
    places : iterable of Place
    """
    taken = sorted((p.offset, p.offset + p.nbytes) for p in places if p.nbytes)
    check, at, size = 0, 0, os.path.getsize(path)
    with open(path, "rb") as file:
        for begin, end in [*taken, (size, size)]:
            file.seek(at)
            while at < begin:
                part = file.read(min(_CHUNK, begin - at))
                if not part:
                    break
                check, at = crc32(part, check), at + len(part)
            at = max(at, end)
    return check
