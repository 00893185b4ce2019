"""What a file says of itself, and where everything in it lies.

The file is opened, its structure is checked and noted, and it is closed at once: rows are then
read from their noted places. So no open HDF5 file stands in the way of a writer in the same
process, and a file that lies about itself can offer HDF5 little to stumble over.
"""

from dataclasses import dataclass, field

import numpy as np

from ..._errors import FlownetError
from .._format import CLOCK, FORMAT, HEADER, RECORD, RECORDS, VERSION
from .._layout import wrong_clock
from ..bytes import _attributes
from ._walk import InAHeap, Walk


@dataclass
class Index:
    """Everything that a file says of itself, and where its data lie."""

    attrs: dict = field(default_factory=dict)  # path of a group to its attributes
    clocks: dict = field(default_factory=dict)  # name of what a run records to that of its clock
    # name to {column or "checksum": Chunks, "count": int}
    quantities: dict = field(default_factory=dict)
    arrays: dict = field(default_factory=dict)  # path to Plain
    slots: list = field(default_factory=list)  # {name: Plain} for each of two checkpoints
    finished: bool = False
    diverged_at: int | None = None


def index(flat, format=FORMAT, lost=None, *, examined=False):
    """Note where everything lies in a file.

    Parameters
    ----------
    flat : FlatFile
    format : str
        What the file has to be.
    lost : list, optional
        Is given a line for each part that cannot be read and is left out; by default such a part
        is an error.
    examined : bool
        Whether another process has read all of this and lived.

    Returns
    -------
    Index

    Raises
    ------
    FlownetError
        Not a file of this format, a newer version of it, or damaged.
    InAHeap
        HDF5 would have to read a heap for it, which nobody has examined.
    """
    try:
        with Walk(flat, lost, examined) as walk:
            return _read(walk, format)
    except FlownetError:
        raise
    except Exception as error:  # h5py raises half a dozen types for a broken structure
        raise FlownetError(f"{flat.name} is damaged: {_reason(error)}.") from None


def _reason(error):
    return str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__


def _read(walk, format):
    """Numbers are read before what they speak of: in a growing file the rest is at least as new."""
    _check_format(walk, format)
    found = Index()
    ended = _part(walk, "state/diverged_at", walk.number, -1)
    found.diverged_at = None if ended < 0 else ended
    found.finished = _part(walk, "state/finished", walk.number, 0) == 1
    root = found.attrs[""] = walk.attrs("")
    analyses = _part(walk, "analysis", lambda _: walk.analyses(), [])
    for path in [*root["groups"], *analyses]:
        found.attrs[path] = _part(walk, path, walk.attrs, {})
    found.clocks = _clocks(walk, root)
    clocks = found.clocks | {name: name for name in analyses}
    counts = {n: _part(walk, f"state/committed/{n}", walk.number) for n in reversed(clocks)}
    if not walk.was_closed and walk.lost is None:
        # of numbers that reached the disk out of order, the power cut
        counts = {name: min(count, counts[clocks[name]]) for name, count in counts.items()}
    for name in clocks:
        quantity = _part(walk, name, lambda n: _quantity(walk, n, counts, clocks, found.quantities))
        if quantity is not None:
            found.quantities[name] = quantity
    for path in root["arrays"]:
        place = _part(walk, path, lambda path: walk.plain(path, checksum=True))
        if place is not None:
            found.arrays[path] = place
    if root["checkpoint"]:
        types = {"header": HEADER, "rows": np.dtype("<i8"), **dict.fromkeys(root["checkpoint"])}
        slots = (
            _part(walk, f"checkpoint/slot{number}", lambda slot: _slot(walk, slot, types))
            for number in (0, 1)
        )
        found.slots = [slot for slot in slots if slot is not None]
    return found


def _part(walk, path, read, instead=None):
    """What is read of a path; or something in its place, where what is lost is noted."""
    try:
        return read(path)
    except Exception as error:  # likewise
        if walk.lost is None or isinstance(error, InAHeap):
            raise
        walk.lost.append(f"/{path}: {_reason(error)}.")
        return instead


def _slot(walk, slot, types):
    """Where the parts of one checkpoint lie."""
    return {name: walk.plain(f"{slot}/{name}", dtype) for name, dtype in types.items()}


def _check_format(walk, format):
    root = walk.root
    if "format" not in root.attrs or _attributes.text(walk.attribute(root, "format")) != format:
        raise FlownetError(f"{walk.name} is an HDF5 file, but not one that flownet wrote.")
    version = walk.attribute(root, "format_version").tolist()
    if not isinstance(version, int) or version < 1:
        raise FlownetError(f"{walk.name} is damaged: format version {version!r}.")
    if version > VERSION:
        raise FlownetError(
            f"{walk.name} has format version {version}; this flownet reads up to "
            f"{VERSION}. Upgrade flownet."
        )


def _clocks(walk, root):
    """Whose iteration and time each quantity has; files of earlier versions share none."""
    names = root["quantities"]
    clocks = root.get("clocks", names)
    found = dict(zip(names, clocks))
    if not len(found) == len(names) == len(clocks) or wrong_clock(found):
        raise FlownetError(f"{walk.name} is damaged: it does not tell whose clock is whose.")
    return found


def _quantity(walk, name, counts, clocks, others):
    """Where the columns of a quantity lie; those of its clock are noted already.

    Where the count is lost all blocks are noted, and their checksums say how many rows they hold.
    """
    clock, count = clocks[name], counts[name]
    if count is None:
        count = walk.extent(f"{name}/value")
    found = {"count": count, "value": walk.chunks(f"{name}/value", count)}
    for column, dtype in CLOCK.items():
        path = f"{name}/{column}"
        if name == clock:
            found[column] = walk.chunks(path, count, dtype)
        elif clock not in others:
            raise FlownetError(f"its iterations and times, those of /{clock}, are lost")
        else:
            walk.check_linked(path, f"{clock}/{column}")
            found[column] = others[clock][column]
    block = found["value"].block
    if any(found[column].block != block or found[column].shape for column in CLOCK):
        raise FlownetError(f"{walk.name} is damaged: the columns of /{name} differ in shape.")
    if walk.lost is None and count > counts[clock]:
        raise FlownetError(f"{walk.name} is damaged: /{name} has more rows than /{clock}.")
    found["checksum"] = walk.chunks(f"state/checksum/{name}", -(-count // block), RECORD)
    if found["checksum"].block != RECORDS or found["checksum"].shape:
        raise FlownetError(
            f"{walk.name} is damaged: the checksums of /{name} are not where they should be."
        )
    return found
