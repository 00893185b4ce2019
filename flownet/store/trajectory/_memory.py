"""A run that is kept in memory only."""

from dataclasses import replace

import numpy as np

from .._format import CLOCK
from .._store import WritableStore
from ..bytes import Checkpoint


class MemoryStore(WritableStore):
    """Rows of a run in growing arrays; what is read of them are read-only views.

    Parameters
    ----------
    layout : Layout
    """

    finished, diverged_at = False, None

    def __init__(self, layout):
        self._layout, self._latest = layout, None
        self._columns = {}
        self._add(layout.quantities)

    def _add(self, quantities):
        for quantity in quantities:
            if quantity.has_clock:
                clock = _Clock(quantity.rows or self._layout.block_rows(quantity))
            else:
                clock = self._columns[quantity.clock].clock
            self._columns[quantity.name] = _Column(quantity, clock)

    # Rows

    def room(self, name):
        return self._columns[name].room()

    def filled(self, name):
        return self._columns[name].filled

    def _rows(self, name, n):
        filled = self.filled(name)
        arrays = self._columns[name].arrays
        return tuple(
            arrays[column][filled : filled + n] for column in ("value", "iteration", "time")
        )

    def _advance(self, name, n):
        self._columns[name].filled += n
        self.finished, self.diverged_at = False, None

    def _cut(self, counts):
        for name, count in counts.items():
            self._columns[name].filled = count
        self.finished, self.diverged_at = False, None

    def flush(self, wait=True):
        """Nothing to do: memory is at hand."""

    # Checkpoints and the end

    @property
    def checkpoint_forms(self):
        return self._layout.checkpoint

    def _keep(self, iteration, time, arrays, wait):
        rows = np.array([self.filled(name) for name in self.recorded])
        self._latest = Checkpoint(0, int(iteration), float(time), rows, _copies(arrays))

    def rewrite_experiment(self, text):
        """Replace the experiment, for a run that goes on under other words."""
        self._layout = replace(self._layout, experiment=text)

    def rewrite_part(self, text, arrays, attrs, checkpoint, more=()):
        """Replace what is kept for the next step: of a run that goes on in another way.

        It may record more quantities from now on.
        """
        forms = {name: (array.shape, array.dtype) for name, array in checkpoint.arrays.items()}
        self._layout = replace(
            self._layout,
            experiment=text,
            arrays=arrays,
            checkpoint=forms,
            attrs=self._layout.attrs | attrs,
            quantities=(*self._layout.quantities, *more),
        )
        self._add(more)
        self._latest = replace(checkpoint, arrays=_copies(checkpoint.arrays))

    def slot(self):
        return self._latest and replace(self._latest, arrays=_copies(self._latest.arrays))

    def finish(self, diverged_at=None):
        self.finished, self.diverged_at = True, diverged_at

    def close(self):
        """Nothing to do: the rows stay in memory."""

    # Reading

    def refresh(self):
        """Nothing to do: what was counted is seen."""

    @property
    def clocks(self):
        return self._layout.clocks

    @property
    def arrays(self):
        return list(self._layout.arrays)

    @property
    def experiment(self):
        return self._layout.experiment

    def attrs(self, path=""):
        return dict(self._layout.attrs.get(path, {}))

    def count(self, name):
        return self._known(name).filled

    def form(self, name):
        value = self._known(name).arrays["value"]
        return value.shape[1:], value.dtype

    def _column(self, name, column, start, stop):
        view = self._known(name).arrays[column][start:stop]
        view.flags.writeable = False
        return view

    def _array(self, path):
        return np.asarray(self._layout.arrays[path])

    def _known(self, name):
        if name not in self._columns:
            raise self._unknown(name)
        return self._columns[name]


class _Clock:
    """Iteration and time of the quantities that share them, in arrays that double when full."""

    def __init__(self, rows):
        self.arrays = {column: np.zeros(rows, dtype) for column, dtype in CLOCK.items()}

    def __len__(self):
        return len(self.arrays["time"])

    def grow(self):
        for column, array in self.arrays.items():
            self.arrays[column] = _longer(array, 2 * len(array))


class _Column:
    """Rows of one quantity, as long as its clock."""

    def __init__(self, quantity, clock):
        self.filled, self.clock = 0, clock
        self._value = np.zeros((len(clock), *quantity.shape), quantity.dtype)

    @property
    def arrays(self):
        return {**self.clock.arrays, "value": self._value}

    def room(self):
        if self.filled == len(self.clock):
            self.clock.grow()
        if len(self._value) < len(self.clock):
            self._value = _longer(self._value, len(self.clock))
        return len(self.clock) - self.filled


def _longer(array, rows):
    return np.concatenate([array, np.zeros((rows - len(array), *array.shape[1:]), array.dtype)])


def _copies(arrays):
    return {name: np.array(array) for name, array in arrays.items()}
