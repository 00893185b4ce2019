"""The work of a sweep: tiles of members, here or on a cluster, until all are done."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter
from typing import Any

import numpy as np

from ... import _progress
from ...motion.loops import interrupts
from ..plan import run_tile, tile_size
from ._cluster import Cluster

_SECONDS = 2.0  # of a tile: what an interruption can cost
_GROWS = 8  # times as many members as the tile before had
_BYTES = 1 << 27  # of the rows of a tile


class Tiles:
    """Members that are not done, in tiles that take some seconds each.

    Attributes
    ----------
    size : int
        Members of the next tile, at most.
    """

    def __init__(self, rows: Any) -> None:
        self._rows, self.size = rows, 0
        columns = rows.columns.values()
        row = sum(int(np.prod(c.shape)) * np.dtype(c.dtype).itemsize for c in columns)
        self._most = max(1, _BYTES // row)

    def __iter__(self) -> Iterator[np.ndarray]:
        done = self._rows.done.copy()
        for members in self._rows.plan.families():
            left = members[~done[members]]
            while len(left):
                self.size = self.size or tile_size(self._rows.plan, left[0])
                tile, left = np.split(left, [min(self.size, self._most)])
                yield tile

    def took(self, seconds: float, count: int) -> None:
        """Learn from a tile of so many members: up to so many times as many, or half of them."""
        if seconds < _SECONDS / 2:
            self.size = max(self.size, int(count * min(_GROWS, _SECONDS / seconds)))
        elif seconds > 2 * _SECONDS:
            self.size = max(1, min(self.size, count // 2))


def work(rows: Any, client: Any, threads: int | None, progress: bool) -> bool:
    """Run the members that are not done; whether all are, since Ctrl-C stops between two tiles."""
    make = _here(rows) if client is None else _there(rows, client, threads)
    with (
        interrupts() as pressed,
        _progress.bar(
            rows.plan.size, int(rows.done.sum()), shown=progress, what="members", rate=True
        ) as show,
    ):
        for members, found in make:
            rows.put(members, found)
            show(int(rows.done.sum()))
            if pressed():
                make.close()
                break
    if not rows.done.all():
        return False
    if not rows.finished:
        rows.conclude({n: v for kept in rows.plan.keep for n, v in kept.conclude(rows).items()})
    return True


def _here(rows):
    """Members and rows of each tile, one after another."""
    tiles = Tiles(rows)
    for members in tiles:
        began = perf_counter()
        found = run_tile(rows.plan, members)
        tiles.took(perf_counter() - began, len(members))
        yield members, found


def _there(rows, client, threads):
    """Members and rows of each tile, as they come back from the workers of a cluster."""
    cluster, tiles = Cluster(client, rows.plan, threads), Tiles(rows)
    left = iter(tiles)
    try:
        while True:
            while cluster.hungry and (members := next(left, None)) is not None:
                cluster.begin(members)
            if not cluster.waiting:
                return
            members, found, seconds = cluster.next()
            tiles.took(seconds, len(members))
            yield members, found
    finally:
        cluster.close()
