"""Rows of a sweep in a file: written where they belong, then marked as done."""

import os
from dataclasses import dataclass

import numpy as np

from ... import _progress
from ..._errors import FlownetError
from ..._file_path import file_path
from ..._hdf5 import array_at, node_at
from ..._memory import size_text
from ...store._failure import explain, writing
from ...store._size import check_space
from ...store._text import from_text, to_text
from ..keep import Column
from ..plan import Plan
from ._create import DONE, TEXT, VERSION, create, says_sweep
from ._lock import open_locked
from ._memory import size_of

_LENGTH = b"This is a netCDF dimension"  # but no variable: it has a length alone


@dataclass(frozen=True)
class Place:
    """Where the numbers of a column are in the file."""

    offset: int | None
    shape: tuple
    dtype: np.dtype


class FileRows:
    """Rows of a sweep in its file; data sets never move, so that each row has a place.

    A tile's numbers are written first and its members are marked as done after that: a process that
    is killed at any moment loses the tile it was at, and nothing else.

    Attributes
    ----------
    plan : Plan
    path : str
    columns : dict of Column
    """

    def __init__(self, path, functions=None):
        self.path, self._descriptor = os.fspath(path), None
        words, coordinates, self._places = _read(self.path)
        self.plan = Plan.from_table(words, functions)
        self.columns = {word["name"]: _column(word, coordinates) for word in words["columns"]}
        size = os.path.getsize(self.path)
        for name, place in self._places.items():
            count = int(np.prod(place.shape, dtype=object))
            if count and (
                place.offset is None or place.offset + count * place.dtype.itemsize > size
            ):
                raise FlownetError(f"{self.path} is damaged: {name} is cut off.")

    @classmethod
    def create(cls, path, plan, overwrite=False):
        """A new file for a sweep."""
        path = file_path("store", path)
        columns = plan.columns()
        size = sum(
            int(np.prod(size_of(c, plan.shape), dtype=object)) * np.dtype(c.dtype).itemsize
            for c in columns
        )
        check_space(path, size)
        _progress.note(f"{path}: {size_text(size)} to be written")
        text, arrays = to_text({"plan": {**plan.table(), "columns": list(map(_words, columns))}})
        create(os.fspath(path), plan, columns, text, arrays, overwrite)
        made = cls(path)
        made.plan = plan
        return made

    def lock(self):
        """Write from here on, alone."""
        self._descriptor = open_locked(self.path)

    @property
    def done(self):
        """Whether each member (R,) is done."""
        return self._array(DONE) != 0

    def array(self, name):
        """A column of all members, read when it is indexed."""
        return self._array(name)

    def _array(self, name):
        place = self._places[name]
        if 0 in place.shape:
            return np.zeros(place.shape, place.dtype)
        return np.memmap(self.path, place.dtype, "r", place.offset, place.shape)

    def put(self, members, rows):
        """Rows of some members, which are done then."""
        for name, part in rows.items():
            of = self.columns[name].members
            self._write(name, members if of is None else np.searchsorted(of, members), part)
        with writing(self.path):
            os.fdatasync(self._descriptor)
        self._write(DONE, members, np.ones(len(members), np.uint8))

    def conclude(self, name, values):
        """A column that is known once every member is done."""
        self._write(name, np.arange(len(values)), values)

    def _write(self, name, at, rows):
        """Write rows to their places; those that lie side by side in one piece."""
        place = self._places[name]
        rows = np.ascontiguousarray(rows, place.dtype)
        cuts = np.flatnonzero(np.diff(at) != 1) + 1
        with writing(self.path):
            for begin, part in zip(np.split(at, cuts), np.split(rows, cuts)):
                _put(self._descriptor, part, place.offset + int(begin[0]) * part[0].nbytes)

    def close(self):
        """Let others write."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _put(descriptor, part, offset):
    left = memoryview(part).cast("B") if part.nbytes else b""
    while left:
        written = os.pwrite(descriptor, left, offset)
        offset, left = offset + written, left[written:]


def _words(column):
    """A column as the file says it."""
    table = {"name": column.name, "shape": list(column.shape), "dims": list(column.dims)}
    table["dtype"] = np.dtype(column.dtype).str
    table["of_some"] = column.members is not None
    return {**table, **({"words": list(column.words)} if column.words else {})}


def _column(words, coordinates):
    """A column of what the file says."""
    dims = tuple(words["dims"])
    members = None
    if words["of_some"]:
        members = coordinates[dims[-1].replace("parameter", "member")]
    return Column(
        words["name"],
        tuple(words["shape"]),
        np.dtype(words["dtype"]),
        dims,
        {dim: coordinates[dim] for dim in dims if dim in coordinates},
        words=tuple(words.get("words", ())),
        members=members,
    )


def _read(path):
    """What a file says of its sweep: its words, its coordinates, the places of its columns."""
    import h5py

    if not os.path.isfile(path):
        raise FlownetError(f"{path}: there is no such file.")
    try:
        with h5py.File(path, "r", locking=False) as file:
            if not says_sweep(file):
                raise FlownetError(f"{path} is not the file of a sweep.")
            if file.attrs["format_version"] > VERSION:
                raise FlownetError(f"{path} was written by a newer flownet: update it.")

            def array(name):
                return array_at(file, name, path)

            words = from_text(array(TEXT).asstr()[()], lambda name: array(name)[...])["plan"]
            names = [word["name"] for word in words["columns"]]
            places = {name: _place(array(name)) for name in (*names, DONE)}
            return words, _coordinates(file, names, path), places
    except FlownetError:
        raise
    except Exception as error:  # h5py raises half a dozen types for a broken structure
        raise FlownetError(f"{path} is damaged: {explain(error)}.") from None


def _place(data):
    """Where a data set in one piece lies."""
    return Place(data.id.get_offset(), data.shape, data.dtype)


def _coordinates(file, columns, path):
    """What measures the dimensions: all data sets at the root but the columns and mere lengths."""
    import h5py

    found = {}
    for name in file:
        data = node_at(file, name, path)
        if isinstance(data, h5py.Dataset) and name not in columns:
            said = data.attrs.get("NAME", b"")
            if not (isinstance(said, bytes) and said.startswith(_LENGTH)):
                found[name] = array_at(file, name, path)[...]
    return found
