"""Matrix products by the threads of one block, of matrices that lie anywhere in one flat array.

A thread makes `side` × `side` sums at a time, as many as leave few of its block idle. Each sum runs
over its terms in order, so that neither the side nor the number of threads changes a bit.
"""

import numpy as np

from ...._compile._cuda import cuda, load1, store1
from .plan import (
    A_COL,
    A_ROW,
    ADDED,
    B_COL,
    B_ROW,
    COLS,
    DEPTH,
    OUT,
    OUT_COL,
    OUT_ROW,
    ROWS,
    SIDE,
    SIZE,
    START,
    START_ROW,
    TIMES,
    A,
    B,
)  # fmt: skip

_WARP = 32


def _squares(real, side):
    """Device function: a product by squares of one side."""
    zero, cells = real(0), side * side

    @cuda.jit(device=True)
    def product(u, plan, at, w_at, samples, later):
        sums, left = cuda.local.array(cells, real), cuda.local.array(side, real)
        a_now, b_now = cuda.local.array(side, np.int64), cuda.local.array(side, np.int64)
        a_at, start, start_row = (
            load1(plan, at + A),
            load1(plan, at + START),
            load1(plan, at + START_ROW),
        )
        if a_at < load1(plan, SIZE):  # of W, or of another point
            a_at, start = a_at + w_at, start + w_at
        added = load1(plan, at + ADDED)
        if added != 0 and not later:
            start_row = -1
        rows, cols, depth = load1(plan, at + ROWS), load1(plan, at + COLS), load1(plan, at + DEPTH)
        cols, depth = samples if cols < 0 else cols, samples if depth < 0 else depth
        a_row, a_col = load1(plan, at + A_ROW), load1(plan, at + A_COL)
        b_at, b_row, b_col = load1(plan, at + B), load1(plan, at + B_ROW), load1(plan, at + B_COL)
        o_at, o_row, o_col = (
            load1(plan, at + OUT),
            load1(plan, at + OUT_ROW),
            load1(plan, at + OUT_COL),
        )
        times = load1(plan, at + TIMES) != 0
        high, wide = (rows + side - 1) // side, (cols + side - 1) // side
        bits = 0  # of a thread's number, those for its column
        while (1 << bits) < min(wide, _WARP) and (2 << bits) <= cuda.blockDim.x:
            bits += 1
        i = cuda.threadIdx.x >> bits
        while i < high:
            j = cuda.threadIdx.x & ((1 << bits) - 1)
            while j < wide:
                for p in range(side):
                    for q in range(side):
                        sums[side * p + q] = zero
                        if start_row >= 0:
                            row, col = min(i + p * high, rows - 1), min(j + q * wide, cols - 1)
                            sums[side * p + q] = load1(u, start + row * start_row + col * added)
                for p in range(side):  # places that move on: no multiplication in the loop
                    a_now[p] = a_at + min(i + p * high, rows - 1) * a_row
                    b_now[p] = b_at + min(j + p * wide, cols - 1) * b_col
                for _ in range(depth):
                    for p in range(side):
                        left[p] = load1(u, a_now[p])
                        a_now[p] += a_col
                    for q in range(side):
                        right = load1(u, b_now[q])
                        b_now[q] += b_row
                        for p in range(side):
                            sums[side * p + q] += left[p] * right
                for p in range(side):
                    for q in range(side):
                        row, col = i + p * high, j + q * wide
                        if row < rows and col < cols:
                            out, total = o_at + row * o_row + col * o_col, sums[side * p + q]
                            store1(u, out, total * load1(u, out) if times else total)
                j += 1 << bits
            i += cuda.blockDim.x >> bits

    return product


def make_product(real):
    """Device function: a product of the plan, whose numbers begin `at`, by all threads of a block.

    Called with the array, the plan, where W lies, the samples at hand, and whether there were
    others before them.
    """
    one, two, four = (_squares(real, side) for side in (1, 2, 4))

    @cuda.jit(device=True)
    def product(u, plan, at, w_at, samples, later):
        if load1(plan, at + SIDE) == 4:
            four(u, plan, at, w_at, samples, later)
        elif load1(plan, at + SIDE) == 2:
            two(u, plan, at, w_at, samples, later)
        else:
            one(u, plan, at, w_at, samples, later)

    return product
