"""The work of a sweep: tiles of members, until all are done."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import numpy as np

from .. import _progress
from ..motion.loops import interrupts
from ._tile import run_tile, tile_size

_SECONDS = 2.0  # of a tile: what an interruption can cost
_BYTES = 1 << 27  # of the rows of a tile


def work(rows: Any, progress: bool = True) -> bool:
    """Run the members that are not done; whether all are, since Ctrl-C stops between two tiles."""
    plan = rows.plan
    columns = rows.columns.values()
    row = sum(int(np.prod(c.shape)) * np.dtype(c.dtype).itemsize for c in columns)
    most = max(1, _BYTES // row)
    with interrupts() as pressed, _progress.bar(
        plan.size, int(rows.done.sum()), shown=progress, what="members", rate=True
    ) as show:  # fmt: skip
        for members in plan.families():
            left = members[~rows.done[members]]
            size = tile_size(plan, left[0]) if len(left) else 0
            while len(left):
                if pressed():
                    return False
                tile, left = left[: min(size, most)], left[min(size, most) :]
                began = perf_counter()
                rows.put(tile, run_tile(plan, tile))
                show(int(rows.done.sum()))
                size = next_size(size, perf_counter() - began)
    conclude(rows)
    return True


def next_size(size: int, seconds: float) -> int:
    """Members of the next tile, twice or half as many, so that one takes some seconds."""
    if seconds < _SECONDS / 2:
        return 2 * size
    return max(1, size // 2) if seconds > 2 * _SECONDS else size


def conclude(rows: Any) -> None:
    """What is known once every member is done."""
    for kept in rows.plan.keep:
        for name, values in kept.conclude(rows).items():
            rows.conclude(name, values)
