"""The checksum of everything in a file but HDF5's own index: xxh3 of plain bytes, 64 bits."""

import numpy as np
import xxhash

from .._format import NUMBER


def plain_bytes(array):
    """Bytes of a contiguous array, no copy.

    Parameters
    ----------
    array : ndarray

    Returns
    -------
    (n,) uint8 ndarray
    """
    return array.reshape(-1).view("u1")


def checksum(*arrays):
    """Checksum of contiguous arrays, one behind the other.

    Parameters
    ----------
    *arrays : ndarray

    Returns
    -------
    int
    """
    total = xxhash.xxh3_64()
    for array in arrays:
        if array.size:
            total.update(plain_bytes(array))
    return total.intdigest()


def with_checksum(value):
    """A number of the state with its checksum.

    Parameters
    ----------
    value : int

    Returns
    -------
    () NUMBER ndarray
    """
    return np.array((value, checksum(np.array(value, "<i8"))), NUMBER)
