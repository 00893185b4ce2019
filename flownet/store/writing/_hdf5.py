"""A run that is written to a file while readers may follow it."""

import os
import weakref
from functools import partial

import numpy as np

from ..._errors import FlownetError
from ..bytes import Appender, Kept, Lock, Slots, _superblock, refuse_busy, write_number
from ..reading import Reader
from ._create import make, open_to_write
from ._filling import Filling
from ._writer import Writer, explain


class HDF5Store:
    """A run that is written to a file; made by `create` or `resume`.

    What a `Reader` of the file answers, this answers too, for the rows that are committed.

    Parameters
    ----------
    path : path
        Of a file that is complete but for its rows, and that nobody writes.

    Raises
    ------
    FlownetError
        The file is damaged or cannot be written.
    """

    def __init__(self, path):
        self.path = os.fspath(path)
        self._reader, self._stale = Reader(self.path), False
        latest = self._reader.slot()
        try:
            self._file, self._lock = open_to_write(self.path), Lock(self.path)
        except OSError as error:
            raise FlownetError(f"cannot write {self.path}: {explain(error)}.") from None
        self._writer = Writer(self.path)
        self._closer = weakref.finalize(
            self, self._writer.stop, partial(_close, self._file, self._lock, self._writer)
        )
        self._kept = Kept(self._reader.checkpoint_arrays)
        try:
            self._filling = {name: self._fill(name) for name in self._reader.recorded}
            self._writer.do(partial(self._start, latest.sequence if latest else 0))
        except FlownetError:
            self._closer()
            raise

    @classmethod
    def create(cls, path, layout, *, overwrite=False):
        """A new file for a run.

        Parameters
        ----------
        path : path
        layout : Layout
        overwrite : bool
            Replace a file that is there.

        Returns
        -------
        HDF5Store

        Raises
        ------
        FlownetError
            The file exists, is being written, or cannot be made.
        """
        path = os.fspath(path)
        if os.path.exists(path):
            if not overwrite:
                raise FlownetError(
                    f"{path} exists; overwrite=True (in the shell --overwrite) replaces it."
                )
            if not _is_hdf5(path):
                raise FlownetError(f"{path} is no HDF5 file: it is not overwritten.")
            refuse_busy(path)
        make(path, layout)
        return cls(path)

    @classmethod
    def resume(cls, path):
        """A run's file again, to go on where its committed rows end.

        Raises
        ------
        FlownetError
            The file is being written, damaged, or not one of ours.
        """
        path = os.fspath(path)
        Reader(path).close()  # whatever is wrong with it is said before anything is changed
        refuse_busy(path)
        try:
            _superblock.repair(path)
        except OSError as error:
            raise FlownetError(f"cannot write {path}: {explain(error)}.") from None
        return cls(path)

    def _fill(self, name, count=None):
        rows = self._reader.rows_of(name)
        return Filling(name, rows, self._writer, rows.count if count is None else count)

    def _start(self, sequence):
        """On the writer thread: find the data sets, and let readers follow."""
        self._appenders = {name: Appender(self._file, name) for name in self._filling}
        self._slots = Slots(self._file, self._kept.arrays, sequence)
        self._file.swmr_mode = True
        self._lock.take()
        for name, filling in self._filling.items():
            if filling.count:
                filling.restart(self._appenders[name])

    # Rows

    def room(self, name):
        """Rows of a quantity that can be filled in place before the next block, at least 1."""
        return self._filling[name].room()

    def rows(self, name, n):
        """Room for the next n <= `room(name)` rows, to be filled in place.

        Returns
        -------
        value : (n, ...) ndarray
        iteration : (n,) int64 ndarray
        time : (n,) float64 ndarray

        Raises
        ------
        FlownetError
            An earlier block could not be written, or n is too large.
        """
        return self._filling[name].rows(n)

    def advance(self, name, n):
        """Count n rows that were filled; a full block goes to the writer; its errors show here."""
        self._unfinish()
        self._filling[name].advance(n, self._appenders[name])
        self._stale = True

    def flush(self, wait=True):
        """Hand over partly filled blocks too; `wait` until the operating system has everything."""
        for name, filling in self._filling.items():
            filling.flush(self._appenders[name])
        if wait:
            self._writer.do(_nothing)

    def count(self, name):
        """Rows of a quantity that are committed."""
        return (
            self._appenders[name].committed if name in self._appenders else self._reader.count(name)
        )

    # Checkpoints

    def checkpoint(self, iteration, time, arrays, wait=False):
        """Keep what the next step needs, together with all rows counted so far.

        Parameters
        ----------
        iteration : int
        time : float
        arrays : dict
            Name to ndarray, as the layout says; copied.
        wait : bool
            Until it is written.

        Raises
        ------
        FlownetError
            Other arrays than the layout has, or something could not be written.
        """
        self._kept.copy(arrays)
        self.flush(wait=False)
        self._unfinish()
        rows = np.array([filling.count for filling in self._filling.values()], "<i8")
        self._kept.submit(
            self._writer, partial(self._slots.write, iteration, time, rows, self._kept.arrays)
        )
        self._stale = True
        if wait:
            self._writer.do(_nothing)

    def truncate(self, rows=None):
        """Drop rows: those behind the latest checkpoint, or all but `{name: count}`."""
        self.flush()
        self._look_again()
        rows = self._reader.checkpoint_rows() if rows is None else rows
        for name, count in rows.items():
            if not 0 <= count <= self.count(name):
                raise FlownetError(f"{self.path}: {name} has {self.count(name)} rows, not {count}.")
        self._unfinish()
        for name, count in rows.items():
            if count < self.count(name):
                self._filling[name] = self._fill(name, count)
                self._writer.do(partial(self._filling[name].restart, self._appenders[name]))
        self._stale = True

    # The end

    def _unfinish(self):
        """A finished run that goes on is not finished any more; said before anything is written."""
        if self._reader.finished:
            self._writer.do(partial(self._end, 0, -1))
            self._reader.refresh()

    def _end(self, finished, diverged_at):
        write_number(self._file["state/diverged_at"].id, diverged_at)
        write_number(self._file["state/finished"].id, finished)

    def finish(self, diverged_at=None):
        """Write everything, say that the run is finished and where it diverged; close."""
        self.flush()
        for appender in self._appenders.values():
            self._writer.do(appender.trim)
        self._writer.do(partial(self._end, 1, -1 if diverged_at is None else int(diverged_at)))
        self.close()

    def close(self):
        """Write everything and close the file; the run can be resumed, and reading still works."""
        if self._closer.alive:
            try:
                self.flush()
            finally:
                self._closer()
                self._stale = True
            self._writer.check()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # Reading

    def _look_again(self):
        if self._stale:
            self._stale = self._closer.alive
            self._reader.refresh()

    def __getattr__(self, name):
        if name.startswith("_") or not hasattr(Reader, name):
            raise AttributeError(f"HDF5Store has no attribute {name!r}")
        self._look_again()
        return getattr(self._reader, name)


def _close(file, lock, writer):
    path = file.filename
    try:
        file.close()
    except Exception as error:
        writer.fail(error)
    if writer.failed:
        _superblock.mark(path)
    lock.release()


def _nothing():
    pass


def _is_hdf5(path):
    """Whether something is a plain file that begins as HDF5 files do."""
    if os.path.islink(path) or not os.path.isfile(path):
        return False
    with open(path, "rb") as file:
        return file.read(8) == b"\x89HDF\r\n\x1a\n"
