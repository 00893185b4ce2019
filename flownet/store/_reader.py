"""A run's file, read: finished, growing, or left by a killed run; never modified."""

import os
import time

import numpy as np
import xxhash

from .._errors import FlownetError
from . import _checkpoint
from ._flatfile import FlatFile
from ._index import index
from ._layout import COLUMNS, FORMAT, NUMBER, RECORD, RECORDS

_PATIENCE = 2.0           # seconds in which a file that is being written must show a consistent state


class Reader:
    """Rows of a run, every block checked against its checksum before it is believed.

    Parameters
    ----------
    path : path

    Raises
    ------
    FlownetError
        There is no such file, it is not one of ours, newer than this flownet, or damaged.
    """

    def __init__(self, path, format=FORMAT):
        self.path = os.fspath(path)
        self._format = format
        self._flat = self._companion = None
        self.refresh()

    def refresh(self):
        """Look at the file again, for rows that were committed since.

        Raises
        ------
        FlownetError
            As on opening.
        """
        deadline = time.monotonic() + _PATIENCE
        while True:
            flat = FlatFile(self.path)
            try:
                found = self._counted(flat, index(flat, self._format))
                break
            except FlownetError:
                flat.close()
                if not flat.live or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)      # caught the writer in the middle of a word
            except BaseException:
                flat.close()
                raise
        self.close()
        self._flat, self._index, self._last = flat, found, {}
        self._companion = self._find_companion()

    def _counted(self, flat, found):
        """An index together with the numbers that are read once: rows that count, and the end."""
        self._counts = {}
        for name, parts in found.quantities.items():
            rows = self._counts[name] = _number(flat, parts["committed"])
            block = parts["value"].block
            short = any(chunks.offsets.keys() < set(range(-(-rows // block))) for chunks in
                        (parts[column] for column in COLUMNS)) \
                or parts["checksum"].offsets.keys() < set(range(-(-rows // (block * RECORDS))))
            if rows < 0 or parts["checksum"].block != RECORDS or short:
                raise FlownetError(f"{flat.name} is damaged: /{name} counts {rows} rows and holds fewer.")
        self.finished = bool(_number(flat, found.finished))
        ended = _number(flat, found.diverged_at)
        self.diverged_at = None if ended < 0 else ended
        return found

    def _find_companion(self):
        """Analyses of a large run lie beside it; those of another run are left alone."""
        path = companion_path(self.path)
        if self._format != FORMAT or not os.path.exists(path):
            return None
        beside = Reader(path, ANALYSIS)
        if beside.attrs("")["run"] == self.attrs("")["run"]:
            return beside
        beside.close()
        return None

    def close(self):
        """Close the file."""
        for part in (self._flat, self._companion):
            if part is not None:
                part.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # What there is

    @property
    def live(self):
        """Whether a living process was writing the file when it was last looked at."""
        return self._flat.live

    @property
    def recorded(self):
        """Names of the quantities that the run recorded."""
        return list(self._index.attrs[""]["quantities"])

    @property
    def names(self):
        """Names of all quantities: recorded ones, then "analysis/<name>" of what was added later."""
        own = list(self._index.quantities)
        return own + [name for name in self._companion.names if name not in own] if self._companion else own

    @property
    def arrays(self):
        """Paths of the arrays that are kept whole."""
        return list(self._index.arrays)

    @property
    def experiment(self):
        """The experiment as TOML text."""
        return self._index.attrs[""]["experiment"]

    def attrs(self, path=""):
        """Attributes of a group.

        Parameters
        ----------
        path : str
            "" is the root; a group without any gives an empty dict.

        Returns
        -------
        dict
        """
        if path not in self._index.attrs and self._companion:
            return self._companion.attrs(path)
        return dict(self._index.attrs.get(path, {}))

    def count(self, name):
        """Rows of a quantity that are committed.

        Parameters
        ----------
        name : str

        Returns
        -------
        int

        Raises
        ------
        FlownetError
            There is no such quantity.
        """
        return self._counts[name] if name in self._counts else self._elsewhere(name).count(name)

    def form(self, name):
        """Shape of one row of a quantity, and its type.

        Parameters
        ----------
        name : str

        Returns
        -------
        shape : tuple
        dtype : dtype

        Raises
        ------
        FlownetError
            There is no such quantity.
        """
        if name not in self._counts:
            return self._elsewhere(name).form(name)
        value = self._index.quantities[name]["value"]
        return value.shape, value.dtype

    def block(self, name):
        """Rows in a block of a recorded quantity.

        Parameters
        ----------
        name : str

        Returns
        -------
        int
        """
        return self._index.quantities[name]["value"].block

    def _elsewhere(self, name):
        if self._companion and name in self._companion.names:
            return self._companion
        raise FlownetError(f"{self._flat.name} has no {name!r}; it has {', '.join(self.names)}.")

    # Rows

    def read(self, name, start=0, stop=None):
        """Rows of a quantity.

        Parameters
        ----------
        name : str
        start, stop : int
            0 <= start <= stop <= count(name).

        Returns
        -------
        iteration : (n,) int64 ndarray
        time : (n,) float64 ndarray
        value : (n, ...) ndarray

        Raises
        ------
        FlownetError
            No such quantity or rows, or a block is damaged.
        """
        return tuple(self.column(name, column, start, stop) for column in COLUMNS)

    def column(self, name, column, start=0, stop=None):
        """One column of a quantity's rows.

        Parameters
        ----------
        name : str
        column : str
            "iteration", "time" or "value".
        start, stop : int

        Returns
        -------
        (n, ...) ndarray

        Raises
        ------
        FlownetError
            No such quantity or rows, or a block is damaged.
        """
        if name not in self._counts:
            return self._elsewhere(name).column(name, column, start, stop)
        stop = self._counts[name] if stop is None else stop
        if not 0 <= start <= stop <= self._counts[name]:
            raise FlownetError(f"{self._flat.name}: {name} has {self._counts[name]} rows, not {start} to {stop}.")
        chunks = self._index.quantities[name][column]
        out = np.empty((stop - start, *chunks.shape), chunks.dtype)
        for number in range(start // chunks.block, -(-stop // chunks.block)):
            first = number * chunks.block
            low, high = max(start - first, 0), min(stop - first, chunks.block)
            self._block(name, column, number, low, high, out[first + low - start:first + high - start])
        return out

    def _block(self, name, column, number, low, high, out):
        """Some rows of one block; straight into the result when they are all that there are."""
        if self._last.get((name, column), (None, ()))[0] == number and len(self._last[name, column][1]) >= high:
            out[:] = self._last[name, column][1][low:high]
            return
        chunks = self._index.quantities[name][column]
        for patience in (0.01, 0.05, 0):
            rows, expected = self._record(name, column, number)
            if high <= rows <= chunks.block:
                whole = out if (low, high) == (0, rows) else np.empty((rows, *chunks.shape), chunks.dtype)
                there = self._flat.read_into(chunks.offsets[number], _bytes(whole))
                if there and xxhash.xxh3_64_intdigest(_bytes(whole)) == expected:
                    break
            if not self._flat.live or not patience:
                raise FlownetError(f"{self._flat.name} is damaged: block {number} of /{name}/{column} "
                                   f"(rows {number * chunks.block} on) does not match its checksum.")
            time.sleep(patience)
        if whole is not out:
            self._last[name, column] = (number, whole)
            out[:] = whole[low:high]

    def _record(self, name, column, number):
        """Rows that the checksum of a block covers, and the checksum."""
        page, place = divmod(number, RECORDS)
        record = np.zeros((), RECORD)
        self._flat.read_into(self._index.quantities[name]["checksum"].offsets[page] + place * RECORD.itemsize,
                             _bytes(record))
        return int(record["rows"]), int(record[column])

    def records(self, name, blocks):
        """Checksums of the first blocks of a recorded quantity.

        Parameters
        ----------
        name : str
        blocks : int

        Returns
        -------
        (blocks,) RECORD ndarray
        """
        out = np.zeros(-(-blocks // RECORDS) * RECORDS, RECORD)
        for page in range(len(out) // RECORDS):
            self._flat.read_into(self._index.quantities[name]["checksum"].offsets[page],
                                 _bytes(out[page * RECORDS:(page + 1) * RECORDS]))
        return out[:blocks]

    # Arrays and checkpoints

    def array(self, path):
        """An array that is kept whole.

        Parameters
        ----------
        path : str

        Returns
        -------
        ndarray

        Raises
        ------
        FlownetError
            There is none, or it is damaged.
        """
        if path not in self._index.arrays:
            raise FlownetError(f"{self._flat.name} has no array {path!r}.")
        place = self._index.arrays[path]
        array = _plain(self._flat, place)
        if xxhash.xxh3_64_intdigest(_bytes(array)) != place.checksum:
            raise FlownetError(f"{self._flat.name} is damaged: /{path} does not match its checksum.")
        return array

    def latest_checkpoint(self):
        """Newest checkpoint whose checksum is right.

        Returns
        -------
        tuple or None
            (iteration, time, {name: ndarray}); None when there is none yet.

        Raises
        ------
        FlownetError
            There were checkpoints, and all are damaged.
        """
        found = self._checkpoint()
        return found and (found.iteration, found.time, found.arrays)

    def checkpoint_rows(self):
        """Rows of every recorded quantity that the latest checkpoint speaks of.

        Returns
        -------
        dict
            Name to rows; 0 each when there is no checkpoint yet.
        """
        found = self._checkpoint()
        return dict(zip(self.recorded, found.rows.tolist() if found else [0] * len(self.recorded)))

    def checkpoint_sequence(self):
        """How many checkpoints were written so far.

        Returns
        -------
        int
        """
        found = self._checkpoint()
        return found.sequence if found else 0

    @property
    def checkpoint_arrays(self):
        """Name to (shape, dtype) of what a checkpoint keeps."""
        slot = self._index.slots[0] if self._index.slots else {}
        return {name: (place.shape, place.dtype) for name, place in slot.items() if name not in ("header", "rows")}

    def _checkpoint(self):
        return _checkpoint.latest(self._index.slots, lambda place: _plain(self._flat, place), self._flat.name)


ANALYSIS = "flownet-analysis"


def companion_path(path):
    """Where the analyses of a large run lie.

    Parameters
    ----------
    path : path
        Of the run.

    Returns
    -------
    str
    """
    return os.path.splitext(os.fspath(path))[0] + ".analysis.h5"


def _bytes(array):
    return array.reshape(-1).view("u1")


def _plain(flat, place):
    """Array of a data set in one piece."""
    array = np.zeros(place.shape, place.dtype)
    if array.size:
        flat.read_into(place.offset, _bytes(array))
    return array


def _number(flat, place):
    """Number of the state, checked."""
    number = _plain(flat, place)
    if place.shape or number["xxh3_64"] != xxhash.xxh3_64_intdigest(number.tobytes()[:8]):
        raise FlownetError(f"{flat.name} is damaged: /{place.path} does not match its checksum.")
    return int(number["value"])
