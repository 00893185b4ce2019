"""Where the rows of a sweep are kept: in memory, or in a file."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..._version import __version__


def size_of(column: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Shape of a column's array in a sweep of some shape."""
    outer = shape if column.members is None else (len(column.members),)
    return (*outer, *column.shape)


class MemoryRows:
    """Rows of a sweep in memory.

    Attributes
    ----------
    plan : Plan
    path : str or None
    """

    path: Any = None
    flownet_version = __version__

    def __init__(self, plan: Any) -> None:
        self.plan, self._columns = plan, {column.name: column for column in plan.columns()}
        self._arrays = {
            name: np.full(size_of(column, plan.shape), column.filled, column.dtype)
            for name, column in self._columns.items()
        }
        self._done, self._concluded = np.zeros(plan.size, bool), False

    @property
    def columns(self) -> dict[str, Any]:
        """Columns by name."""
        return self._columns

    @property
    def done(self) -> np.ndarray:
        """Whether each member (R,) is done."""
        return self._done

    def array(self, name: str) -> np.ndarray:
        """A column of all members, of the sweep's shape."""
        return self._arrays[name]

    def put(self, members: Any, rows: dict[str, np.ndarray]) -> None:
        """Rows of some members, which are done then."""
        for name, part in rows.items():
            of = self._columns[name].members
            array = self._arrays[name]
            flat = array.reshape(-1, *self._columns[name].shape)
            flat[members if of is None else np.searchsorted(of, members)] = part
        self._done[members] = True

    @property
    def finished(self) -> bool:
        """Whether every member is done, and what is known then is there."""
        return self._concluded

    def conclude(self, found: dict[str, Any]) -> None:
        """Columns that are known once every member is done: all that there is is there then."""
        for name, values in found.items():
            self._arrays[name].reshape(-1, *self._columns[name].shape)[:] = values
        self._concluded = True

    def lock(self) -> None:
        """Nobody else can write."""

    def close(self) -> None:
        """Nothing more is written."""
