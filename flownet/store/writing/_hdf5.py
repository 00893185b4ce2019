"""A run that is written to a file while readers may follow it."""

import os
import weakref
from functools import partial

import numpy as np

from ..._errors import FlownetError
from .._failure import writing
from .._format import RECORD
from .._store import WritableStore
from ..bytes import (
    Appender,
    FlatFile,
    Kept,
    Lock,
    Slots,
    _journal,
    beginning,
    refuse_busy,
    with_checksum,
)
from ..reading import Reader
from ._create import make, open_to_write, remove_drafts
from ._filling import Clock, Filling
from ._gone import refuse_gone
from ._writer import Writer


class HDF5Store(Reader, WritableStore):
    """A run that is written to a file; made by `create` or `resume`.

    It reads its own file, so its answers tell of the rows that are committed.

    Parameters
    ----------
    path : path
        Of a file that is complete but for its rows, and that nobody writes.
    identity : str, optional
        Of the run that it has to be; whose it is by default.
    expected : dict, optional
        Name of a quantity to the rows that it will have, where that is known.

    Raises
    ------
    FlownetError
        The file is damaged, another run's, or cannot be written.
    """

    def __init__(self, path, identity=None, expected=None):
        self._finished = None
        super().__init__(path, identity=identity)
        self._expected = expected or {}
        with writing(self.path):
            self._lock = Lock(self.path)
            try:
                self._lock.take()
                self._file = open_to_write(self.path)
            except BaseException:
                self._lock.release()
                raise
        self._writer, self._seen = Writer(self.path), 0
        self._closer = weakref.finalize(
            self, self._writer.stop, partial(_close, self._file, self._lock, self._writer)
        )
        self._kept = Kept(self.checkpoint_forms)
        try:
            latest = self.slot()
            self._take_up({name: self.count(name) for name in self.recorded})
            self._writer.do(partial(self._start, latest.sequence if latest else 0))
        except BaseException:
            self._closer()
            raise
        # what was seen of it is so still, but that it has a writer now
        self._last.flat.live, self._seen = True, self._writer.done

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
        if os.path.isdir(path):
            raise FlownetError(
                f"{path} is a folder; a run wants a file, such as {os.path.join(path, 'run.h5')}."
            )
        with beginning(path):
            if os.path.lexists(path):
                if not overwrite:
                    raise FlownetError(
                        f"{path} exists; overwrite=True (in the shell --overwrite) replaces it."
                    )
                _refuse_others(path)
                refuse_busy(path, replaced=True)
            expected = {quantity.name: quantity.rows or 0 for quantity in layout.quantities}
            return cls(path, make(path, layout), expected)

    @classmethod
    def resume(cls, path):
        """A run's file again, to go on where its committed rows end.

        Raises
        ------
        FlownetError
            The file is being written, damaged, or not one of ours.
        """
        path = os.fspath(path)
        with beginning(path):
            Reader(path).close()  # whatever is wrong with it is said before anything is changed
            refuse_busy(path)
            remove_drafts(path)
            with writing(path):
                _journal.replay(path)
            return cls(path)

    def _take_up(self, counts):
        """Go on from so many rows of every quantity."""
        self._filling, clocks = {}, {}
        for name, clock in self.clocks.items():
            if clock == name:
                sharing = [counts[other] for other in self.clocks if self.clocks[other] == name]
                clocks[name] = Clock(self.rows_of(name), sharing)
            self._filling[name] = Filling(
                self.rows_of(name), clocks[clock], self._writer, counts[name]
            )

    def _start(self, sequence):
        """On the writer thread: find the data sets, and let readers follow."""
        self._appenders = {
            name: Appender(self._file, name, clock == name, self._expected.get(name, 0))
            for name, clock in self.clocks.items()
        }
        self._slots = Slots(self._file, self._kept.arrays, sequence)
        self._file.live = True
        self._file.commit()  # before anything is changed that a closed file would vouch for
        self._restart()

    def _restart(self):
        """On the writer thread: end where the run goes on, a clock after those who share it."""
        for name in reversed(self._filling):
            self._filling[name].restart(self._appenders[name])

    # Rows

    def room(self, name):
        return self._filling[name].room()

    def filled(self, name):
        return self._filling[name].count

    def _rows(self, name, n):
        return self._filling[name].rows(n)

    def _advance(self, name, n):
        self._unfinish()
        self._filling[name].advance(n, self._appenders[name])

    def flush(self, wait=True):
        for name, filling in self._filling.items():
            filling.flush(self._appenders[name])
        if wait:
            self._writer.do(_nothing)

    def _cut(self, counts):
        self._unfinish()
        self._take_up(counts)
        self._writer.do(self._restart)

    def _keep(self, iteration, time, arrays, wait):
        self._kept.copy(arrays)
        self.flush(wait=False)
        self._unfinish()
        rows = np.array([filling.count for filling in self._filling.values()], "<i8")
        self._kept.submit(self._writer, partial(self._save, iteration, time, rows))
        if wait:
            self._writer.do(_nothing)

    def _save(self, iteration, time, rows):
        """On the writer thread: the checkpoint that was kept."""
        refuse_gone(self.path, self._file)
        blocks = np.array([appender.record for appender in self._appenders.values()], RECORD)
        self._slots.write(iteration, time, rows, blocks, self._kept.arrays)

    # The end

    def _unfinish(self):
        """A finished run that goes on is not finished any more; said before anything is written."""
        if self._last.index.finished:
            self._writer.do(partial(self._end, 0, -1))
            self.refresh()

    def _end(self, finished, diverged_at):
        """On the writer thread: say how the run ended, once the disk has all of it."""
        self._file.sync()
        for name, value in (("diverged_at", diverged_at), ("finished", finished)):
            place = self._file.hdf5[f"state/{name}"].id.get_offset()
            self._file.put(place, with_checksum(value))

    def _trim(self):
        """On the writer thread: give back the places that no row has taken."""
        for appender in self._appenders.values():
            appender.trim()
        self._file.commit()

    def finish(self, diverged_at=None):
        self.flush()
        self._writer.do(partial(refuse_gone, self.path, self._file))
        self._writer.do(self._trim)
        self._writer.do(partial(self._end, 1, -1 if diverged_at is None else int(diverged_at)))
        self.close()
        self._finished = FlatFile(self.path)  # a run that takes its name hides nothing then

    def close(self):
        """Write everything and close the file; the run can be resumed, and reading still works."""
        if self._closer.alive:
            try:
                self.flush()
                self._writer.do(self._trim)
            finally:
                self._closer()
            self._writer.check()

    # Reading

    @property
    def _look(self):
        """A look that is no older than what was written last."""
        if self._seen != self._writer.done:
            self._seen = self._writer.done
            super().refresh()
        return self._last

    def refresh(self):
        if self._finished is not None:
            _ = self._look  # what answers come from if another run has taken the name since
        super().refresh()

    def _open(self):
        """The file; at the first look after its end that which was there then."""
        finished, self._finished = self._finished, None
        return finished or super()._open()


def _close(file, lock, writer):
    file.live = False
    try:
        file.close(keep=not writer.failed)
    except Exception as error:
        writer.fail(error)
    lock.release()


def _nothing():
    pass


def _refuse_others(path):
    """Refuse to replace what is no run's file."""
    try:
        if os.path.islink(path):
            raise FlownetError("it is a link.")
        Reader(path).close()
    except FlownetError as error:
        raise FlownetError(f"{path} is not overwritten: {error}") from None
