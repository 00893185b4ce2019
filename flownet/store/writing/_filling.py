"""Rows of one quantity on the side of the run: a block being filled, and the way to the writer."""

import queue
from functools import partial

from ..._errors import FlownetError
from .._layout import Quantity
from ..bytes import Block

_POOL = 4  # blocks in memory: one being filled, three on their way


class Filling:
    """Blocks of a quantity that a run fills in place and a writer thread writes.

    Parameters
    ----------
    name : str
    rows : Rows
        What is in the file.
    writer : Writer
    count : int
        Rows to go on from; those behind are dropped by `restart`.
    """

    def __init__(self, name, rows, writer, count):
        self._quantity, self._writer = Quantity(name, rows.shape, rows.dtype), writer
        self._length = rows.block
        self._number, self._filled = divmod(count, rows.block)
        self._handed = self._filled
        self._free, self._made, self._block = queue.SimpleQueue(), 0, None
        self._records = rows.records(-(-count // rows.block))
        if self._filled:
            self._take_up(rows, count)

    def _take_up(self, rows, count):
        """The last block is not full: its rows come back, to be written again with more."""
        self._block, self._made = Block(self._length, self._quantity), 1
        for column in ("iteration", "time", "value"):
            getattr(self._block, column)[: self._filled] = rows.column(
                column, count - self._filled, count
            )

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
        return self._number * self._length + self._filled

    def room(self):
        """Rows that can be filled in place before the next block, at least 1."""
        if self._block is None:
            self._block = self._fresh()
        return self._length - self._filled

    def _fresh(self):
        """A block to fill: a used one, else a new one, else the next one that comes back."""
        self._writer.check()
        if self._made < _POOL and self._free.empty():
            self._made += 1
            return Block(self._length, self._quantity)
        block = self._free.get()
        self._writer.check()
        return block

    def rows(self, n):
        """Views of the next rows.

        Parameters
        ----------
        n : int

        Returns
        -------
        value, iteration, time : ndarray

        Raises
        ------
        FlownetError
            n is more than `room()`, or an earlier block could not be written.
        """
        if n > self.room():
            raise FlownetError(f"{self._quantity.name}: {n} rows do not fit in this block.")
        part = slice(self._filled, self._filled + n)
        return self._block.value[part], self._block.iteration[part], self._block.time[part]

    def advance(self, n, appender):
        """Count filled rows; a full block goes to the writer and comes back when it is written.

        Parameters
        ----------
        n : int
        appender : Appender

        Raises
        ------
        FlownetError
            n is more than `room()`, or an earlier block could not be written.
        """
        if n > self.room():
            raise FlownetError(f"{self._quantity.name}: {n} rows do not fit in this block.")
        self._filled += n
        if self._filled == self._length:
            self.flush(appender, partial(self._free.put, self._block))
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
