"""Rows of one quantity, read from where they lie; every block is checked before it is believed."""

import time

import numpy as np

from ..._errors import FlownetError
from .._format import COLUMNS, RECORD, RECORDS
from ..bytes import checksum, plain_bytes, with_checksum

_AGAIN = (0.01, 0.05, 0.2)  # seconds between looks at a block that a living writer may be writing


class Damaged(FlownetError):
    """A block does not match its checksum."""


class Rows:
    """Committed rows of one quantity of a file.

    Parameters
    ----------
    flat : FlatFile
    name : str
    parts : dict
        Where its columns and checksums lie, and its count.
    """

    def __init__(self, flat, name, parts):
        self._flat, self._name, self._parts = flat, name, parts
        self._last = {}  # column to (number, rows) of the block that was read in part last
        self._whole = {}  # column of single numbers to all its rows, once they were all asked for
        self.shape, self.dtype = parts["value"].shape, parts["value"].dtype
        self.block = parts["value"].block
        self.count = parts["count"]
        self._earlier = None, None  # number of a block, and the record of fewer rows of it

    def column(self, column, start, stop):
        """One column of the rows.

        Parameters
        ----------
        column : str
            "iteration", "time" or "value".
        start, stop : int
            0 <= start <= stop <= count.

        Returns
        -------
        (n, ...) ndarray

        Raises
        ------
        Damaged
        """
        if column in self._whole:
            return self._whole[column][start:stop].copy()
        chunks = self._parts[column]
        out = np.empty((stop - start, *chunks.shape), chunks.dtype)
        for number in range(start // self.block, -(-stop // self.block)):
            first = number * self.block
            low, high = max(start - first, 0), min(stop - first, self.block)
            self._copy(column, number, low, high, out[first + low - start : first + high - start])
        if not chunks.shape and stop - start == self.count:
            self._whole[column] = out.copy()
        return out

    def check(self, first):
        """Refuse rows from one on that are not all there.

        Parameters
        ----------
        first : int

        Raises
        ------
        Damaged
        """
        for number in range(first // self.block, -(-self.count // self.block)):
            begin = number * self.block
            for column in COLUMNS:
                self.column(column, begin, min(begin + self.block, self.count))

    def go_back(self, count, record):
        """Count fewer rows, as at an earlier time.

        Parameters
        ----------
        count : int
        record : () RECORD ndarray
            Of the last block then: what follows may have written over its own.
        """
        self.count = min(count, self.count)
        self._last.clear()
        self._whole.clear()
        self._earlier = max(count - 1, 0) // self.block, record

    def _copy(self, column, number, low, high, out):
        """Some rows of one block, out of the one that was read last if it is that."""
        last, rows = self._last.get(column, (None, ()))
        if last != number or len(rows) < high:
            rows = self._checked(column, number, low, high, out)
            if rows is out:
                return
            self._last[column] = (number, rows)
        out[:] = rows[low:high]

    def _checked(self, column, number, low, high, out):
        """All rows of a block that its checksum covers; in `out` when just those are wanted."""
        chunks = self._parts[column]
        for record in self._records(number) if chunks.offsets[number] >= 0 else ():
            covered, expected = int(record["rows"]), int(record[column])
            if high <= covered <= self.block:
                whole = (
                    out
                    if (low, high) == (0, covered)
                    else np.empty((covered, *chunks.shape), chunks.dtype)
                )
                if (
                    self._flat.read_into(chunks.offsets[number], plain_bytes(whole))
                    and checksum(whole) == expected
                ):
                    return whole
        raise Damaged(
            f"{self._flat.name} is damaged: block {number} of /{self._name}/{column} "
            f"(from row {number * self.block} on) does not match its checksum."
        )

    def _records(self, number):
        """The record of a block, again while a living writer may be at it, and an earlier one.

        Each is read before the block itself: a writer writes it after, so the block is at least as
        new and begins with the same rows.
        """
        page, place = divmod(number, RECORDS)
        for pause in (0, *_AGAIN) if self._flat.live else (0,):
            time.sleep(pause)
            record, begin = np.zeros((), RECORD), self._parts["checksum"].offsets[page]
            if begin >= 0:  # else where it lies is lost
                self._flat.read_into(begin + place * RECORD.itemsize, plain_bytes(record))
            yield record
        if number == self._earlier[0]:
            yield self._earlier[1]

    def covered(self):
        """Rows that the checksums speak of, counted from the first one without a gap.

        Returns
        -------
        int
        """
        for number in range(-(-self.count // self.block)):
            rows = int(next(self._records(number))["rows"])
            if rows != self.block:
                return min(number * self.block + max(rows, 0), self.count)
        return self.count

    def damaged(self, column):
        """Where a column does not match its checksums.

        Parameters
        ----------
        column : str

        Returns
        -------
        list of (int, int)
            First row and the one behind the last, of each block that is damaged.
        """
        found = []
        for first in range(0, self.count, self.block):
            stop = min(first + self.block, self.count)
            out = np.empty((stop - first, *self._parts[column].shape), self._parts[column].dtype)
            try:
                self._checked(column, first // self.block, 0, stop - first, out)
            except Damaged:
                found.append((first, stop))
        return found

    def records(self, blocks):
        """Checksums of the first blocks.

        Parameters
        ----------
        blocks : int

        Returns
        -------
        (blocks,) RECORD ndarray
        """
        out = np.zeros((-(-blocks // RECORDS), RECORDS), RECORD)
        for page, entries in enumerate(out):
            self._flat.read_into(self._parts["checksum"].offsets[page], plain_bytes(entries))
        return out.reshape(-1)[:blocks]


def read_plain(flat, place):
    """Array of a data set in one piece, not checked.

    Parameters
    ----------
    flat : FlatFile
    place : Plain

    Returns
    -------
    ndarray
    """
    array = np.zeros(place.shape, place.dtype)
    if array.size:
        flat.read_into(place.offset, plain_bytes(array))
    return array


def read_number(flat, place):
    """Number of the state.

    Parameters
    ----------
    flat : FlatFile
    place : Plain

    Returns
    -------
    int

    Raises
    ------
    FlownetError
        It does not match its checksum.
    """
    number = read_plain(flat, place)
    if place.shape or number != with_checksum(number["value"]):
        raise FlownetError(f"{flat.name} is damaged: /{place.path} does not match its checksum.")
    return int(number["value"])
