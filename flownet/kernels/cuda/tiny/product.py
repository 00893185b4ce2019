"""Matrix products by the threads of one block, of matrices that lie anywhere in one flat array.

A thread makes `side` × `side` sums at a time, as many as leave few of its block idle. Each sum runs
over its terms in order, so that neither the side nor the number of threads changes a bit.
"""

import numpy as np

from ...._compile._cuda import cuda, load1, store1
from .plan import SAMPLES

_WARP = 32
_TERMS = 4  # of a sum that are written one after another: their places are one place and constants


def bits_for(columns, threads):
    """Of a thread's number, those for its column: powers of two, for at least two rows a block."""
    bits = 0
    while (1 << bits) < columns and (2 << bits) <= threads:
        bits += 1
    return bits


def make_product(real, plan, of):
    """Device function: a `Product` of a plan by all threads of a block.

    Called with the array, where W lies, the samples at hand, and whether there were others before.
    """
    side, zero, threads, capacity = of.side, real(0), plan.threads, plan.capacity
    rows, across, along = of.rows, of.cols == SAMPLES, of.depth == SAMPLES
    width, depth_of, cols_of = capacity if across else of.cols, of.depth, of.cols
    high, wide, cells = -(-rows // side), -(-width // side), side * side
    bits = bits_for(min(wide, _WARP), threads)
    lanes, turn = 1 << bits, threads >> bits
    full_rows, full_cols = side * high == rows, side * wide == width
    a_at, a_row, a_col, b_at, b_row, b_col = of.a, of.a_row, of.a_col, of.b, of.b_row, of.b_col
    of_w, out, out_row, times = of.a < plan.size, of.out, of.out_row, of.times == 1
    begins, start, start_row, added = of.start_row >= 0, of.start, of.start_row, of.added

    @cuda.jit(device=True)
    def add_term(u, sums, left, a_now, b_now, k):
        for p in range(side):
            left[p] = load1(u, a_now[p] + k * a_col)
        for q in range(side):
            right = load1(u, b_now[q] + k * b_row)
            for p in range(side):
                sums[side * p + q] += left[p] * right

    @cuda.jit(device=True)
    def square(u, shift, depth, later, i, j, sums, left, a_now, b_now):
        for p in range(side):
            row = i + p * high if full_rows else min(i + p * high, rows - 1)
            col = j + p * wide if full_cols else min(j + p * wide, width - 1)
            a_now[p], b_now[p] = a_at + shift + row * a_row, b_at + col * b_col
            for q in range(side):
                sums[side * p + q] = zero
                if begins and (later or not added):
                    col = min(j + q * wide, width - 1)
                    at = start + shift + row * start_row + col * added
                    sums[side * p + q] = load1(u, at)
        k, whole = 0, depth // _TERMS * _TERMS
        while k < whole:
            for term in range(_TERMS):
                add_term(u, sums, left, a_now, b_now, k + term)
            k += _TERMS
        while k < depth:
            add_term(u, sums, left, a_now, b_now, k)
            k += 1

    @cuda.jit(device=True)
    def product(u, w_at, samples, later):
        sums, left = cuda.local.array(cells, real), cuda.local.array(side, real)
        a_now, b_now = cuda.local.array(side, np.int64), cuda.local.array(side, np.int64)
        shift = w_at if of_w else 0  # of W, or of another point
        cols, depth = samples if across else cols_of, samples if along else depth_of
        i = cuda.threadIdx.x >> bits
        while i < high:
            j = cuda.threadIdx.x & (lanes - 1)
            while j < wide:
                square(u, shift, depth, later, i, j, sums, left, a_now, b_now)
                for p in range(side):
                    for q in range(side):
                        row, col = i + p * high, j + q * wide
                        if row < rows and col < cols:
                            at, total = out + row * out_row + col, sums[side * p + q]
                            store1(u, at, total * load1(u, at) if times else total)
                j += lanes
            i += turn

    return product
