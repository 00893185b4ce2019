"""Tiles of a matrix product: which there are, the grid of a launch, and which one a shape wants."""

from collections import namedtuple
from math import ceil

import numpy as np

from ...._compile._cuda import SIMULATED

#: rows and columns of a tile and its depth; rows and columns of each thread; in how many slices of
#: the depth the threads share the sums of a tile
Tile = namedtuple("Tile", "rows cols depth own_rows own_cols slices")

#: from the largest one down; in the simulator each thread is one of Python's
TILES = [
    Tile(128, 128, 8, 8, 8, 1),
    Tile(64, 64, 16, 8, 4, 2),
    Tile(32, 32, 32, 4, 4, 4),
    Tile(16, 16, 64, 2, 2, 4),
]
if SIMULATED:
    TILES = [Tile(8, 8, 4, 4, 2, 1), Tile(4, 4, 4, 2, 2, 2)]


def threads_of(tile):
    """Threads of a block."""
    return (tile.rows // tile.own_rows) * (tile.cols // tile.own_cols) * tile.slices


def grid_of(tile, m, n, parts=1):
    """Shape of a launch."""
    return (-(-m // tile.rows), -(-n // tile.cols), parts), threads_of(tile)


def is_wide(*numbers):
    """Whether rows of such lengths, at such places, begin at multiples of four."""
    return all(number % 4 == 0 for number in numbers)


def _usable(dtype):
    """Tiles of a real type: of float64 the largest would not fit into registers."""
    return TILES if np.dtype(dtype).itemsize == 4 or SIMULATED else TILES[1:]


#: blocks from which a tile is quicker than a smaller one, as an H200 of 132 processors showed; two
#: of the largest have to share one. Numbers of their own for no device: shapes alone decide
_ENOUGH = dict(zip(TILES, (2, 1) if SIMULATED else (224, 128, 96, 1)))
_BUSY = 2 if SIMULATED else 128  # blocks that a split sum should have at least
_PART = 4 if SIMULATED else 128  # samples that a part of it has at least
_EDGE = 3 if SIMULATED else 24  # rows and columns at least, of what is worth a larger tile


def _blocks(tile, m, n):
    (down, across, _), _ = grid_of(tile, m, n)
    return down * across


def tile_for(dtype, m, n, parts=1):
    """The largest tile of which there are enough; the smallest for what is narrow."""
    *larger, smallest = _usable(dtype)
    if min(m, n) >= _EDGE:
        for tile in larger:
            if _blocks(tile, m, n) * parts >= _ENOUGH[tile]:
                return tile
    return smallest


def split(dtype, m, n, samples):
    """Tile of a sum over samples, in how many parts it is split, and samples of each."""
    most = max(1, samples // _PART)
    tile = tile_for(dtype, m, n, parts=most)
    parts = min(most, ceil(max(_ENOUGH[tile], _BUSY) / _blocks(tile, m, n)))
    chunk = ceil(ceil(samples / parts) / tile.depth) * tile.depth
    return tile, ceil(samples / chunk), chunk
