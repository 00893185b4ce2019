"""One operand of a product by tiles: from memory into registers, and on into shared memory.

An operand has `side` rows of a tile and its depth. In shared memory the numbers of one depth lie
side by side, those of the next one `side + PAD` further on, so that columns fall on different
banks. A thread carries four numbers of every tile, always from the same place of it.
"""

import numpy as np

from ...._compile._cuda import cuda, load1, load4, store1, store4

PAD = 4
NEVER = np.int32(2**31 - 1)  # a depth that no product has


def _make_place(side, depth, along_k):
    """Device function: row and depth of the four that a thread carries; by shifts alone."""
    lane = depth // 4 if along_k else side // 4
    bits, mask = lane.bit_length() - 1, lane - 1

    @cuda.jit(device=True)
    def place():
        one, other = cuda.threadIdx.x >> bits, (cuda.threadIdx.x & mask) * 4
        return (one, other) if along_k else (other, one)

    return place


def make_share(side, depth, along_k):
    """Device function: where a thread's four lies in any tile of an operand, and when it is there.

    Called with how far the operand's rows are apart (along K or across it), and how many rows are
    left from the tile's first on. It returns the place, how many rows are left from it on, and the
    depth that has to be left for it: what is told once needs few registers, the rest of an address
    is the block's.
    """
    place, fours = _make_place(side, depth, along_k), side * depth // 4

    @cuda.jit(device=True)
    def share(apart, rows):
        row, deep = place()
        carries = row < rows and cuda.threadIdx.x < fours
        at = row * apart + deep if along_k else deep * apart + row
        return np.int32(at), np.int32(rows - row), np.int32(deep if carries else NEVER)

    return share


def make_fetch(real, along_k, wide):
    """Device function: the four numbers of a thread, from memory into registers; zeros outside.

    Called with the flat array, where the tile begins in it, the depth that is left from there on,
    what `share` returned, and the registers.
    """
    zero = real(0)

    @cuda.jit(device=True)
    def fetch(array, begin, left, at, rows, deep, into):
        for e in range(4):
            into[e] = zero
        if wide:
            if left > deep:
                into[0], into[1], into[2], into[3] = load4(array, begin + at)
        elif left > deep:
            for e in range(4):
                if (deep + e < left) if along_k else (e < rows):
                    into[e] = load1(array, begin + at + e)

    return fetch


def make_put(side, depth, along_k):
    """Device function: what `fetch` brought, into shared memory from a place on."""
    place, fours, line = _make_place(side, depth, along_k), side * depth // 4, side + PAD

    @cuda.jit(device=True)
    def put(shared, begin, brought):
        row, deep = place()
        at = begin + deep * line + row
        if cuda.threadIdx.x < fours:
            if along_k:
                for e in range(4):
                    store1(shared, at + e * line, brought[e])
            else:
                store4(shared, at, brought[0], brought[1], brought[2], brought[3])

    return put
