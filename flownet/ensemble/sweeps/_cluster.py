"""The same sweep on a Dask cluster: workers run tiles, and this process alone writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import numpy as np

from ..._errors import FlownetError, shown
from ..._optional import optional
from ...kernels.device import kernels_of
from ..plan import run_tile

_AHEAD = 2  # tiles for each thread of the cluster that are on their way at once


@contextmanager
def connected(scheduler: str | None) -> Iterator[Any]:
    """Context that gives a client of the cluster at an address, or None without one.

    Raises
    ------
    FlownetError
        Where no scheduler answers there, or distributed is not installed.
    """
    if scheduler is None:
        yield None
        return
    distributed = optional("distributed", "a cluster")
    try:
        client = distributed.Client(scheduler, timeout="10s")
    except (OSError, ValueError, TimeoutError) as error:
        raise FlownetError(f"no Dask scheduler answers at {scheduler}: {error}.") from None
    with client:
        yield client


def check_client(client: Any) -> None:
    """Refuse what is no client of a cluster, and a cluster without workers."""
    distributed = optional("distributed", "client=")
    if not isinstance(client, distributed.Client):
        raise FlownetError(f"client is {shown(client)}; a distributed.Client is wanted.")
    if not client.nthreads():
        raise FlownetError("the cluster has no workers: start some, as with `dask worker ADDRESS`.")


class Cluster:
    """Tiles on the workers of a cluster; what a worker had begun when it died is begun again.

    Parameters
    ----------
    client : distributed.Client
    plan : Plan
    threads : int or None
        Of a tile.
    """

    def __init__(self, client: Any, plan: Any, threads: int | None) -> None:
        self._distributed = optional("distributed", "client=")
        self._client, self._threads = client, threads
        # made anew on a worker where the one that had it is gone, as scattered data are not
        self._plan = client.submit(_as_it_is, plan, pure=False)
        self._pool = self._distributed.as_completed(with_results=True)
        self._tiles: dict[Any, np.ndarray] = {}

    @property
    def hungry(self) -> bool:
        """Whether the workers could do with another tile."""
        return len(self._tiles) < _AHEAD * sum(self._client.nthreads().values())

    @property
    def waiting(self) -> bool:
        """Whether tiles are on their way."""
        return bool(self._tiles)

    def begin(self, members: np.ndarray) -> None:
        """Send a tile out."""
        nthreads = max(self._client.nthreads().values(), default=1)
        future = self._client.submit(
            _timed_tile, self._plan, members, self._threads, nthreads, pure=False
        )
        self._tiles[future.key] = members
        self._pool.add(future)

    def next(self) -> tuple[np.ndarray, dict[str, np.ndarray], float]:
        """The next tile that comes back: its members, their rows, the seconds it took."""
        future, (rows, seconds) = next(self._pool)
        return self._tiles.pop(future.key), rows, seconds

    def close(self) -> None:
        """Give up what is on its way."""
        self._pool.clear()
        self._client.cancel([self._plan])


def _as_it_is(plan):
    return plan


def _timed_tile(plan, members, threads, nthreads):
    """A tile on a worker, which shares its processors with `nthreads` others like it."""
    kernels = kernels_of(plan.device)
    began = perf_counter()
    with kernels.limited(threads or max(1, kernels.most() // nthreads)):
        rows = run_tile(plan, members)
    return rows, perf_counter() - began
