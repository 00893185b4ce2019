"""Two slots, written in turn: killed in the middle of one, a run still has the other.

A slot counts when the checksum in its header is right, and the header is written last. The rows
of every quantity that the checkpoint speaks of are part of it, and on disk before it.
"""

import threading
from dataclasses import dataclass

import numpy as np

from ..._errors import FlownetError
from .._format import HEADER
from ._checksum import checksum, plain_bytes
from ._columns import reserve


@dataclass
class Checkpoint:
    """What one slot holds: which checkpoint it is, where the run stood, its rows and arrays."""

    sequence: int
    iteration: int
    time: float
    rows: np.ndarray
    arrays: dict


def create(file, layout):
    """Make both slots, empty, with their space reserved.

    Parameters
    ----------
    file : h5py.File
    layout : Layout
    """
    for slot in ("checkpoint/slot0", "checkpoint/slot1"):
        reserve(file, f"{slot}/header", (), HEADER)[...] = np.zeros((), HEADER)
        reserve(file, f"{slot}/rows", (len(layout.quantities),), "<i8")
        for name, (shape, dtype) in layout.checkpoint.items():
            reserve(file, f"{slot}/{name}", shape, dtype)


class Slots:
    """Writes checkpoints into an open file, the older slot first.

    Parameters
    ----------
    file : h5py.File
    names : list of str
        Of the arrays.
    sequence : int
        Of the latest checkpoint in the file, 0 for none; its slot is `sequence % 2`.
    """

    def __init__(self, file, names, sequence):
        self._slots = (
            [
                {
                    name: file[f"checkpoint/slot{slot}/{name}"].id
                    for name in ("header", "rows", *names)
                }
                for slot in (0, 1)
            ]
            if names
            else []
        )
        self._sequence = sequence

    def write(self, iteration, time, rows, arrays):
        """Write one checkpoint.

        Parameters
        ----------
        iteration : int
        time : float
        rows : (Q,) int64 ndarray
            Committed rows of every quantity.
        arrays : dict
            Name to ndarray.
        """
        sequence = self._sequence + 1
        slot = self._slots[sequence % 2]
        for name, array in {"rows": rows, **arrays}.items():
            _write(slot[name], array)
        header = np.array((sequence, iteration, time, 0), HEADER)
        header["xxh3_64"] = _digest(header, rows, arrays)
        _write(slot["header"], header)
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


def _write(data, array):
    from h5py import h5s

    if array.size:
        data.write(h5s.ALL, h5s.ALL, array)
        data.flush()


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
            return Checkpoint(*header.tolist()[:3], rows, arrays)
    if any(header.tobytes().strip(b"\0") for header in headers):
        raise FlownetError(f"{name}: both checkpoints are damaged, their checksums are wrong.")
    return None
