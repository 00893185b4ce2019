"""Sums over all samples, a block of them at a time: what a block needs stays in the cache.

Blocks are dealt out to hands, and hands to lanes, one for each thread with buffers of its own. The
hands' sums are added in order, so that the bits do not depend on the number of threads.
"""

from ...._compile import in_parallel, jit, separate
from .pointwise import clear
from .views import flat, lane


def summed(add_block, name):
    """Kernel (net, loss, data, where, rooms, lanes, size, sums, out): Σ over blocks of `size` rows.

    `add_block(net, loss, data, where, room, first, rows, out)` adds what some rows give at `where`,
    with the buffers of its lane as its room; `sums` is (hands, *out.shape).
    """

    def add_blocks(net, loss, data, where, rooms, lanes, size, sums, i):
        room = lane(rooms, i)
        for hand in range(i, sums.shape[0], lanes):
            out = sums[hand]
            clear(flat(out))
            m = data.x.shape[0]
            for first in range(hand * size, m, sums.shape[0] * size):
                add_block(net, loss, data, where, room, first, min(size, m - first), out)

    add_blocks = separate(add_blocks, f"{name}.add_blocks")
    add_in_parallel = in_parallel(add_blocks)

    def run(net, loss, data, where, rooms, lanes, size, sums, out):
        if lanes > 1:
            add_in_parallel(lanes, net, loss, data, where, rooms, lanes, size, sums)
        else:
            add_blocks(net, loss, data, where, rooms, 1, size, sums, 0)
        total = flat(out)
        clear(total)
        for hand in range(sums.shape[0]):
            part = flat(sums[hand])
            for i in range(total.size):
                total[i] += part[i]

    run.__qualname__ = name
    return jit(run)
