"""Where everything lies in a file: the one place that lets HDF5 look at a file it may not trust.

The file is opened, its structure is checked and noted, and it is closed at once: rows are then
read from their noted places. So no open HDF5 file stands in the way of a writer in the same
process, and a file that lies about itself can offer HDF5 little to stumble over. Only hard links
are followed, and only to what our own lists name.
"""

from dataclasses import dataclass, field

import numpy as np

from ..._errors import FlownetError
from .._layout import (
    COLUMNS,
    FORMAT,
    HEADER,
    NUMBER,
    RECORD,
    RECORDS,
    VERSION,
    check_dtype,
    check_name,
)
from ..bytes import _attributes
from ._rows import read_number


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


@dataclass
class Index:
    """Everything that a file says of itself, and where its data lie."""

    attrs: dict = field(default_factory=dict)  # path of a group to its attributes
    quantities: dict = field(
        default_factory=dict
    )  # name to {column or "checksum": Chunks, "count": int}
    arrays: dict = field(default_factory=dict)  # path to Plain
    slots: list = field(default_factory=list)  # {name: Plain} for each of two checkpoints
    finished: bool = False
    diverged_at: int | None = None


def index(flat, format=FORMAT):
    """Note where everything lies in a file.

    Parameters
    ----------
    flat : FlatFile
    format : str
        What the file has to be.

    Returns
    -------
    Index

    Raises
    ------
    FlownetError
        Not a file of this format, a newer version of it, or damaged.
    """
    import h5py

    try:
        with h5py.File(flat, "r") as file:
            return _read(_Walk(file, flat), format)
    except FlownetError:
        raise
    except Exception as error:  # h5py raises half a dozen types for a broken structure
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise FlownetError(f"{flat.name} is damaged: {reason}.") from None


def _read(walk, format):
    """Numbers are read before what they speak of: in a growing file the rest is at least as new."""
    _check_format(walk, format)
    found = Index()
    ended = walk.number("state/diverged_at")
    found.finished, found.diverged_at = (
        walk.number("state/finished") == 1,
        None if ended < 0 else ended,
    )
    root = found.attrs[""] = walk.attrs("")
    for path in [*root["groups"], *walk.analyses()]:
        found.attrs[path] = walk.attrs(path)
    for name in [*root["quantities"], *walk.analyses()]:
        found.quantities[name] = _quantity(walk, name)
    for path in root["arrays"]:
        found.arrays[path] = walk.plain(path, checksum=True)
    if root["checkpoint"]:
        types = {"header": HEADER, "rows": np.dtype("<i8"), **dict.fromkeys(root["checkpoint"])}
        found.slots = [
            {
                name: walk.plain(f"checkpoint/slot{slot}/{name}", dtype)
                for name, dtype in types.items()
            }
            for slot in (0, 1)
        ]
    return found


def _check_format(walk, format):
    root = walk.open("")
    if (
        "format" not in root.attrs
        or _attributes.text(_attributes.read_one(root, "format", walk.name)) != format
    ):
        raise FlownetError(f"{walk.name} is an HDF5 file, but not one that flownet wrote.")
    version = _attributes.read_one(root, "format_version", walk.name).tolist()
    if not isinstance(version, int) or version < 1:
        raise FlownetError(f"{walk.name} is damaged: format version {version!r}.")
    if version > VERSION:
        raise FlownetError(
            f"{walk.name} has format version {version}; this flownet reads up to "
            f"{VERSION}. Upgrade flownet."
        )


def _quantity(walk, name):
    found = {"count": walk.number(f"state/committed/{name}")}
    for column, dtype in zip(COLUMNS, (np.dtype("<i8"), np.dtype("<f8"), None)):
        found[column] = walk.chunks(f"{name}/{column}", found["count"], dtype)
    block = found["value"].block
    if (
        {found[column].block for column in COLUMNS} != {block}
        or found["iteration"].shape
        or found["time"].shape
    ):
        raise FlownetError(f"{walk.name} is damaged: the columns of /{name} differ in shape.")
    found["checksum"] = walk.chunks(f"state/checksum/{name}", -(-found["count"] // block), RECORD)
    if found["checksum"].block != RECORDS or found["checksum"].shape:
        raise FlownetError(
            f"{walk.name} is damaged: the checksums of /{name} are not where they should be."
        )
    return found


class _Walk:
    """An open file, walked along hard links only."""

    def __init__(self, file, flat):
        self._file, self._flat = file, flat
        self.name = flat.name

    def open(self, path):
        """Group or data set at a path, each step of it a hard link."""
        from h5py import h5l

        node = self._file
        for step in filter(None, path.split("/")):
            if step not in node:
                raise FlownetError(f"{self.name} is damaged: /{path} is missing.")
            if node.id.links.get_info(step.encode()).type != h5l.TYPE_HARD:
                raise FlownetError(
                    f"{self.name}: /{path} is a link to elsewhere; flownet follows none."
                )
            node = node[step]
        return node

    def attrs(self, path):
        """Checked attributes of the group at a path."""
        return _attributes.read(self.open(path), f"{self.name}: /{path}")

    def analyses(self):
        """Names of what was added after the run."""
        if "analysis" not in self._file:
            return []
        names = [f"analysis/{name}" for name in self.open("analysis")]
        for name in names:
            check_name(name)
        return names

    def plain(self, path, dtype=None, checksum=False):
        """A data set in one piece, inside this file."""
        from h5py import h5d

        data, shape, dtype = self._data(path, dtype, h5d.CONTIGUOUS)
        size = dtype.itemsize * int(np.prod(shape, dtype=object))
        offset = data.id.get_offset() if size else 0
        if offset is None or offset + size > self._flat.size:
            raise FlownetError(f"{self.name} is damaged: /{path} lies outside of the file.")
        claimed = int(_attributes.read_one(data, "xxh3_64", self.name)) if checksum else None
        return Plain(path, dtype, shape, offset, claimed)

    def number(self, path):
        """A number of the state, read at once."""
        return read_number(self._flat, self.plain(path, NUMBER))

    def chunks(self, path, rows, dtype=None):
        """A data set in blocks of whole rows, as far as its rows count, inside this file."""
        from h5py import h5d

        data, shape, dtype = self._data(path, dtype, h5d.CHUNKED)
        block, *row = data.chunks
        size = dtype.itemsize * int(np.prod(data.chunks, dtype=object))
        if tuple(row) != shape[1:]:
            raise FlownetError(
                f"{self.name} is damaged: /{path} has shape {shape} in blocks of {data.chunks}."
            )
        blocks = -(-rows // block)
        if rows < 0 or rows > shape[0] or blocks * size > self._flat.size:
            raise FlownetError(
                f"{self.name} is damaged: /{path} holds less than the {rows} rows that count."
            )
        return Chunks(path, dtype, shape[1:], block, self._places(data, blocks, size))

    def _places(self, data, blocks, size):
        """Where blocks start: what HDF5 looks at when it is asked for each of them.

        HDF5's own ways to tell a place go through all entries for every one, or through as many as
        a broken index claims to have; a look-up of one block touches a few of them only.
        """
        buffer, places = np.empty(size if blocks else 0, "u1"), []
        for first in range(0, blocks * data.chunks[0], data.chunks[0]):
            with self._flat.watch(size) as seen:
                data.id.read_direct_chunk((first, *(0 for _ in data.shape[1:])), out=buffer)
            if not seen or seen[-1] + size > self._flat.size:
                raise FlownetError(
                    f"{self.name} is damaged: row {first} of {data.name} lies outside of the file."
                )
            places.append(seen[-1])
        return places

    def _data(self, path, dtype, layout):
        """A data set of plain numbers without filters, external or virtual storage."""
        import h5py

        data = self.open(path)
        if not isinstance(data, h5py.Dataset):
            raise FlownetError(f"{self.name} is damaged: /{path} is no data set.")
        creation = data.id.get_create_plist()
        if (
            creation.get_layout() != layout
            or creation.get_nfilters()
            or creation.get_external_count()
        ):
            raise FlownetError(f"{self.name}: /{path} is not stored the way flownet stores it.")
        known = data.id.dtype
        if dtype is None:
            check_dtype(known, f"{self.name}: /{path}")
        elif known != dtype:
            raise FlownetError(f"{self.name} is damaged: /{path} has type {known}.")
        if data.id.get_space().get_simple_extent_type() == h5py.h5s.NULL:
            raise FlownetError(f"{self.name} is damaged: /{path} is empty.")
        return data, data.shape, known
