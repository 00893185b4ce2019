"""The one place that lets HDF5 look into a file that it may not trust.

Only hard links are followed, and only to what our own lists name; two paths lead to one data set
only where a quantity shares the clock of another.
"""

import math
from dataclasses import dataclass

import numpy as np

from ..._errors import FlownetError
from ..._hdf5 import id_at
from .._format import NUMBER
from .._layout import check_dtype, check_name
from ..bytes import _attributes, look_at
from ._rows import read_number


class InAHeap(FlownetError):
    """Attributes of a file are in a heap, which HDF5 is to read in another process first."""


NOWHERE = -1  # in place of where a block starts, when that is lost


@dataclass
class Plain:
    """A data set in one piece: where it starts, and the checksum it claims."""

    path: str
    dtype: np.dtype
    shape: tuple
    offset: int
    checksum: int | None = None


@dataclass
class Chunks:
    """A data set in blocks of rows: where each block starts."""

    path: str
    dtype: np.dtype
    shape: tuple  # of one row
    block: int  # rows in a block
    offsets: list  # of the blocks


class Walk:
    """A file open in HDF5, walked along hard links only.

    Parameters
    ----------
    flat : FlatFile
    lost : list, optional
        Of a file whose damaged parts are to be left out: is given a line for each.
    examined : bool
        Whether HDF5 may read heaps: another process has, and lived.
    """

    def __init__(self, flat, lost=None, examined=False):
        import h5py

        self._flat, self.lost = flat, lost
        self._noted = {}  # where a data set's header lies, to its path
        self.name, self.was_closed = flat.name, flat.was_closed
        self._looked, self._examined = set(), examined  # places of headers
        self._opened = {}
        self._look_at(flat.root)
        self._file = h5py.File(flat, "r")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()

    def open(self, path):
        """Group or data set at a path, as HDF5 names it; each step of it is a hard link."""
        return id_at(self._file.id, path, self.name, self._look_at, self._opened)

    @property
    def root(self):
        """The file's first group."""
        return self._file

    def attribute(self, node, name):
        """One attribute of what is open, not checked."""
        return _attributes.read_one(node, name, self.name)

    def _look_at(self, place):
        """Refuse what HDF5 would not have written, and attributes in a heap before another process
        has read them."""
        if place in self._looked:
            return
        if look_at(self._flat, place) and not self._examined:
            raise InAHeap(f"{self.name} keeps attributes in a heap, which has to be examined.")
        self._looked.add(place)

    def attrs(self, path):
        """Checked attributes of the group at a path."""
        import h5py

        return _attributes.read(h5py.Group(self.open(path)), f"{self.name}: /{path}")

    def analyses(self):
        """Names of what was added after the run."""
        if "analysis" not in self._file:
            return []
        names = [f"analysis/{name.decode()}" for name in self.open("analysis")]
        for name in names:
            check_name(name)
        return names

    def plain(self, path, dtype=None, checksum=False):
        """A data set in one piece, inside this file."""
        from h5py import Dataset, h5d

        data, shape, dtype, _ = self._data(path, dtype, h5d.CONTIGUOUS)
        size = dtype.itemsize * math.prod(shape)
        offset = data.get_offset() if size else 0
        if offset is None or offset + size > self._flat.size:
            raise FlownetError(f"{self.name} is damaged: /{path} lies outside of the file.")
        claimed = int(self.attribute(Dataset(data), "xxh3_64")) if checksum else None
        return Plain(path, dtype, shape, offset, claimed)

    def number(self, path):
        """A number of the state, read at once."""
        return read_number(self._flat, self.plain(path, NUMBER))

    def chunks(self, path, rows, dtype=None):
        """A data set in blocks of whole rows, as far as its rows count, inside this file."""
        from h5py import h5d

        data, shape, dtype, chunk = self._data(path, dtype, h5d.CHUNKED)
        block, *row = chunk
        size = dtype.itemsize * math.prod(chunk)
        if tuple(row) != shape[1:]:
            raise FlownetError(
                f"{self.name} is damaged: /{path} has shape {shape} in blocks of {chunk}."
            )
        blocks = -(-rows // block)
        if rows < 0 or rows > shape[0] or blocks * size > self._flat.size:
            raise FlownetError(
                f"{self.name} is damaged: /{path} holds less than the {rows} rows that count."
            )
        firsts = range(0, blocks * block, block)
        return Chunks(path, dtype, shape[1:], block, self._places(data, path, firsts, size))

    def extent(self, path):
        """Rows for which a data set in blocks has places."""
        from h5py import h5d

        return self._data(path, None, h5d.CHUNKED)[1][0]

    def check_linked(self, path, other):
        """Refuse a path that does not lead to the data set that was noted under another one."""
        if self._noted.get(_header(self.open(path))) != other:
            raise FlownetError(f"{self.name} is damaged: /{path} is not /{other}.")

    def _places(self, data, path, firsts, size):
        """Where blocks start: what HDF5 looks at when it is asked for each of them.

        HDF5's own ways to tell a place go through all entries for every one, or through as many as
        a broken index claims to have; a look-up of one block touches a few of them only.
        """
        if not firsts:
            return []
        buffer, rest = np.empty(size, "u1"), (0,) * (data.rank - 1)
        return [self._place(data, path, (first, *rest), size, buffer) for first in firsts]

    def _place(self, data, path, corner, size, buffer):
        """Where one block starts; where that is lost and may be, at no place."""
        try:
            with self._flat.watch(size) as seen:
                data.read_direct_chunk(corner, out=buffer)
            if seen and seen[-1] + size <= self._flat.size:
                return seen[-1]
        except (OSError, RuntimeError, ValueError):
            if self.lost is None:
                raise
        line = f"{self.name} is damaged: row {corner[0]} of /{path} lies outside of the file."
        if self.lost is None:
            raise FlownetError(line)
        self.lost.append(line)
        return NOWHERE

    def _data(self, path, dtype, layout):
        """A data set of plain numbers without filters, external or virtual storage: its name in
        HDF5, its shape and type, and the shape of its blocks where it has some."""
        import h5py

        data = self.open(path)
        if not isinstance(data, h5py.h5d.DatasetID):
            raise FlownetError(f"{self.name} is damaged: /{path} is no data set.")
        creation = data.get_create_plist()
        if (
            creation.get_layout() != layout
            or creation.get_nfilters()
            or creation.get_external_count()
        ):
            raise FlownetError(f"{self.name}: /{path} is not stored the way flownet stores it.")
        known = data.dtype
        if dtype is None:
            check_dtype(known, f"{self.name}: /{path}")
        elif known != dtype:
            raise FlownetError(f"{self.name} is damaged: /{path} has type {known}.")
        space = data.get_space()
        if space.get_simple_extent_type() == h5py.h5s.NULL:
            raise FlownetError(f"{self.name} is damaged: /{path} is empty.")
        other = self._noted.setdefault(_header(data), path)
        if other != path:
            raise FlownetError(f"{self.name} is damaged: /{path} and /{other} are one data set.")
        chunk = creation.get_chunk() if layout == h5py.h5d.CHUNKED else None
        return data, space.get_simple_extent_dims(), known, chunk


def _header(node):
    """Where the header of a group or data set lies, the same for all hard links to it."""
    from h5py import h5o

    return h5o.get_info(node).addr
