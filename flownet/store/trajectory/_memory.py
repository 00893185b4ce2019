"""A run that is kept in memory only, behind the interface of a file."""

import numpy as np

from ..._errors import FlownetError
from ..bytes import check_arrays


class MemoryStore:
    """Rows of a run in growing arrays; see `HDF5Store` for what each call means.

    Parameters
    ----------
    layout : Layout
    """

    path = None
    live = False

    def __init__(self, layout):
        self._layout = layout
        self._columns = {
            quantity.name: _Column(quantity, layout.block_rows(quantity))
            for quantity in layout.quantities
        }
        self._checkpoint = None
        self.finished, self.diverged_at = False, None

    def room(self, name):
        """Rows that can be filled in place before the arrays grow."""
        return self._columns[name].room()

    def rows(self, name, n):
        """Room for the next rows, to be filled in place: value, iteration, time."""
        column = self._columns[name]
        if n > column.room():
            raise FlownetError(f"{name}: {n} rows do not fit in this block.")
        part = slice(column.filled, column.filled + n)
        return column.value[part], column.iteration[part], column.time[part]

    def advance(self, name, n):
        """Count rows that were filled."""
        column = self._columns[name]
        if n > column.room():
            raise FlownetError(f"{name}: {n} rows do not fit in this block.")
        column.filled += n
        self.finished, self.diverged_at = False, None

    def flush(self, wait=True):
        """Nothing to do: memory is at hand."""

    def checkpoint(self, iteration, time, arrays, wait=False):
        """Keep copies of what the next step needs, and the rows counted so far."""
        check_arrays(arrays, self._layout.checkpoint)
        kept = {name: np.array(arrays[name]) for name in self._layout.checkpoint}
        self._checkpoint = (
            int(iteration),
            float(time),
            kept,
            {name: self.count(name) for name in self._columns},
        )

    def latest_checkpoint(self):
        """(iteration, time, {name: ndarray}), or None before the first."""
        if self._checkpoint is None:
            return None
        iteration, time, kept, _ = self._checkpoint
        return iteration, time, {name: array.copy() for name, array in kept.items()}

    def checkpoint_rows(self):
        """Rows of every quantity that the latest checkpoint speaks of."""
        return dict(self._checkpoint[3]) if self._checkpoint else dict.fromkeys(self._columns, 0)

    def truncate(self, rows=None):
        """Drop rows behind a checkpoint, the latest one by default."""
        for name, count in (self.checkpoint_rows() if rows is None else rows).items():
            if not 0 <= count <= self.count(name):
                raise FlownetError(f"{name} has {self.count(name)} rows, not {count}.")
            self._columns[name].filled = count
        self.finished, self.diverged_at = False, None

    def finish(self, diverged_at=None):
        """Say that the run is finished."""
        self.finished, self.diverged_at = True, diverged_at

    def close(self):
        """Nothing to do: the rows stay in memory."""

    def refresh(self):
        """Nothing to do: what was counted is seen."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def names(self):
        """Names of the quantities."""
        return self._layout.names

    recorded = names

    @property
    def arrays(self):
        """Paths of the arrays that are kept whole."""
        return list(self._layout.arrays)

    @property
    def experiment(self):
        """The experiment as TOML text."""
        return self._layout.experiment

    def attrs(self, path=""):
        """Attributes of a group."""
        return dict(self._layout.attrs.get(path, {}))

    def array(self, path):
        """An array that is kept whole."""
        if path not in self._layout.arrays:
            raise FlownetError(f"this run has no array {path!r}.")
        return np.asarray(self._layout.arrays[path])

    def count(self, name):
        """Rows of a quantity."""
        return self._column(name).filled

    def form(self, name):
        """Shape of one row of a quantity, and its type."""
        return self._column(name).value.shape[1:], self._column(name).value.dtype

    def read(self, name, start=0, stop=None):
        """Rows of a quantity as read-only views: iteration, time, value."""
        return tuple(
            self.column(name, column, start, stop) for column in ("iteration", "time", "value")
        )

    def column(self, name, column, start=0, stop=None):
        """One column of a quantity's rows, a read-only view."""
        count = self.count(name)
        stop = count if stop is None else stop
        if not 0 <= start <= stop <= count:
            raise FlownetError(f"{name} has {count} rows, not {start} to {stop}.")
        view = getattr(self._column(name), column)[start:stop]
        view.flags.writeable = False
        return view

    def _column(self, name):
        if name not in self._columns:
            raise FlownetError(f"this run has no {name!r}; it has {', '.join(self.names)}.")
        return self._columns[name]


class _Column:
    """Rows of one quantity in arrays that double when they are full."""

    def __init__(self, quantity, block):
        rows = quantity.rows or block
        self.filled = 0
        self.iteration, self.time = np.zeros(rows, "<i8"), np.zeros(rows, "<f8")
        self.value = np.zeros((rows, *quantity.shape), quantity.dtype)

    def room(self):
        if self.filled == len(self.iteration):
            self.iteration, self.time, self.value = (
                np.concatenate([array, np.zeros_like(array)])
                for array in (self.iteration, self.time, self.value)
            )
        return len(self.iteration) - self.filled
