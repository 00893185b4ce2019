"""What a sweep's file says of itself: its words, its coordinates, and where its numbers lie."""

import os
from dataclasses import dataclass

import numpy as np

from ..._errors import FlownetError
from ..._hdf5 import array_at, node_at
from ...store._failure import explain
from ...store._text import from_text
from ..keep import Column
from ._format import CHECKS, CONCLUDED, DONE, REST, TEXT, VERSION, says_sweep

_LENGTH = b"This is a netCDF dimension"  # but no variable: it has a length alone


@dataclass(frozen=True)
class Place:
    """Where the numbers of a data set are in the file."""

    offset: int | None
    shape: tuple
    dtype: np.dtype

    @property
    def nbytes(self):
        """How many bytes they take."""
        return int(np.prod(self.shape, dtype=object)) * self.dtype.itemsize


def words(column):
    """A column as the file says it."""
    table = {"name": column.name, "shape": list(column.shape), "dims": list(column.dims)}
    table["dtype"] = np.dtype(column.dtype).str
    table["of_some"] = column.members is not None
    if column.late:
        table["late"] = True
    return {**table, **({"words": list(column.words)} if column.words else {})}


def column(words, coordinates):
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
        late=words.get("late", False),
    )


def read(path):
    """What a file says of its sweep: its words, its coordinates, the places of its
    columns, and the version of flownet that made it."""
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
            own = [REST, CONCLUDED, *(CHECKS + name for name in names)]
            own = own if CHECKS in file else []  # sweeps had no checksums at first
            places = {name: _place(array(name)) for name in (*names, DONE, *own)}
            coordinates = _coordinates(file, names, path)
            version = str(file.attrs["flownet_version"])
    except FlownetError:
        raise
    except Exception as error:  # h5py raises half a dozen types for a broken structure
        raise FlownetError(f"{path} is damaged: {explain(error)}.") from None
    size = os.path.getsize(path)
    for name, place in places.items():
        if place.nbytes and (place.offset is None or place.offset + place.nbytes > size):
            raise FlownetError(f"{path} is damaged: {name} is cut off.")
    return words, coordinates, places, version


def look(path):
    """Read what a file says, for nothing but to see whether it can be read."""
    read(path)


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
