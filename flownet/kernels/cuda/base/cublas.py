"""Products by cuBLAS in place of flownet's own, for those who name it: `device="cuda+cublas"`.

Its matrices lie column by column, ours row by row: what is Cᵀ = B·Aᵀ to it is our C = A·Bᵀ.
"""

import numpy as np

from ...._compile._cuda_blas import Cublas
from .current import number, place, stream
from .finish import finish, times
from .launch import over
from .mirror import empty
from .tiled import PLAIN, TIMES

NAME = "cublas"

_handles = {}  # of each device
_rooms = {}  # (device, real type) -> arrays, from the least one up: graphs know their addresses


def is_named():
    """Whether it is who multiplies on the device at hand."""
    return place()[1] == NAME


def cublas():
    """cuBLAS of the device at hand.

    Raises
    ------
    FlownetError
        Where it is not there: one line that says what would help.
    """
    if number() not in _handles:
        _handles[number()] = Cublas(stream())
    return _handles[number()]


def _room(count, dtype):
    """Room for so many numbers, until the next product."""
    rooms = _rooms.setdefault((number(), np.dtype(dtype)), [])
    if not rooms or rooms[-1].size < count:
        rooms.append(empty(1 << (count - 1).bit_length(), dtype))  # so that it is seldom too small
    return rooms[-1]


def multiply(layout, c, a, b, shape, *, bias=-1, slope=None, add=False, end=PLAIN):
    """C (M, N) ← A·Bᵀ + bias, then what the end is: what `tile.tiled` does, by cuBLAS.

    Parameters
    ----------
    layout : (bool, bool)
        Whether A (M, K) and B (N, K) are contiguous along K.
    c, a, b, slope : (array, int)
        Each from a place on.
    shape : (int, int, int)
        M, N, K.
    bias : int
        Place of the bias in B's array, below 0 for none.
    """
    (m, n, k), (a_along_k, b_along_k) = shape, layout
    out = (_room(m * n, c[0].dtype), 0) if end == TIMES else c
    cublas().gemm(out, b, a, (b_along_k, not a_along_k), n, m, k, add)
    if end == TIMES:
        times(over(m * n), *c, *out, m * n)
    elif bias >= 0 or end != PLAIN:
        where = c if slope is None else slope
        finish(over(m * n), *c, b[0], bias, *where, n, m * n, variant=(end,))
