"""A new file with everything in it but rows."""

import glob
import os
import re
import uuid
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial

import numpy as np

from .._failure import writing
from .._format import ALIGN, BLOCKS, FORMAT, RECORD, VERSION
from ..bytes import (
    Checkpoint,
    Kept,
    StagedFile,
    _attributes,
    _checkpoint,
    _columns,
    beginning,
    busy,
    checksum,
    new_file,
)

_DRAFT = re.compile(r"\.\d+\.[0-9a-f]{8}\.part$")


def open_to_write(path, new=False):
    """Open a file the way everything here is written.

    Parameters
    ----------
    path : str
    new : bool
        Make it.

    Returns
    -------
    StagedFile

    Raises
    ------
    OSError
    """
    if new:
        return StagedFile(path, new=partial(new_file, interval=ALIGN))
    words = {"alignment_threshold": 1, "alignment_interval": ALIGN}
    return StagedFile(path, libver="latest", **words)


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
    with writing(path), beginning(path):
        remove_drafts(path)
        try:
            yield draft
            _bring_to_the_disk(draft)
            os.replace(draft, path)
            _bring_to_the_disk(folder)
        finally:
            if os.path.exists(draft):
                os.remove(draft)


def remove_drafts(path):
    """Remove the drafts that killed processes have left beside a file.

    Parameters
    ----------
    path : path
        Of the file; nobody else begins to write in its folder.
    """
    folder, name = os.path.split(os.path.abspath(path))
    for draft in glob.glob(os.path.join(glob.escape(folder), f".{glob.escape(name)}.*.part")):
        with suppress(OSError):
            if _DRAFT.search(draft) and not busy(draft):
                os.remove(draft)


def _bring_to_the_disk(path):
    """Wait until the disk has a file; or a folder, where folders can be opened."""
    try:
        descriptor = os.open(path, os.O_RDONLY if os.path.isdir(path) else os.O_RDWR)
    except OSError:
        if os.path.isdir(path):
            return
        raise
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
    with draft_of(path) as draft, open_to_write(draft, new=True) as file:
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
        "checkpoint": names_of_checkpoint(layout),
    }
    hdf5 = file.hdf5
    _attributes.write(hdf5, {**layout.attrs.get("", {}), **own})
    for path in own["groups"]:
        _attributes.write(hdf5.require_group(path), layout.attrs[path])
    for quantity in layout.quantities:
        _columns.create(file, quantity, layout.block_rows(quantity))
    put_arrays(file, layout.arrays)
    if layout.checkpoint:
        _checkpoint.create(file, layout)
        if layout.first:
            rows = np.zeros(len(layout.quantities), "<i8")
            put_checkpoint(file, layout, Checkpoint(1, 0, 0.0, rows, layout.first))
    for name, value in (("finished", 0), ("diverged_at", -1)):
        _columns.reserve_number(file, f"state/{name}", value)


def names_of_checkpoint(layout):
    """Names of what a checkpoint's slots hold beside their header and rows.

    Parameters
    ----------
    layout : Layout

    Returns
    -------
    list of str
    """
    return [BLOCKS, *layout.checkpoint] if layout.checkpoint else []


def put_arrays(file, arrays):
    """Arrays that are kept whole, each with its checksum.

    Parameters
    ----------
    file : StagedFile
    arrays : dict
        Path to array.
    """
    from h5py import Dataset

    for path, array in arrays.items():
        array = np.asarray(array, np.asarray(array).dtype.newbyteorder("<"), order="C")
        data = _columns.reserve(file.hdf5, path, array.shape, array.dtype)
        if array.size:
            file.put(data.get_offset(), array)
        Dataset(data).attrs.create("xxh3_64", np.uint64(checksum(array)))


def put_checkpoint(file, layout, checkpoint, at="checkpoint"):
    """The first checkpoint of empty slots.

    Parameters
    ----------
    file : StagedFile
    layout : Layout
    checkpoint : Checkpoint
    at : str
        Path of their group.
    """
    kept = Kept(layout.checkpoint)
    kept.copy(checkpoint.arrays)
    blocks = checkpoint.blocks
    if blocks is None:
        blocks = np.zeros(len(checkpoint.rows), RECORD)
    _checkpoint.Slots(file, kept.arrays, 0, at).write(
        checkpoint.iteration, checkpoint.time, checkpoint.rows, blocks, kept.arrays
    )
