"""One quantity in an open file: its data sets, and the order in which a block reaches them.

Data first, then the extents and where the blocks lie, then the checksums, then the committed
rows: killed between any two of these, the file says less than it holds, never more.
"""

import numpy as np

from .._format import CLOCK, COLUMNS, NUMBER, RECORD, RECORDS
from ._checksum import checksum, with_checksum

_AHEAD = 16  # of so many blocks one more gets its place ahead
_SURELY = 2  # likewise of those that are expected: places are made while the run waits for the disk
_AT_ONCE = 1 << 18  # bytes of a column that is expected, for which it has places from the beginning


def create(file, quantity, block):
    """Make the data sets of one quantity, empty; those of its clock, made before, are linked.

    The first blocks of each have their places at once: a short run changes nothing of HDF5's index.

    Parameters
    ----------
    file : StagedFile
    quantity : Quantity
    block : int
        Rows in a block.
    """
    name, hdf5 = quantity.name, file.hdf5
    soon = min(quantity.rows or 0, _AT_ONCE // quantity.row_bytes)
    rows = block * max(1, -(-soon // block))
    for column, dtype in CLOCK.items():
        if quantity.has_clock:
            _extendable(hdf5, f"{name}/{column}", (block,), dtype, rows)
        else:
            hdf5[f"{name}/{column}"] = hdf5[f"{quantity.clock}/{column}"]  # a hard link
    _extendable(hdf5, f"{name}/value", (block, *quantity.shape), quantity.dtype, rows)
    _extendable(hdf5, f"state/checksum/{name}", (RECORDS,), RECORD, rows // block)
    reserve_number(file, f"state/committed/{name}", 0)


def reserve_number(file, path, value):
    """Make a number of the state.

    Parameters
    ----------
    file : StagedFile
    path : str
    value : int
    """
    data = reserve(file.hdf5, path, (), NUMBER)
    file.put(data.get_offset(), with_checksum(value))


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
    h5py.h5d.DatasetID
    """
    from h5py import h5d, h5s

    space = h5s.create_simple(shape) if shape else h5s.create(h5s.SCALAR)
    return _dataset(
        file, path, space, dtype, lambda creation: creation.set_alloc_time(h5d.ALLOC_TIME_EARLY)
    )


def _extendable(file, path, chunk, dtype, rows):
    from h5py import h5d, h5s

    def arrange(creation):
        creation.set_chunk(chunk)
        creation.set_alloc_time(h5d.ALLOC_TIME_EARLY)  # a block has its place before it is written

    space = h5s.create_simple((rows, *chunk[1:]), (h5s.UNLIMITED, *chunk[1:]))
    _dataset(file, path, space, dtype, arrange)


def _dataset(file, path, space, dtype, arrange):
    """Never filled beforehand: every byte that counts is written, and checksummed."""
    from h5py import h5d, h5p, h5t

    group, _, name = path.rpartition("/")
    creation = h5p.create(h5p.DATASET_CREATE)
    creation.set_fill_time(h5d.FILL_TIME_NEVER)
    arrange(creation)
    kind = h5t.py_create(np.dtype(dtype), logical=True)
    return h5d.create(_group(file.id, group.encode()), name.encode(), kind, space, creation)


def _group(root, path):
    """The group at a path, made if need be, with those on the way: h5py's own way takes longer than
    all of the data set."""
    from h5py import h5g, h5p, h5t

    try:
        return h5g.open(root, path) if path else root
    except (KeyError, ValueError):  # which of them is up to HDF5
        links = h5p.create(h5p.LINK_CREATE)
        links.set_create_intermediate_group(True)
        links.set_char_encoding(h5t.CSET_UTF8)
        return h5g.create(root, path, links)


def data_at(root, path):
    """A data set of our own as HDF5 names it, which is quick.

    Parameters
    ----------
    root : h5py.h5g.GroupID
    path : str

    Returns
    -------
    h5py.h5d.DatasetID
    """
    from h5py import h5d

    return h5d.open(root, path.encode())


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
    file : StagedFile
    name : str
        Of a quantity without rows; `restart` takes up one that has some.
    has_clock : bool
        Whether iteration and time are its own.
    expected : int
        Rows that are to come in all; 0 where nobody knows.

    Attributes
    ----------
    record : () RECORD ndarray
        Of the last block: its rows and their checksums.
    """

    def __init__(self, file, name, has_clock=True, expected=0):
        own, root = COLUMNS if has_clock else ("value",), file.hdf5.id
        self._file = file
        self._columns = {column: data_at(root, f"{name}/{column}") for column in own}
        self._checksum = data_at(root, f"state/checksum/{name}")
        self._number = data_at(root, f"state/committed/{name}").get_offset()
        self.block = self._columns["value"].get_create_plist().get_chunk()[0]
        self.committed, self._expected = 0, -(-expected // self.block)
        self.record = np.zeros((), RECORD)
        self._page = np.zeros(RECORDS, RECORD)
        self._places = {}  # data set to the first row of a block, and where that lies

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
        self._make_room(number)
        for column, data in self._columns.items():
            self._file.put(self._place(column, data, first), block[column][:rows])
        self._record(number, rows, block)
        self.commit(first + rows)

    def _make_room(self, number):
        """Places for a block, and for some that will follow: the more, the more there are."""
        rows = (number + 1) * self.block
        if self._rooms() >= rows and self._checksum.shape[0] > number:
            return
        soon = min(number + number // _SURELY + 2, self._expected)
        blocks = max(number + 1 + number // _AHEAD, soon)
        for data in self._columns.values():
            self._extend(data, max(blocks * self.block, data.shape[0]))
        self._extend(self._checksum, max(blocks, self._checksum.shape[0]))
        self._file.commit()

    def _rooms(self):
        """Rows for which there are places."""
        return min(data.shape[0] for data in self._columns.values())

    def _extend(self, data, rows):
        if data.shape[0] != rows:
            data.set_extent((rows, *data.shape[1:]))

    def _place(self, name, data, first):
        """Where the block of a data set lies that begins with a row."""
        known, place = self._places.get(name, (None, 0))
        if known != first:
            corner = (first, *(0 for _ in data.shape[1:]))
            place = data.get_chunk_info_by_coord(corner).byte_offset
            self._places[name] = first, place
        return place

    def _record(self, number, rows, block):
        """Checksum of a block's filled rows, through the page that holds its entry."""
        place = number % RECORDS
        if place == 0:
            self._page[:] = np.zeros((), RECORD)
        self._page[place] = (rows, *(checksum(block[column][:rows]) for column in COLUMNS))
        self.record = self._page[place].copy()
        self._file.put(self._place("checksum", self._checksum, number - place), self._page)

    def commit(self, rows):
        """Say how many rows count.

        Parameters
        ----------
        rows : int
        """
        self._file.put(self._number, with_checksum(rows))
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
        self.record = records[-1].copy() if len(records) else np.zeros((), RECORD)
        if filled:
            self._record(number, filled, block)

    def trim(self):
        """Drop the places behind the committed rows; it takes a commit of the file."""
        first = self.committed - self.committed % self.block
        if first < self.committed:  # HDF5 would read this block, and write zeros behind its rows
            for column, data in self._columns.items():
                self._file.leave(self._place(column, data, first))
        for data in self._columns.values():
            self._extend(data, self.committed)
        self._extend(self._checksum, -(-self.committed // self.block))
        self._places.clear()
