"""Sums over all samples, a block of them at a time: what a block needs stays in the cache.

Blocks are dealt out to partitions, and these to workers, one a thread with buffers of its own. The
partitions' sums are added in order, so that the bits do not depend on the number of threads.
"""

from ...._compile import in_parallel, jit, separate
from .pointwise import clear
from .views import flat, of_worker


def summed(add_block, name):
    """Kernel (net, loss, data, where, buffers, workers, size, sums, out): Σ over blocks of rows.

    A block has `size` rows, the last one fewer.

    `add_block(net, loss, data, where, own, first, rows, out)` adds what some rows give at `where`,
    with the buffers of its worker as `own`; `sums` is (partitions, *out.shape).
    """

    def add_blocks(net, loss, data, where, buffers, workers, size, sums, i):
        own = of_worker(buffers, i)
        for partition in range(i, sums.shape[0], workers):
            out = sums[partition]
            clear(flat(out))
            m = data.x.shape[0]
            for first in range(partition * size, m, sums.shape[0] * size):
                add_block(net, loss, data, where, own, first, min(size, m - first), out)

    add_blocks = separate(add_blocks, f"{name}.add_blocks")
    add_in_parallel = in_parallel(add_blocks)

    def run(net, loss, data, where, buffers, workers, size, sums, out):
        if workers > 1:
            add_in_parallel(workers, net, loss, data, where, buffers, workers, size, sums)
        else:
            add_blocks(net, loss, data, where, buffers, 1, size, sums, 0)
        total = flat(out)
        clear(total)
        for partition in range(sums.shape[0]):
            part = flat(sums[partition])
            for i in range(total.size):
                total[i] += part[i]

    run.__qualname__ = name
    return jit(run)
