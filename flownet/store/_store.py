"""What every store offers, in memory or in a file: the contract, and what all do alike."""

import os
from abc import ABC, abstractmethod

from .._errors import FlownetError
from ._format import COLUMNS
from ._layout import check_arrays


class Store(ABC):
    """A run as it is kept, to be read: rows of its quantities, arrays, attributes, a checkpoint."""

    path = None  # of its file
    live = False  # whether a living process was writing it when it was last looked at
    identity = None  # what tells its file from that of any other run

    @property
    @abstractmethod
    def finished(self):
        """Whether the run came to its end."""

    @property
    @abstractmethod
    def diverged_at(self):
        """Iteration at which the run diverged, or None."""

    @property
    @abstractmethod
    def experiment(self):
        """The experiment as TOML text."""

    @property
    @abstractmethod
    def clocks(self):
        """Name of each recorded quantity to that of its clock, whose iteration and time it has."""

    @property
    def recorded(self):
        """Names of the quantities that the run records."""
        return list(self.clocks)

    @property
    def names(self):
        """Names of all quantities: recorded ones, then "analysis/<name>" of what was added."""
        return self.recorded

    @property
    @abstractmethod
    def arrays(self):
        """Paths of the arrays that are kept whole."""

    @property
    def label(self):
        """What errors call it."""
        return os.path.basename(self.path) if self.path else "this run"

    @abstractmethod
    def attrs(self, path=""):
        """Attributes of a group, "" for the root; a group without any gives an empty dict."""

    @abstractmethod
    def count(self, name):
        """Rows of a quantity that are kept."""

    @abstractmethod
    def form(self, name):
        """Shape of one row of a quantity, and its type."""

    @abstractmethod
    def _column(self, name, column, start, stop):
        """Rows of one column, 0 <= start <= stop <= count(name)."""

    @abstractmethod
    def _array(self, path):
        """An array of `arrays`."""

    @abstractmethod
    def slot(self):
        """The latest `Checkpoint`, or None before the first."""

    def read(self, name, start=0, stop=None):
        """Rows `start` to `stop` of a quantity: iteration (n,), time (n,) and value (n, ...).

        Raises
        ------
        FlownetError
            No such quantity or rows, or a block is damaged.
        """
        return tuple(self.column(name, column, start, stop) for column in COLUMNS)

    def column(self, name, column, start=0, stop=None):
        """One column of a quantity's rows: "iteration", "time" or "value"; else as `read`."""
        count = self.count(name)
        stop = count if stop is None else stop
        if not 0 <= start <= stop <= count:
            raise FlownetError(f"{self.label}: {name} has {count} rows, not {start} to {stop}.")
        return self._column(name, column, start, stop)

    def array(self, path):
        """An array that is kept whole; a FlownetError where there is none, or it is damaged."""
        if path not in self.arrays:
            raise FlownetError(f"{self.label} has no array {path!r}.")
        return self._array(path)

    def latest_checkpoint(self):
        """What the next step needs: iteration, time, {name: ndarray}; None when there is none yet.

        Raises
        ------
        FlownetError
            There were checkpoints, and all are damaged.
        """
        found = self.slot()
        return found and (found.iteration, found.time, found.arrays)

    def checkpoint_rows(self):
        """Rows of each recorded quantity that the latest checkpoint speaks of; 0 without one."""
        found, names = self.slot(), self.recorded
        return dict(zip(names, found.rows.tolist() if found else [0] * len(names)))

    @abstractmethod
    def refresh(self):
        """Look again, for rows that were added since."""

    @abstractmethod
    def close(self):
        """Let the file go."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _unknown(self, name):
        return FlownetError(f"{self.label} has no {name!r}; it has {', '.join(self.names)}.")


class WritableStore(Store):
    """A store that a run fills: rows in place, counted when filled; checkpoints; and an end."""

    @property
    @abstractmethod
    def checkpoint_forms(self):
        """Name to (shape, dtype) of the arrays that a checkpoint keeps."""

    @abstractmethod
    def room(self, name):
        """Rows of a quantity that can be filled in place before the next block, at least 1."""

    @abstractmethod
    def filled(self, name):
        """Rows of a quantity counted so far, on disk already or not."""

    @abstractmethod
    def _rows(self, name, n):
        """Views of the next n rows: value, iteration, time."""

    @abstractmethod
    def _advance(self, name, n):
        """Count n more rows."""

    @abstractmethod
    def _keep(self, iteration, time, arrays, wait):
        """Write a checkpoint of arrays that have been checked."""

    @abstractmethod
    def _cut(self, counts):
        """Leave so many rows of every recorded quantity; the run is not finished."""

    @abstractmethod
    def finish(self, diverged_at=None):
        """Write everything, say that the run is finished and where it diverged; close."""

    @abstractmethod
    def flush(self, wait=True):
        """Write partly filled blocks too; `wait` until the operating system has everything."""

    def rows(self, name, n):
        """The next n <= `room(name)` rows to fill: value (n, ...), iteration (n,) and time (n,).

        Quantities of one clock are handed the same iteration and time for the same rows.

        Raises
        ------
        FlownetError
            An earlier block could not be written, or n is too large.
        """
        self._fits(name, n)
        return self._rows(name, n)

    def advance(self, name, n):
        """Count n rows that were filled.

        Raises
        ------
        FlownetError
            An earlier block could not be written, n is too large, or a clock's rows do not count
            yet: they come first.
        """
        self._fits(name, n)
        self._behind_clock({name: self.filled(name) + n})
        self._advance(name, n)

    def checkpoint(self, iteration, time, arrays, wait=False):
        """Keep copies of what the next step needs, together with all rows counted so far.

        Raises
        ------
        FlownetError
            Other arrays than the layout has, or something could not be written.
        """
        check_arrays(arrays, self.checkpoint_forms)
        self._keep(iteration, time, arrays, wait)

    def truncate(self, rows=None):
        """Drop rows: those behind the latest checkpoint, or all but `{name: count}`.

        Raises
        ------
        FlownetError
            There are fewer rows, or a quantity would be ahead of its clock.
        """
        self.flush()
        counts = {name: self.filled(name) for name in self.recorded}
        for name, count in (self.checkpoint_rows() if rows is None else rows).items():
            if name not in counts:
                raise self._unknown(name)
            if not 0 <= count <= counts[name]:
                raise FlownetError(f"{self.label}: {name} has {counts[name]} rows, not {count}.")
            counts[name] = count
        self._behind_clock(counts)
        self._cut(counts)

    def _fits(self, name, n):
        free = self.room(name)
        if n > free:
            raise FlownetError(
                f"{self.label}: {n} rows of {name} do not fit in this block: it takes {free}."
            )

    def _behind_clock(self, counts):
        """Refuse counts of rows beyond those of their clock."""
        for name, count in counts.items():
            clock = self.clocks[name]
            there = counts[clock] if clock in counts else self.filled(clock)
            if count > there:
                raise FlownetError(
                    f"{self.label}: {name} would have {count} rows, and {clock}, whose iteration "
                    f"and time it shares, {there}."
                )
