"""Buffers for layered states."""

from collections import namedtuple

import numpy as np

from ..base.plan import WORTH_THREADS, flops, pulled_size
from ..base.simd import VECTOR_BYTES

#: rows that are held, and rows of a shard; panels of W, for there and back; what drives each unit
#: beside its neighbours, and with them; zeros; of each shard the sweeps it took and the largest
#: change in the last one; and the vectors of a linear solve, None before one is asked for
StatesWork = namedtuple(
    "StatesWork", "capacity shard packed pulled base z zeros taken change solve"
)

#: of a solve: direction, its image, residual, √(compliance), each as a state is; and of each row
#: ‖r‖² and the length of a step
Solve = namedtuple("Solve", "p q r root square along")

_SHARD, _SHARDS = 64, 2  # rows of a shard at most; shards of a small batch


def states_work(net, rows, dtype, *, solves=False):
    """`StatesWork` for `rows` samples; shards depend on the shapes alone, never on the threads."""
    shard = rows
    if flops(net, rows) >= WORTH_THREADS / 16:
        shard = min(_SHARD, -(-rows // _SHARDS))
    size, count = rows * int(net.units[-1]), -(-rows // shard)
    lane = VECTOR_BYTES // np.dtype(dtype).itemsize

    def buffer(size):
        return np.empty(size, dtype)

    return StatesWork(
        capacity=rows,
        shard=shard,
        packed=buffer(int(net.panels[-1])),
        pulled=buffer(max(1, pulled_size(net, 2 * lane))),
        base=buffer(size),
        z=buffer(size),
        zeros=np.zeros(max(int(net.sizes.max()), 2 * lane), dtype),
        taken=np.zeros(count, np.int64),
        change=np.zeros(count),
        solve=Solve(*(buffer(size) for _ in range(4)), np.empty(rows), np.empty(rows))
        if solves
        else None,
    )
