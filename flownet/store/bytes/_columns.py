"""One quantity in an open file: its data sets, and the order in which a block reaches them.

Data first, then the extents and where the blocks lie, then the checksums, then the committed
rows: killed between any two of these, the file says less than it holds, never more.
"""

import os

import numpy as np

from .._format import CLOCK, COLUMNS, NUMBER, RECORD, RECORDS
from ._checksum import checksum, with_checksum


def create(file, quantity, block):
    """Make the data sets of one quantity, empty; those of its clock, made before, are linked.

    Parameters
    ----------
    file : h5py.File
    quantity : Quantity
    block : int
        Rows in a block.
    """
    name = quantity.name
    for column, dtype in CLOCK.items():
        if quantity.has_clock:
            _extendable(file, f"{name}/{column}", (block,), dtype)
        else:
            file[f"{name}/{column}"] = file[f"{quantity.clock}/{column}"]  # a hard link
    _extendable(file, f"{name}/value", (block, *quantity.shape), quantity.dtype)
    _extendable(file, f"state/checksum/{name}", (RECORDS,), RECORD)
    reserve(file, f"state/committed/{name}", (), NUMBER)
    write_number(file[f"state/committed/{name}"].id, 0)


def reserve(file, path, shape, dtype):
    """Make a data set in one piece with its space reserved, so that writing it later moves nothing.

    Parameters
    ----------
    file : h5py.File
    path : str
    shape : tuple
    dtype : dtype

    Returns
    -------
    h5py.Dataset
    """
    from h5py import h5d, h5s

    space = h5s.create_simple(shape) if shape else h5s.create(h5s.SCALAR)
    return _dataset(
        file, path, space, dtype, lambda creation: creation.set_alloc_time(h5d.ALLOC_TIME_EARLY)
    )


def _extendable(file, path, chunk, dtype):
    from h5py import h5d, h5s

    def arrange(creation):
        creation.set_chunk(chunk)
        creation.set_alloc_time(h5d.ALLOC_TIME_EARLY)  # a block has its place before it is written

    space = h5s.create_simple((0, *chunk[1:]), (h5s.UNLIMITED, *chunk[1:]))
    _dataset(file, path, space, dtype, arrange)


def _dataset(file, path, space, dtype, arrange):
    """Never filled beforehand: every byte that counts is written, and checksummed."""
    from h5py import Dataset, h5d, h5p, h5t

    group, _, name = path.rpartition("/")
    creation = h5p.create(h5p.DATASET_CREATE)
    creation.set_fill_time(h5d.FILL_TIME_NEVER)
    arrange(creation)
    kind = h5t.py_create(np.dtype(dtype), logical=True)
    return Dataset(h5d.create(file.require_group(group).id, name.encode(), kind, space, creation))


def write_number(data, value):
    """Write a number of the state with its checksum, in one write.

    Parameters
    ----------
    data : h5py.h5d.DatasetID
    value : int
    """
    from h5py import h5s

    data.write(h5s.ALL, h5s.ALL, with_checksum(value))
    data.flush()


class Appender:
    """Writes blocks of one quantity, whole or partly filled, into an open file.

    A block is a dict of one array a column. Iteration and time of a quantity that shares those of
    another are in the file before: they are checksummed here, and not written again.

    Parameters
    ----------
    file : h5py.File
    name : str
        Of a quantity without rows; `restart` takes up one that has some.
    has_clock : bool
        Whether iteration and time are its own.
    """

    def __init__(self, file, name, has_clock=True):
        own = COLUMNS if has_clock else ("value",)
        self._columns = {column: file[f"{name}/{column}"].id for column in own}
        self._descriptor = file.id.get_vfd_handle()
        self._places = {}
        self._checksum = file[f"state/checksum/{name}"].id
        self._number = file[f"state/committed/{name}"].id
        self._row = self._columns["value"].shape[1:]
        self.block = file[f"{name}/value"].chunks[0]
        self.committed = 0
        self._page = np.zeros(RECORDS, RECORD)

    def write(self, number, rows, block):
        """Write one block and commit its rows.

        Parameters
        ----------
        number : int
            Of the block.
        rows : int
            How many of its rows are filled.
        block : dict
        """
        first = number * self.block
        for column, data in self._columns.items():
            row = self._row if column == "value" else ()
            if data.shape[0] < first + rows:
                data.set_extent((first + rows, *row))
            self._put(column, (first, *(0 for _ in row)), block[column])
        for data in self._columns.values():
            data.flush()
        self._record(number, rows, block)
        self.commit(first + rows)

    def _put(self, column, corner, array):
        """Write a column's block where HDF5 has given it a place.

        h5py would hold Python's lock for the milliseconds that a block takes, and the thread that
        trains would wait; the system call lets it go on.
        """
        if not hasattr(os, "pwrite"):  # on Windows
            self._columns[column].write_direct_chunk(corner, array)
            return
        if self._places.get(column, (None,))[0] != corner:
            place = self._columns[column].get_chunk_info_by_coord(corner).byte_offset
            self._places[column] = corner, place
        place, left = self._places[column][1], memoryview(array).cast("B")
        while left:
            written = os.pwrite(self._descriptor, left, place)
            place, left = place + written, left[written:]

    def _record(self, number, rows, block):
        """Checksum of a block's filled rows, through the page that holds its entry."""
        place = number % RECORDS
        if place == 0:
            self._page[:] = np.zeros((), RECORD)
        self._page[place] = (rows, *(checksum(block[column][:rows]) for column in COLUMNS))
        grown = self._checksum.shape[0] <= number
        if grown:
            self._checksum.set_extent((number + 1,))
        self._checksum.write_direct_chunk((number - place,), self._page)
        if grown:
            self._checksum.flush()

    def commit(self, rows):
        """Say how many rows count.

        Parameters
        ----------
        rows : int
        """
        write_number(self._number, rows)
        self.committed = rows

    def restart(self, rows, records, block):
        """Go back to fewer rows; those behind stay in place until they are written over.

        The checksum of the last block must not speak of rows that are about to change, and the
        count is lowered before it: so a reader never misses what the count promises.

        Parameters
        ----------
        rows : int
        records : (n,) RECORD ndarray
            Checksums of the blocks that hold them.
        block : dict
            With the rows of the last, partly filled block.
        """
        self.commit(rows)
        number, filled = divmod(rows, self.block)
        start = number // RECORDS * RECORDS
        self._page[:] = np.zeros((), RECORD)
        self._page[: len(records) - start] = records[start:]
        if filled:
            self._record(number, filled, block)

    def trim(self):
        """Drop what lies behind the committed rows, when a shorter second run left some."""
        for column, data in self._columns.items():
            if data.shape[0] > self.committed:
                data.set_extent((self.committed, *(self._row if column == "value" else ())))
                data.flush()
        blocks = -(-self.committed // self.block)
        if self._checksum.shape[0] > blocks:
            self._checksum.set_extent((blocks,))
            self._checksum.flush()
