"""What a store keeps, seen as arrays that are read when they are indexed."""

from __future__ import annotations

from collections import namedtuple
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError
from ..._registry import unknown

if TYPE_CHECKING:
    pass

#: one recorded quantity: iteration (T,), time (T,), value (T, …)
Record = namedtuple("Record", "iteration time value")

#: the best state of a run: its iteration and time, its value of the observable, and W (D,)
Best = namedtuple("Best", "iteration time value W")


class Rows:
    """Rows of one quantity, read when indexed like an array."""

    def __init__(self, store: Any, name: str) -> None:
        self._store, self._name = store, name
        shape, self.dtype = store.form(name)
        self.shape = (store.count(name), *shape)

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, index):
        first, *rest = index if isinstance(index, tuple) else (index,)
        if isinstance(first, slice):
            start, stop, stride = first.indices(len(self))
            if stride > 0:
                rows = self._store.read(self._name, start, max(start, stop))[2][::stride]
                return rows[(slice(None), *rest)]
        if isinstance(first, (int, np.integer)):
            row = range(len(self))[first]
            return self._store.read(self._name, row, row + 1)[2][(0, *rest)]
        return self._store.read(self._name)[2][(first, *rest)]

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self[:], dtype)

    def __repr__(self):
        return f"Rows {self.shape} of {self.dtype}"


class Records:
    """Recorded quantities of one folder of the file; a mapping from name to `Record`."""

    def __init__(self, store: Any, folder: str) -> None:
        self._store, self._folder = store, folder + "/"

    def __iter__(self):
        return (
            name.removeprefix(self._folder)
            for name in self._store.names
            if name.startswith(self._folder)
        )

    def __len__(self):
        return sum(1 for _ in self)

    def __contains__(self, name):
        return self._folder + name in self._store.names

    def __getitem__(self, name):
        if name not in self:
            raise FlownetError(unknown(self._folder.rstrip("s/"), name, list(self)))
        return Record(*self._store.read(self._folder + name))

    def __repr__(self):
        return f"{self._folder.rstrip('/')}: {', '.join(self) or 'none'}"
