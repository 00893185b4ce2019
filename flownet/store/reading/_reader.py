"""A run's file, read: finished, growing, or left by a killed run; never modified."""

import os
import time

import xxhash

from ..._errors import FlownetError
from .._layout import ANALYSIS, COLUMNS, FORMAT
from ..bytes import FlatFile, _checkpoint
from ._index import index
from ._rows import Damaged, Rows, plain_bytes, read_plain

_PATIENCE = 2.0  # seconds in which a file that is being written must show a consistent state


class Reader:
    """A run's file as it was when it was last looked at.

    Parameters
    ----------
    path : path
    format : str
        What the file has to be: a run, or the analyses beside one.

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
                found = index(flat, self._format)
                rows = {name: Rows(flat, name, parts) for name, parts in found.quantities.items()}
                break
            except BaseException as error:
                flat.close()
                if (
                    not isinstance(error, FlownetError)
                    or not flat.live
                    or time.monotonic() > deadline
                ):
                    raise
                time.sleep(0.01)  # caught the writer in the middle of a word
        self.close()
        self._flat, self._index, self._rows = flat, found, rows
        self._companion = self._find_companion()

    def _find_companion(self):
        """Analyses of a large run lie beside it; those of another run are left alone."""
        path = companion_path(self.path)
        if self._format != FORMAT or not os.path.exists(path):
            return None
        beside = Reader(path, ANALYSIS)
        if beside.attrs()["run"] == self.attrs()["run"]:
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
    def finished(self):
        """Whether the run came to its end."""
        return self._index.finished

    @property
    def diverged_at(self):
        """Iteration at which the run diverged, or None."""
        return self._index.diverged_at

    @property
    def recorded(self):
        """Names of the quantities that the run recorded."""
        return list(self._index.attrs[""]["quantities"])

    @property
    def names(self):
        """Names of all quantities: recorded ones, then "analysis/<name>" of what was added."""
        beside = self._companion.names if self._companion else []
        return [*self._rows, *(name for name in beside if name not in self._rows)]

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

    # Rows

    def rows_of(self, name):
        """`Rows` of a quantity; an unknown name is a FlownetError."""
        if name in self._rows:
            return self._rows[name]
        if self._companion and name in self._companion.names:
            return self._companion.rows_of(name)
        raise FlownetError(f"{self._flat.name} has no {name!r}; it has {', '.join(self.names)}.")

    def count(self, name):
        """Rows of a quantity that are committed."""
        return self.rows_of(name).count

    def form(self, name):
        """Shape of one row of a quantity, and its type."""
        return self.rows_of(name).shape, self.rows_of(name).dtype

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
        """One column of a quantity's rows: "iteration", "time" or "value"; else as `read`."""
        rows = self.rows_of(name)
        try:
            return rows.column(column, start, stop)
        except Damaged:
            if not self._taken_up(name, rows.count):
                raise
        raise FlownetError(
            f"{self.path}: the run went on from an earlier checkpoint while it was read; "
            "refresh() and read again."
        )

    def _taken_up(self, name, count):
        """Whether a resumed run has dropped rows that this reader still counts."""
        with Reader(self.path, self._format) as now:
            return now.count(name) < count or (now.live and not self.live)

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
        array = read_plain(self._flat, place)
        if xxhash.xxh3_64_intdigest(plain_bytes(array)) != place.checksum:
            raise FlownetError(
                f"{self._flat.name} is damaged: /{path} does not match its checksum."
            )
        return array

    def slot(self):
        """`Checkpoint` that is the newest one with the right checksum, or None."""
        return _checkpoint.latest(
            self._index.slots, lambda place: read_plain(self._flat, place), self._flat.name
        )

    def latest_checkpoint(self):
        """What the next step needs, by the newest checkpoint whose checksum is right.

        Returns
        -------
        tuple or None
            (iteration, time, {name: ndarray}); None when there is none yet.

        Raises
        ------
        FlownetError
            There were checkpoints, and all are damaged.
        """
        found = self.slot()
        return found and (found.iteration, found.time, found.arrays)

    def checkpoint_rows(self):
        """Rows of each recorded quantity that the latest checkpoint speaks of; 0 without one."""
        found = self.slot()
        return dict(zip(self.recorded, found.rows.tolist() if found else [0] * len(self.recorded)))

    @property
    def checkpoint_arrays(self):
        """Name to (shape, dtype) of what a checkpoint keeps."""
        slot = self._index.slots[0] if self._index.slots else {}
        return {
            name: (place.shape, place.dtype)
            for name, place in slot.items()
            if name not in ("header", "rows")
        }


def companion_path(path):
    """Where the analyses of a large run lie, by the path of the run."""
    return os.path.splitext(os.fspath(path))[0] + ".analysis.h5"
