"""Sums over all samples, a block of them at a time: what a block needs stays in the cache.

Blocks are dealt out to hands, and hands to lanes, one for each thread with buffers of its own. The
hands' sums are added in order, so that the bits do not depend on the number of threads.
"""

from numba import prange

from ...._compile import jit
from .pointwise import clear
from .simd import flat, lane


def summed(add_block, name):
    """Kernel (net, loss, data, where, rooms, lanes, size, sums, out): Σ over blocks of `size` rows.

    `add_block(net, loss, data, where, room, first, rows, out)` adds what some rows give at `where`,
    with the buffers of its lane as its room; `sums` is (hands, *out.shape).
    """

    @jit(cached=False)
    def add_blocks(net, loss, data, where, room, size, sums, hand):
        out = sums[hand]
        clear(flat(out))
        m = data.x.shape[0]
        for first in range(hand * size, m, sums.shape[0] * size):
            add_block(net, loss, data, where, room, first, min(size, m - first), out)

    @jit(parallel=True, cached=False)
    def parallel(net, loss, data, where, rooms, lanes, size, sums):
        for i in prange(lanes):
            for hand in range(i, sums.shape[0], lanes):
                add_blocks(net, loss, data, where, lane(rooms, i), size, sums, hand)

    def run(net, loss, data, where, rooms, lanes, size, sums, out):
        if lanes > 1:
            parallel(net, loss, data, where, rooms, lanes, size, sums)
        else:
            for hand in range(sums.shape[0]):
                add_blocks(net, loss, data, where, lane(rooms, 0), size, sums, hand)
        total = flat(out)
        clear(total)
        for hand in range(sums.shape[0]):
            part = flat(sums[hand])
            for i in range(total.size):
                total[i] += part[i]

    run.__qualname__ = name
    return jit(run)
