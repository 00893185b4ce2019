"""Buffers for a tile of members, as many as a vector has lanes."""

from collections import namedtuple

import numpy as np

from ...layout import Batches
from ..base.plan import for_workers
from ..base.simd import VECTOR_BYTES
from ..base.threads import allowed

ROWS = 32  # samples at a time: what they need stays in the cache

#: parameters and covectors (D, L) of L members, units of a few samples, what the loss wants of
#: them, losses (m, L), a mini-batch of every member's own, what the loss gave for each (L,), sums
#: (4, L) of each fourth sample's losses, and the 1 that these are multiplied with
MembersWork = namedtuple(
    "MembersWork",
    "W dL a slope y_hat y covector errors scratch weights zeros losses sample scale "
    "x_batch y_batch weights_batch values sums one",
)


_SLAB = 1 << 25  # bytes of buffers for the tiles that are worked on together
#: parameters up to which lanes are the quicker, by the bytes of a number (`bench sweep`): beyond,
#: W and dL of a vector of members leave the second-level cache
_LARGEST = {8: 8192, 4: 28672}


def lanes_of(dtype):
    """L, how many numbers of a type a vector holds: members come in so many."""
    return VECTOR_BYTES // np.dtype(dtype).itemsize


def largest_member(dtype):
    """Parameters up to which members are quicker side by side than one a thread."""
    return _LARGEST[np.dtype(dtype).itemsize]


def members_of_tile(size, dtype):
    """Members of `size` parameters that a first tile has: a vector of them for each thread."""
    return lanes_of(dtype) * allowed()


def members_at_once(work, m):
    """Members that are worked on together, at most; `m` is the number of samples."""
    return len(work.values) * max(1, _SLAB // sum(array.nbytes for array in work))


def members_batches(size, seeds, m):
    """`Batches` of members, each with the order of its own epoch."""
    R = len(seeds)
    order = np.zeros((R, m if size else 0), np.int64)
    return Batches(size, np.array(seeds), order, np.full((R, 1), -1))


def members_looks(steps):
    """Iterations at which to look at who is left: those that ended cost as much until then."""
    return {8, *range(64, steps, 64)}  # many leave soon


def members_works(work, tiles):
    """`MembersWork` of so many tiles."""
    return for_workers(work, tiles)


def members_work(net, rows, dtype, *, gathered=False, weighted=False):
    """`MembersWork` of one tile: members whose networks see `rows` samples a step."""
    L = lanes_of(dtype)
    n_in, n_out, widest = int(net.sizes[-2]), int(net.sizes[-1]), int(net.sizes[1:].max())
    D, block = int(net.weight[-1]) + n_out * (n_in + (net.bias[-1] >= 0)), L * ROWS

    def buffer(*shape):
        return np.zeros(shape, dtype)

    return MembersWork(
        W=buffer(D, L),
        dL=buffer(D, L),
        a=buffer(block * int(net.units[-1])),
        slope=buffer(block * int(net.units[-1])),
        **{name: buffer(block, n_out) for name in ("y_hat", "y", "covector", "errors", "scratch")},
        weights=buffer(block if weighted else 0),
        zeros=buffer(max(widest, L)),
        losses=np.zeros(block),
        sample=np.zeros((-(-rows // ROWS) * ROWS, L)),
        scale=np.full(1, 1 / rows, dtype),
        x_batch=buffer(rows * int(net.sizes[0]) * L if gathered else 0),
        y_batch=buffer(rows * L if gathered else 0, n_out),
        weights_batch=buffer(rows * L if gathered and weighted else 0),
        values=np.zeros(L),
        sums=np.zeros((4, L)),
        one=np.ones(1),
    )
