"""A new file with everything in it but rows."""

import os
import uuid
from contextlib import contextmanager
from datetime import UTC, datetime

import numpy as np

from .._failure import writing
from .._format import ALIGN, FORMAT, NUMBER, VERSION
from ..bytes import Checkpoint, Kept, _attributes, _checkpoint, _columns, checksum


def open_to_write(path, mode="r+"):
    """Open a file the way everything here is written.

    Parameters
    ----------
    path : str
    mode : str
        "r+", or "x" for a new one.

    Returns
    -------
    h5py.File

    Raises
    ------
    OSError
    """
    import h5py

    return h5py.File(
        path,
        mode,
        libver="latest",
        locking="best-effort",
        alignment_threshold=1,
        alignment_interval=ALIGN,
    )


@contextmanager
def draft_of(path):
    """Path of a draft, which takes the file's place once it is complete, and is gone otherwise.

    Parameters
    ----------
    path : path

    Raises
    ------
    FlownetError
        It cannot be written.
    """
    folder, name = os.path.split(os.path.abspath(path))
    draft = os.path.join(folder, f".{name}.{os.getpid()}.{uuid.uuid4().hex[:8]}.part")
    with writing(path):
        try:
            yield draft
            os.replace(draft, path)
        finally:
            if os.path.exists(draft):
                os.remove(draft)


def make(path, layout, format=FORMAT, run=None):
    """Make a file with everything in it but rows; it appears under its name when it is complete.

    Parameters
    ----------
    path : str
    layout : Layout
    format : str
    run : str, optional
        What tells this run's files from those of another.

    Returns
    -------
    str
        What tells it.

    Raises
    ------
    FlownetError
        The file cannot be made.
    """
    run = run or uuid.uuid4().hex
    with draft_of(path) as draft, open_to_write(draft, "x") as file:
        _fill(file, layout, format, run)
    return run


def _fill(file, layout, format, run):
    own = {
        "format": format,
        "format_version": VERSION,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "run": run,
        "experiment": layout.experiment,
        "quantities": layout.names,
        "clocks": list(layout.clocks.values()),
        "arrays": list(layout.arrays),
        "groups": [path for path in layout.attrs if path],
        "checkpoint": list(layout.checkpoint),
    }
    _attributes.write(file, {**layout.attrs.get("", {}), **own})
    for path in own["groups"]:
        _attributes.write(file.require_group(path), layout.attrs[path])
    for quantity in layout.quantities:
        _columns.create(file, quantity, layout.block_rows(quantity))
    put_arrays(file, layout.arrays)
    if layout.checkpoint:
        _checkpoint.create(file, layout)
        if layout.first:
            rows = np.zeros(len(layout.quantities), "<i8")
            put_checkpoint(file, layout, Checkpoint(1, 0, 0.0, rows, layout.first))
    for name, value in (("finished", 0), ("diverged_at", -1)):
        _columns.write_number(_columns.reserve(file, f"state/{name}", (), NUMBER).id, value)


def put_arrays(file, arrays):
    """Arrays that are kept whole, each with its checksum.

    Parameters
    ----------
    file : h5py.File
    arrays : dict
        Path to array.
    """
    for path, array in arrays.items():
        array = np.asarray(array, np.asarray(array).dtype.newbyteorder("<"), order="C")
        data = _columns.reserve(file, path, array.shape, array.dtype)
        data[...] = array
        data.attrs.create("xxh3_64", np.uint64(checksum(array)))


def put_checkpoint(file, layout, checkpoint):
    """The first checkpoint of empty slots.

    Parameters
    ----------
    file : h5py.File
    layout : Layout
    checkpoint : Checkpoint
    """
    kept = Kept(layout.checkpoint)
    kept.copy(checkpoint.arrays)
    _checkpoint.Slots(file, kept.arrays, 0).write(
        checkpoint.iteration, checkpoint.time, checkpoint.rows, kept.arrays
    )
