"""Two slots, written in turn: killed in the middle of one, a run still has the other.

A slot counts when the checksum in its header is right, and the header is written last. The rows
of every quantity that the checkpoint speaks of are part of it, and on disk before it.
"""

import threading
from dataclasses import dataclass

import numpy as np

from ..._errors import FlownetError
from .._format import BLOCKS, HEADER, RECORD
from ._checksum import checksum, plain_bytes
from ._columns import data_at, reserve


@dataclass
class Checkpoint:
    """What one slot holds: which checkpoint it is, where the run stood, its rows and arrays.

    `blocks` are the rows and checksums of each quantity's last block at that time, where they were
    kept: what follows writes them anew, and a power cut may leave the new ones without their rows.
    """

    sequence: int
    iteration: int
    time: float
    rows: np.ndarray
    arrays: dict
    blocks: np.ndarray | None = None


def create(file, layout, at="checkpoint"):
    """Make both slots, empty, with their space reserved.

    Parameters
    ----------
    file : StagedFile
    layout : Layout
    at : str
        Path of the group.
    """
    for slot in (f"{at}/slot0", f"{at}/slot1"):
        header = reserve(file.hdf5, f"{slot}/header", (), HEADER)
        file.put(header.get_offset(), np.zeros((), HEADER))  # space may have been used before
        reserve(file.hdf5, f"{slot}/rows", (len(layout.quantities),), "<i8")
        reserve(file.hdf5, f"{slot}/{BLOCKS}", (len(layout.quantities), len(RECORD)), "<u8")
        for name, (shape, dtype) in layout.checkpoint.items():
            reserve(file.hdf5, f"{slot}/{name}", shape, dtype)


class Slots:
    """Writes checkpoints into an open file, the older slot first.

    Parameters
    ----------
    file : StagedFile
    names : list of str
        Of the arrays.
    sequence : int
        Of the latest checkpoint in the file, 0 for none; its slot is `sequence % 2`.
    at : str
        Path of their group.
    """

    def __init__(self, file, names, sequence, at="checkpoint"):
        self._file, self._slots, self._sequence = file, [], sequence
        for slot in (0, 1) if names else ():
            group = file.hdf5[f"{at}/slot{slot}"]
            blocks = [BLOCKS] if BLOCKS in group else []  # files of earlier versions have none
            of_slot = ("header", "rows", *blocks, *names)
            self._slots.append({name: data_at(group.id, name).get_offset() for name in of_slot})

    def write(self, iteration, time, rows, blocks, arrays):
        """Write one checkpoint, once the disk has all that it speaks of, and the one before it.

        Parameters
        ----------
        iteration : int
        time : float
        rows : (Q,) int64 ndarray
            Committed rows of every quantity.
        blocks : (Q,) RECORD ndarray
            Rows and checksums of the last block of every quantity.
        arrays : dict
            Name to ndarray.
        """
        self._file.sync()
        sequence = self._sequence + 1
        slot = self._slots[sequence % 2]
        if BLOCKS in slot:
            arrays = {BLOCKS: blocks.view("<u8").reshape(-1, len(RECORD)), **arrays}
        for name, array in {"rows": rows, **arrays}.items():
            if array.size:
                self._file.put(slot[name], array)
        header = np.array((sequence, iteration, time, 0), HEADER)
        header["xxh3_64"] = _digest(header, rows, arrays)
        self._file.put(slot["header"], header)
        self._sequence = sequence


class Kept:
    """Copies of what a checkpoint is made of: the run goes on while they are written.

    Parameters
    ----------
    forms : dict
        Name to (shape, dtype).
    """

    def __init__(self, forms):
        self.arrays = {name: np.zeros(*form) for name, form in forms.items()}
        self._written = threading.Event()
        self._written.set()

    def copy(self, arrays):
        """Copy arrays, once the copies before them are written.

        Parameters
        ----------
        arrays : dict
            Name to ndarray, of the same forms.
        """
        self._written.wait()
        for name, kept in self.arrays.items():
            np.copyto(kept, arrays[name])

    def submit(self, writer, write):
        """Let the writer write the copies.

        Parameters
        ----------
        writer : Writer
        write : callable
        """
        self._written.clear()
        try:
            writer.submit(write, self._written.set)
        except FlownetError:
            self._written.set()
            raise


def _digest(header, rows, arrays):
    """Checksum of one slot; that in its header is left out."""
    begin = plain_bytes(header)[: HEADER.fields["xxh3_64"][1]]
    return checksum(begin, rows, *arrays.values())


def latest(slots, read, name):
    """Newest checkpoint whose checksum is right.

    Parameters
    ----------
    slots : list of dict
        Name to place, as the index of a file has them.
    read : callable
        Gives the array at a place.
    name : str
        Of the file, for the error.

    Returns
    -------
    Checkpoint or None
        None before the first one.

    Raises
    ------
    FlownetError
        There were checkpoints, and both are damaged.
    """
    headers = [read(slot["header"]) for slot in slots]
    newest_first = sorted(range(len(slots)), key=lambda k: -headers[k]["sequence"])
    for slot in newest_first:
        header = headers[slot]
        arrays = {key: read(place) for key, place in slots[slot].items() if key != "header"}
        rows = arrays.pop("rows")
        if header["sequence"] > 0 and header["xxh3_64"] == _digest(header, rows, arrays):
            blocks = arrays.pop(BLOCKS, None)
            if blocks is not None:
                blocks = blocks.view(RECORD).reshape(-1)
            return Checkpoint(*header.tolist()[:3], rows, arrays, blocks)
    if any(header.tobytes().strip(b"\0") for header in headers):
        raise FlownetError(f"{name}: both checkpoints are damaged, their checksums are wrong.")
    return None
