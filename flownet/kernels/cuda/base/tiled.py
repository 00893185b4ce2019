"""One matrix product for all: C = A·Bᵀ by tiles, each read once into shared memory by its block.

While a block multiplies a tile, its threads have the next one on the way, and two buffers make one
barrier a tile enough. Each thread keeps a small square of C in registers. Numbers travel four at a
time where rows begin at multiples of four. What is done to C at the end is part of the kernel.
"""

import numpy as np

from ...._compile._cuda import ALIGNED, cuda, device, load1, load4, store1, store4
from ...scalar.activation import BODIES
from . import elementary  # noqa: F401  stands for plain functions: before any body is made
from .launch import kernel
from .operand import PAD, make_fetch, make_put, make_share
from .tile import TILES, threads_of

#: along which index A (M, K) and B (N, K) are contiguous: of a product, a pullback, a covector
AS_ROWS, AS_PULLED, AS_COLUMNS = (True, True), (True, False), (False, False)

#: what becomes of C: as it is, or C times what was there; from 0 on codes of activations
PLAIN, TIMES = -1, -2

AT_ONCE = 512  # bytes of numbers that a thread adds, one behind the other in the code


def variants():
    """Those that a test compiles: every tile with every layout, every activation once."""
    layouts = ((AS_ROWS, 1), (AS_PULLED, TIMES), (AS_COLUMNS, PLAIN))
    found = [(layout, tile, True, end) for tile in TILES for layout, end in layouts]
    found += [(layout, TILES[-1], False, end) for layout, end in layouts]
    return [*found, *((AS_ROWS, TILES[-2], False, code) for code in range(len(BODIES)))]


def _group(numbers):
    return min(4, numbers)


def _in_turn(step, times):
    """Device function: `step` of a number, of the next one …, so many times; no loop is left."""
    if times == 1:
        return step
    half = times // 2
    some = _in_turn(step, half)

    @cuda.jit(device=True)
    def both(first, *args):
        some(first, *args)
        some(first + half, *args)

    return both


def _make_multiply(real, tile):
    """Device function: the sums of a thread go on by its slice of a tile in shared memory.

    Some depths are one behind the other in its code: a loop would wait for each one's numbers, and
    all of them at once would want more registers than there are.
    """
    depth = tile.depth // tile.slices
    turn = min(depth, AT_ONCE // (np.dtype(real).itemsize * tile.own_rows * tile.own_cols))
    some = _in_turn(_make_one_depth(tile), turn)

    @cuda.jit(device=True)
    def multiply(shared, a_at, b_at, left, right, sums):
        for first in range(0, depth, turn):
            some(first, shared, a_at, b_at, left, right, sums)

    return multiply


def _make_one_depth(tile):
    """Device function: Σ ← Σ + a·bᵀ of one depth."""
    TM, TN = tile.own_rows, tile.own_cols
    GM, GN = _group(TM), _group(TN)
    a_deep, b_deep = tile.rows + PAD, tile.cols + PAD
    a_step, b_step = tile.rows // TM * GM, tile.cols // TN * GN

    @cuda.jit(device=True)
    def one_depth(depth, shared, a_at, b_at, left, right, sums):
        for g in range(TM // GM):
            at = a_at + depth * a_deep + g * a_step
            if GM == 4:
                left[4 * g], left[4 * g + 1], left[4 * g + 2], left[4 * g + 3] = load4(shared, at)
            else:
                for e in range(GM):
                    left[GM * g + e] = load1(shared, at + e)
        for g in range(TN // GN):
            at = b_at + depth * b_deep + g * b_step
            if GN == 4:
                right[4 * g], right[4 * g + 1], right[4 * g + 2], right[4 * g + 3] = load4(
                    shared, at
                )
            else:
                for e in range(GN):
                    right[GN * g + e] = load1(shared, at + e)
        for i in range(TM):
            for j in range(TN):
                sums[i * TN + j] += left[i] * right[j]

    return one_depth


def _make_finish(real, tile, wide, end):
    """Device function: row `i` of the sums of a thread into C, whose first row and column is told.

    All of them, if it is called with 0.
    """
    TN, GM, GN = tile.own_cols, _group(tile.own_rows), _group(tile.own_cols)
    a_step, b_step = tile.rows // tile.own_rows * GM, tile.cols // TN * GN
    has_body, four = end >= 0, wide and GN == 4
    body = device(BODIES[max(end, 0)], real)

    @cuda.jit(device=True)
    def finish_row(i, c, c_at, slope, slope_at, b, bias_at, row, col, m, n, add, sums):
        out, old = cuda.local.array(4, real), cuda.local.array(4, real)
        r = row + i // GM * a_step + i % GM
        for g in range(TN // GN):
            first = col + g * b_step
            if r < m and first < n:
                at, to = c_at + r * n + first, slope_at + r * n + first
                if end == TIMES or add != 0:
                    if four:
                        old[0], old[1], old[2], old[3] = load4(c, at)
                    else:
                        for e in range(GN):
                            if first + e < n:
                                old[e] = load1(c, at + e)
                for e in range(GN):
                    z = sums[i * TN + g * GN + e]
                    if bias_at >= 0 and first + e < n:
                        z += load1(b, bias_at + first + e)
                    if end == TIMES:
                        z *= old[e]
                    elif add != 0:
                        z += old[e]
                    if has_body:
                        value, tangent, _, _ = body(z)
                        out[e], old[e] = value, tangent
                    else:
                        out[e] = z
                if four:
                    store4(c, at, out[0], out[1], out[2], out[3])
                    if has_body:
                        store4(slope, to, old[0], old[1], old[2], old[3])
                else:
                    for e in range(GN):
                        if first + e < n:
                            store1(c, at + e, out[e])
                            if has_body:
                                store1(slope, to + e, old[e])

    return _in_turn(finish_row, tile.own_rows)


_TAKES = "r[] i8 r[] i8 r[] i8 i8 r[] i8 i8 i8 i8 i8 i8 i8"


@kernel(_TAKES, variants=variants(), launch_bounds=(256, 2))  # two blocks of a processor
def tiled(real, layout, tile, wide, end):
    """C (M, N) ← A·Bᵀ + bias, then what the end is; block z takes its chunk of K.

    Arguments: each array with the place where it begins; the place of the bias in B's array, below
    0 for none; where slopes go; M, N, K; a chunk; how far C's parts are apart; whether C adds up.
    """
    a_along_k, b_along_k = layout
    BM, BN, BK, TM, TN, slices = tile
    GM, GN, threads = _group(TM), _group(TN), threads_of(tile)
    own, bits, mine = threads // slices, (BN // TN).bit_length() - 1, TM * TN
    size_a, size_b = BK * (BM + PAD), BK * (BN + PAD)  # of a buffer; B's two are behind A's
    room, slice_a, slice_b = 2 * (size_a + size_b), size_a // slices, size_b // slices
    assert slices == 1 or own * mine <= room  # that of the sums of a slice
    share_a, share_b = make_share(BM, BK, a_along_k), make_share(BN, BK, b_along_k)
    fetch_a, fetch_b = make_fetch(real, a_along_k, wide), make_fetch(real, b_along_k, wide)
    put_a, put_b = make_put(BM, BK, a_along_k), make_put(BN, BK, b_along_k)
    multiply, finish, zero = (
        _make_multiply(real, tile),
        _make_finish(real, tile, wide, end),
        real(0),
    )

    def product(c, c_at, a, a_at, b, b_at, bias_at, slope, slope_at, m, n, k, chunk, stride, add):
        shared = cuda.shared.array(room, real, alignment=ALIGNED)
        next_a, next_b = cuda.local.array(4, real), cuda.local.array(4, real)  # on their way
        left, right = cuda.local.array(TM, real), cuda.local.array(TN, real)
        sums = cuda.local.array(mine, real)
        thread, part = cuda.threadIdx.x % own, cuda.threadIdx.x // own
        row0, col0 = cuda.blockIdx.x * BM, cuda.blockIdx.y * BN
        row, col = (thread >> bits) * GM, (thread & ((1 << bits) - 1)) * GN
        own_a, own_b = part * slice_a + row, 2 * size_a + part * slice_b + col
        first = cuda.blockIdx.z * chunk
        rest = min(first + chunk, k) - first
        from_a = a_at + (row0 * k + first if a_along_k else first * m + row0)
        from_b = b_at + (col0 * k + first if b_along_k else first * n + col0)
        at_a, rows, deep_a = share_a(k if a_along_k else m, m - row0)
        at_b, cols, deep_b = share_b(k if b_along_k else n, n - col0)
        for i in range(mine):
            sums[i] = zero
        fetch_a(a, from_a, rest, at_a, rows, deep_a, next_a)
        fetch_b(b, from_b, rest, at_b, cols, deep_b, next_b)
        put_a(shared, 0, next_a)
        put_b(shared, 2 * size_a, next_b)
        cuda.syncthreads()
        now = 0
        while rest > 0:
            rest -= BK
            if rest > 0:
                from_a += BK if a_along_k else BK * m
                from_b += BK if b_along_k else BK * n
                fetch_a(a, from_a, rest, at_a, rows, deep_a, next_a)
                fetch_b(b, from_b, rest, at_b, cols, deep_b, next_b)
            multiply(shared, now * size_a + own_a, now * size_b + own_b, left, right, sums)
            now = 1 - now
            if rest > 0:
                put_a(shared, now * size_a, next_a)
                put_b(shared, 2 * size_a + now * size_b, next_b)
                cuda.syncthreads()
        for other in range(1, slices):  # in order, so that the bits are always the same
            cuda.syncthreads()
            if part == other:
                for i in range(mine):
                    store1(shared, i * own + thread, sums[i])
            cuda.syncthreads()
            if part == 0:
                for i in range(mine):
                    sums[i] += load1(shared, i * own + thread)
        if part == 0:
            c_at += cuda.blockIdx.z * stride
            row, col = row0 + row, col0 + col
            finish(0, c, c_at, slope, slope_at, b, bias_at, row, col, m, n, add, sums)

    return product
