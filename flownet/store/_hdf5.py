"""A run's file while it is written: blocks in memory on this side, one writer thread on the other."""

import os
import queue
import threading
import weakref
from functools import partial

import numpy as np

from .._errors import FlownetError
from . import _checkpoint, _columns, _superblock
from ._create import ALIGN, make
from ._layout import Quantity
from ._lock import Lock, busy
from ._reader import Reader
from ._writer import Writer, explain

_POOL = 4                 # blocks of a quantity in memory: one being filled, three on their way


class HDF5Store:
    """A run that is written to a file; made by `create` or `resume`.

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
        self._reader = Reader(self.path)
        names = self._reader.recorded
        counts = {name: self._reader.count(name) for name in names}
        try:
            self._columns = {name: _Column(self._reader, name) for name in names}
            self._sequence = self._reader.checkpoint_sequence()
            file, self._lock = _open(self.path)
        except OSError as error:
            self._reader.close()
            raise FlownetError(f"cannot write {self.path}: {explain(error)}.") from None
        self._file = file
        self._writer = Writer(self.path)
        self._closer = weakref.finalize(self, self._writer.stop, partial(_close, file, self._lock))
        self._stale = False
        self._kept = {key: np.zeros(*form) for key, form in self._reader.checkpoint_arrays.items()}
        self._saved = threading.Event()
        self._saved.set()
        try:
            self._writer.do(partial(self._start, counts))
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
                raise FlownetError(f"{path} exists; pass overwrite=True to replace it.")
            _refuse_busy(path)
        make(path, layout)
        return cls(path)

    @classmethod
    def resume(cls, path):
        """A run's file again, to go on writing where its committed rows end.

        Parameters
        ----------
        path : path

        Returns
        -------
        HDF5Store

        Raises
        ------
        FlownetError
            The file is being written, damaged, or not one of ours.
        """
        path = os.fspath(path)
        Reader(path).close()              # whatever is wrong with it is said before anything is changed
        _refuse_busy(path)
        try:
            _superblock.repair(path)
        except OSError as error:
            raise FlownetError(f"cannot write {path}: {explain(error)}.") from None
        return cls(path)

    def _start(self, counts):
        """On the writer thread: find the data sets, and let readers follow."""
        self._appenders = {name: _columns.Appender(self._file, name) for name in counts}
        self._slots = _checkpoint.Slots(self._file, self._kept, self._sequence)
        self._file.swmr_mode = True
        for name, rows in counts.items():
            if rows:
                self._restart(name, rows, self._columns[name].records, self._columns[name].block)

    def _restart(self, name, rows, records, block):
        self._appenders[name].restart(rows, records, block)

    # Rows

    def room(self, name):
        """Rows that can be filled in place before the next block.

        Parameters
        ----------
        name : str

        Returns
        -------
        int
            At least 1.
        """
        column = self._columns[name]
        if column.block is None:
            column.block = self._fresh(column)
        return column.rows - column.filled

    def rows(self, name, n):
        """Room for the next rows, to be filled in place.

        Parameters
        ----------
        name : str
        n : int
            At most `room(name)`.

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
        if n > self.room(name):
            raise FlownetError(f"{name}: {n} rows do not fit in this block.")
        column = self._columns[name]
        part = slice(column.filled, column.filled + n)
        return column.block.value[part], column.block.iteration[part], column.block.time[part]

    def advance(self, name, n):
        """Count rows that were filled; a full block goes to the writer.

        Parameters
        ----------
        name : str
        n : int

        Raises
        ------
        FlownetError
            An earlier block could not be written.
        """
        column = self._columns[name]
        if n > self.room(name):
            raise FlownetError(f"{name}: {n} rows do not fit in this block.")
        column.filled += n
        if column.filled == column.rows:
            self._hand_over(name, partial(column.free.put, column.block))
            column.number, column.filled, column.handed, column.block = column.number + 1, 0, 0, None

    def _hand_over(self, name, after=None):
        """Let the writer write the block as far as it is filled; filling it further does no harm."""
        column = self._columns[name]
        self._writer.check()
        self._unfinish()
        job = partial(self._appenders[name].write, column.number, column.filled, column.block)
        self._writer.submit(job, after)
        column.handed = column.filled
        self._stale = True

    def _fresh(self, column):
        """A block to fill: a used one, else a new one, else the next one that comes back."""
        self._writer.check()
        try:
            return column.free.get_nowait()
        except queue.Empty:
            if column.made < _POOL:
                column.made += 1
                return _columns.Block(column.rows, column.quantity)
        block = column.free.get()
        self._writer.check()
        return block

    # What is safe

    def flush(self, wait=True):
        """Hand over partly filled blocks too: everything counted so far reaches the operating system.

        Parameters
        ----------
        wait : bool
            Until it has.

        Raises
        ------
        FlownetError
            Something could not be written.
        """
        for name, column in self._columns.items():
            if column.filled > column.handed:
                self._hand_over(name)
        if wait:
            self._writer.do(_nothing)
        else:
            self._writer.check()

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
        self._saved.wait()
        self._writer.check()
        self._keep(arrays)
        self.flush(wait=False)
        self._unfinish()
        rows = np.array([column.counted for column in self._columns.values()], "<i8")
        self._saved.clear()
        self._writer.submit(partial(self._slots.write, iteration, time, rows, self._kept), self._saved.set)
        self._stale = True
        if wait:
            self._writer.do(_nothing)

    def _keep(self, arrays):
        """Copy the caller's arrays; the last copies are on disk by now, and are written over."""
        if not self._kept or set(arrays) != set(self._kept):
            raise FlownetError(f"a checkpoint of {self.path} is made of {', '.join(self._kept) or 'nothing'}; "
                               f"got {', '.join(arrays)}.")
        for name, kept in self._kept.items():
            array = np.asarray(arrays[name])
            if array.shape != kept.shape or array.dtype != kept.dtype:
                raise FlownetError(f"checkpoint {name!r} is {kept.dtype} {kept.shape}; "
                                   f"got {array.dtype} {array.shape}.")
            np.copyto(kept, array)

    def truncate(self, rows=None):
        """Drop rows behind a checkpoint; the run goes on from there.

        Parameters
        ----------
        rows : dict, optional
            Name to the rows that stay; by default those that the latest checkpoint speaks of.

        Raises
        ------
        FlownetError
            More rows than there are, or something could not be written.
        """
        self.flush()
        self._look_again()
        rows = self._reader.checkpoint_rows() if rows is None else rows
        for name, count in rows.items():
            if not 0 <= count <= self.count(name):
                raise FlownetError(f"{self.path}: {name} has {self.count(name)} rows, not {count}.")
        self._unfinish()
        for name, count in rows.items():
            if count < self.count(name):
                column = self._columns[name] = _Column(self._reader, name, count)
                self._writer.do(partial(self._restart, name, count, column.records, column.block))
        self._stale = True

    def _unfinish(self):
        """A finished run that goes on is not finished any more; said before anything is written."""
        if self._reader.finished:
            self._writer.do(partial(self._end, False, -1))
            self._reader.refresh()

    def finish(self, diverged_at=None):
        """Write everything, say that the run is finished, and close the file.

        Parameters
        ----------
        diverged_at : int, optional
            Iteration at which the run diverged.

        Raises
        ------
        FlownetError
            Something could not be written.
        """
        self.flush()
        self._writer.do(self._trim)
        self._writer.do(partial(self._end, True, -1 if diverged_at is None else int(diverged_at)))
        self.close()

    def _trim(self):
        for appender in self._appenders.values():
            appender.trim()

    def _end(self, finished, diverged_at):
        _columns.write_number(self._file["state/diverged_at"].id, diverged_at)
        _columns.write_number(self._file["state/finished"].id, int(finished))

    def close(self):
        """Write everything and close the file; the run can be resumed. Reading goes on working.

        Raises
        ------
        FlownetError
            Something could not be written.
        """
        if not self._closer.alive:
            return
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

    def count(self, name):
        """Rows of a quantity that are committed.

        Parameters
        ----------
        name : str

        Returns
        -------
        int
        """
        return self._appenders[name].committed if name in self._appenders else self._reader.count(name)

    def __getattr__(self, name):
        """Everything else that a reader of the file answers, this store answers too."""
        if name.startswith("_") or not hasattr(Reader, name):
            raise AttributeError(f"HDF5Store has no attribute {name!r}")
        self._look_again()
        return getattr(self._reader, name)


class _Column:
    """The rows of one quantity on the side of the run: the block being filled, and spare ones."""

    def __init__(self, reader, name, count=None):
        count = reader.count(name) if count is None else count
        shape, dtype = reader.form(name)
        self.quantity = Quantity(name, shape, dtype)
        self.rows = reader.block(name)
        self.number, self.filled = divmod(count, self.rows)
        self.handed = self.filled
        self.free, self.made, self.block = queue.SimpleQueue(), 0, None
        self.records = reader.records(name, -(-count // self.rows))
        if self.filled:
            self.made = 1
            self.block = _columns.Block(self.rows, self.quantity)
            rows = reader.read(name, count - self.filled, count)
            for room, read in zip((self.block.iteration, self.block.time, self.block.value), rows):
                room[:self.filled] = read

    @property
    def counted(self):
        return self.number * self.rows + self.filled


def _open(path):
    import h5py

    file = h5py.File(path, "r+", libver="latest", locking="best-effort",
                     alignment_threshold=1, alignment_interval=ALIGN)
    return file, Lock(path)


def _close(file, lock):
    try:
        file.close()
    finally:
        lock.release()


def _refuse_busy(path):
    try:
        if busy(path, patience=0.5):
            raise FlownetError(f"{path} is being written by another process.")
    except OSError as error:
        raise FlownetError(f"cannot write {path}: {explain(error)}.") from None


def _nothing():
    pass
