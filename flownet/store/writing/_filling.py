"""Rows of one quantity on the side of the run: a block being filled, and the way to the writer."""

import queue
from functools import partial

import numpy as np

from .._format import CLOCK

_POOL = 4  # blocks of values in memory: one being filled, three on their way


class Clock:
    """Iteration and time of blocks of rows, for all quantities that share them.

    Each quantity takes each block once. They are made anew for every block, and kept until the
    last of them has taken it: so one quantity may lie behind another, and the writer may still
    look at a block while the run fills the next.

    Parameters
    ----------
    rows : Rows
        What is in the file, of the quantity whose clock it is.
    counts : list of int
        Rows that each of the quantities goes on from; that one's first, none larger.
    """

    def __init__(self, rows, counts):
        self._length, self._sharing, self._open = rows.block, len(counts), {}
        at = [count // rows.block for count in counts]
        for number in range(min(at), -(-counts[0] // rows.block)):
            block, first = self._new(), number * rows.block
            stop = min(first + rows.block, counts[0])
            for column, array in block.items():
                array[: stop - first] = rows.column(column, first, stop)
            self._open[number] = block, sum(place <= number for place in at)

    def _new(self):
        return {column: np.zeros(self._length, dtype) for column, dtype in CLOCK.items()}

    def take(self, number):
        """One block, for one of the quantities.

        Parameters
        ----------
        number : int

        Returns
        -------
        dict
            The columns "iteration" and "time".
        """
        block, waiting = self._open.pop(number, None) or (self._new(), self._sharing)
        if waiting > 1:
            self._open[number] = block, waiting - 1
        return block


class Filling:
    """Blocks of a quantity that a run fills in place and a writer thread writes.

    Parameters
    ----------
    rows : Rows
        What is in the file.
    clock : Clock
    writer : Writer
    count : int
        Rows to go on from; those behind are dropped by `restart`.
    """

    def __init__(self, rows, clock, writer, count):
        self._clock, self._writer = clock, writer
        self._shape, self._dtype = (rows.block, *rows.shape), rows.dtype
        self._number, self._filled = divmod(count, rows.block)
        self._handed = self._filled
        self._free, self._made, self._block = queue.SimpleQueue(), 0, None
        self._records = rows.records(-(-count // rows.block))
        if self._filled:  # the last block comes back, to be written again with more
            self.room()
            self._block["value"][: self._filled] = rows.column("value", count - self._filled, count)

    def restart(self, appender):
        """On the writer thread: make the file end where this begins.

        Parameters
        ----------
        appender : Appender
        """
        appender.restart(self.count, self._records, self._block)

    @property
    def count(self):
        """Rows counted so far, on disk or not."""
        return self._number * self._shape[0] + self._filled

    def room(self):
        """Rows that can be filled in place before the next block, at least 1."""
        if self._block is None:
            self._block = {**self._clock.take(self._number), "value": self._values()}
        return self._shape[0] - self._filled

    def _values(self):
        """Values to fill: used ones, else new ones, else the next that come back."""
        self._writer.check()
        if self._made < _POOL and self._free.empty():
            self._made += 1
            return np.zeros(self._shape, self._dtype)
        values = self._free.get()
        self._writer.check()
        return values

    def rows(self, n):
        """Views of the next n <= `room()` rows.

        Parameters
        ----------
        n : int

        Returns
        -------
        value, iteration, time : ndarray

        Raises
        ------
        FlownetError
            An earlier block could not be written.
        """
        part = slice(self._filled, self._filled + n)
        return tuple(self._block[column][part] for column in ("value", "iteration", "time"))

    def advance(self, n, appender):
        """Count n <= `room()` filled rows; a full block goes to the writer, and its values return.

        Parameters
        ----------
        n : int
        appender : Appender

        Raises
        ------
        FlownetError
            An earlier block could not be written.
        """
        self._filled += n
        if self._filled == self._shape[0]:
            self.flush(appender, partial(self._free.put, self._block["value"]))
            self._number, self._filled, self._handed, self._block = self._number + 1, 0, 0, None

    def flush(self, appender, after=None):
        """Let the writer write the block as far as it is filled; filling it further does no harm.

        Parameters
        ----------
        appender : Appender
        after : callable, optional
            Called when it is written.

        Raises
        ------
        FlownetError
            An earlier block could not be written.
        """
        self._writer.check()
        if self._filled > self._handed:
            self._writer.submit(
                partial(appender.write, self._number, self._filled, self._block), after
            )
            self._handed = self._filled
