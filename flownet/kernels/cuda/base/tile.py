"""One matrix product for all: C = A·Bᵀ by tiles, each read once into shared memory by its block.

While a block multiplies a tile, its threads have the next one on the way, and two buffers make one
barrier a tile enough. Each thread keeps a small square of C in registers. Numbers travel four at a
time where rows begin at multiples of four. What is done to C at the end is part of the kernel.
"""

from collections import namedtuple

import numpy as np

from ...._compile._cuda import ALIGNED, SIMULATED, cuda, device, load1, load4, store1, store4
from ...scalar.activation import BODIES
from . import elementary  # noqa: F401  stands for plain functions: before any body is made
from .launch import kernel

#: rows and columns of a tile and its depth; rows and columns of each thread
Tile = namedtuple("Tile", "rows cols depth own_rows own_cols")

#: from the largest one down; in the simulator each thread is one of Python's
TILES = [
    Tile(128, 128, 8, 8, 8),
    Tile(128, 64, 8, 8, 4),
    Tile(64, 64, 8, 4, 4),
    Tile(16, 16, 16, 1, 1),
]
if SIMULATED:
    TILES = [Tile(8, 8, 4, 4, 4), Tile(4, 4, 4, 2, 2)]

#: along which index A (M, K) and B (N, K) are contiguous: of a product, a pullback, a covector
AS_ROWS, AS_PULLED, AS_COLUMNS = (True, True), (True, False), (False, False)

#: what becomes of C: as it is, or C times what was there; from 0 on codes of activations
PLAIN, TIMES = -1, -2


def threads_of(tile):
    """Threads of a block."""
    return (tile.rows // tile.own_rows) * (tile.cols // tile.own_cols)


def is_wide(*numbers):
    """Whether rows of such lengths, at such places, begin at multiples of four."""
    return all(number % 4 == 0 for number in numbers)


def variants():
    """Those that a test compiles: every tile with every layout, every activation once."""
    layouts = ((AS_ROWS, 1), (AS_PULLED, TIMES), (AS_COLUMNS, PLAIN))
    found = [(layout, tile, True, end) for tile in TILES for layout, end in layouts]
    found += [(layout, TILES[-1], False, end) for layout, end in layouts]
    return [*found, *((AS_ROWS, TILES[-2], False, code) for code in range(len(BODIES)))]


def _group(numbers):
    return min(4, numbers)


@kernel("r[] i8 r[] i8 r[] i8 i8 r[] i8 i8 i8 i8 i8 i8 i8", variants=variants())
def tiled(real, layout, tile, wide, end):
    """C (M, N) ← A·Bᵀ + bias, then what the end is; block z takes its chunk of K.

    Arguments: each array with the place where it begins; the place of the bias in B's array, below
    0 for none; where slopes go; M, N, K; a chunk; how far C's parts are apart; whether C adds up.
    """
    a_along_k, b_along_k = layout
    BM, BN, BK, TM, TN = tile
    GM, GN = _group(TM), _group(TN)  # rows and columns of a thread that lie together
    across, threads = BN // TN, threads_of(tile)
    LA, LB = BM + 4, BN + 4  # a little more, so that columns fall on different banks
    FA, FB = BM * BK // 4, BN * BK // 4  # fours of a tile
    VA, VB = -(-FA // threads), -(-FB // threads)  # of each thread, the last ones not of all
    SA, SB = BK * LA, BK * LB
    both_a, both_b, mine, on_way_a, on_way_b = 2 * SA, 2 * SB, TM * TN, 4 * VA, 4 * VB
    zero = real(0)
    has_body = end >= 0
    body = device(BODIES[max(end, 0)], real)

    def product(c, c_at, a, a_at, b, b_at, bias_at, slope, slope_at, m, n, k, chunk, stride, add):
        sa = cuda.shared.array(both_a, real, alignment=ALIGNED)
        sb = cuda.shared.array(both_b, real, alignment=ALIGNED)
        acc = cuda.local.array(mine, real)
        ra = cuda.local.array(TM, real)
        rb = cuda.local.array(TN, real)
        na = cuda.local.array(on_way_a, real)  # the next tile, on its way
        nb = cuda.local.array(on_way_b, real)
        out = cuda.local.array(4, real)
        old = cuda.local.array(4, real)
        tid = cuda.threadIdx.x
        tx, ty = tid % across, tid // across
        row0, col0 = cuda.blockIdx.x * BM, cuda.blockIdx.y * BN
        first = cuda.blockIdx.z * chunk
        last = min(first + chunk, k)
        for i in range(mine):
            acc[i] = zero
        tiles = (last - first + BK - 1) // BK
        for t in range(tiles + 1):
            if t < tiles:
                for v in range(VA):
                    i = tid + v * threads
                    row = i // (BK // 4) if a_along_k else i % (BM // 4) * 4
                    kk = i % (BK // 4) * 4 if a_along_k else i // (BM // 4)
                    gm, gk = row0 + row, first + t * BK + kk
                    for e in range(4):
                        na[4 * v + e] = zero
                    if wide:
                        if i < FA and gm < m and gk < last:
                            at = a_at + (gm * k + gk if a_along_k else gk * m + gm)
                            na[4 * v], na[4 * v + 1], na[4 * v + 2], na[4 * v + 3] = load4(a, at)
                    elif i < FA:
                        for e in range(4):
                            if a_along_k:
                                if gm < m and gk + e < last:
                                    na[4 * v + e] = load1(a, a_at + gm * k + gk + e)
                            elif gm + e < m and gk < last:
                                na[4 * v + e] = load1(a, a_at + gk * m + gm + e)
                for v in range(VB):
                    i = tid + v * threads
                    col = i // (BK // 4) if b_along_k else i % (BN // 4) * 4
                    kk = i % (BK // 4) * 4 if b_along_k else i // (BN // 4)
                    gn, gk = col0 + col, first + t * BK + kk
                    for e in range(4):
                        nb[4 * v + e] = zero
                    if wide:
                        if i < FB and gn < n and gk < last:
                            at = b_at + (gn * k + gk if b_along_k else gk * n + gn)
                            nb[4 * v], nb[4 * v + 1], nb[4 * v + 2], nb[4 * v + 3] = load4(b, at)
                    elif i < FB:
                        for e in range(4):
                            if b_along_k:
                                if gn < n and gk + e < last:
                                    nb[4 * v + e] = load1(b, b_at + gn * k + gk + e)
                            elif gn + e < n and gk < last:
                                nb[4 * v + e] = load1(b, b_at + gk * n + gn + e)
            if t > 0:
                buffer = (t - 1) % 2
                for kk in range(BK):
                    for g in range(TM // GM):
                        at = buffer * SA + kk * LA + g * (BM // TM * GM) + ty * GM
                        if GM == 4:
                            ra[4 * g], ra[4 * g + 1], ra[4 * g + 2], ra[4 * g + 3] = load4(sa, at)
                        else:
                            for e in range(GM):
                                ra[GM * g + e] = load1(sa, at + e)
                    for g in range(TN // GN):
                        at = buffer * SB + kk * LB + g * (BN // TN * GN) + tx * GN
                        if GN == 4:
                            rb[4 * g], rb[4 * g + 1], rb[4 * g + 2], rb[4 * g + 3] = load4(sb, at)
                        else:
                            for e in range(GN):
                                rb[GN * g + e] = load1(sb, at + e)
                    for i in range(TM):
                        for j in range(TN):
                            acc[i * TN + j] += ra[i] * rb[j]
            if t < tiles:
                buffer = t % 2
                for v in range(VA):
                    i = tid + v * threads
                    if i < FA:
                        if a_along_k:
                            at = buffer * SA + i % (BK // 4) * 4 * LA + i // (BK // 4)
                            for e in range(4):
                                store1(sa, at + e * LA, na[4 * v + e])
                        else:
                            at = buffer * SA + i // (BM // 4) * LA + i % (BM // 4) * 4
                            store4(sa, at, na[4 * v], na[4 * v + 1], na[4 * v + 2], na[4 * v + 3])
                for v in range(VB):
                    i = tid + v * threads
                    if i < FB:
                        if b_along_k:
                            at = buffer * SB + i % (BK // 4) * 4 * LB + i // (BK // 4)
                            for e in range(4):
                                store1(sb, at + e * LB, nb[4 * v + e])
                        else:
                            at = buffer * SB + i // (BN // 4) * LB + i % (BN // 4) * 4
                            store4(sb, at, nb[4 * v], nb[4 * v + 1], nb[4 * v + 2], nb[4 * v + 3])
                cuda.syncthreads()
        c_at += cuda.blockIdx.z * stride
        for i in range(TM):
            r = row0 + i // GM * (BM // TM * GM) + ty * GM + i % GM
            if r < m:
                for g in range(TN // GN):
                    col = col0 + g * (BN // TN * GN) + tx * GN
                    at = c_at + r * n + col
                    if end == TIMES or add != 0:
                        if wide and GN == 4:
                            if col < n:
                                old[0], old[1], old[2], old[3] = load4(c, at)
                        else:
                            for e in range(GN):
                                if col + e < n:
                                    old[e] = load1(c, at + e)
                    for e in range(GN):
                        z = acc[i * TN + g * GN + e]
                        if bias_at >= 0 and col + e < n:
                            z += load1(b, bias_at + col + e)
                        if end == TIMES:
                            z *= old[e]
                        elif add != 0:
                            z += old[e]
                        if has_body:
                            value, tangent, _, _ = body(z)
                            out[e], old[e] = value, tangent
                        else:
                            out[e] = z
                    if wide and GN == 4:
                        if col < n:
                            store4(c, at, out[0], out[1], out[2], out[3])
                            if has_body:
                                to = slope_at + r * n + col
                                store4(slope, to, old[0], old[1], old[2], old[3])
                    else:
                        for e in range(GN):
                            if col + e < n:
                                store1(c, at + e, out[e])
                                if has_body:
                                    store1(slope, slope_at + r * n + col + e, old[e])

    return product


def grid_of(tile, m, n, parts=1):
    """Shape of a launch."""
    return (-(-m // tile.rows), -(-n // tile.cols), parts), threads_of(tile)


def _usable(dtype):
    """Tiles of a real type: of float64 the largest would not fit into registers."""
    return TILES if np.dtype(dtype).itemsize == 4 or SIMULATED else TILES[1:]


BUSY = 2 if SIMULATED else 128  # blocks that keep a device busy: a number of its own for no device
_EDGE = 3 if SIMULATED else 48  # rows and columns at least, of what is worth a large tile


def tile_for(dtype, m, n, parts=1):
    """The largest tile of which there are enough; the smallest for what is narrow."""
    *larger, smallest = _usable(dtype)
    if min(m, n) < _EDGE:
        return smallest
    for tile in larger:
        (blocks, across, _), _ = grid_of(tile, m, n)
        if blocks * across * parts >= BUSY:
            return tile
    return larger[-1]
