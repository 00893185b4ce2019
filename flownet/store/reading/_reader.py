"""A run's file, read: finished, growing, or left by a killed run; never modified."""

import os
import time
from collections import namedtuple

from ..._errors import FlownetError
from .._format import ANALYSIS, BLOCKS, FORMAT
from .._store import Store
from ..bytes import FlatFile, _checkpoint, checksum
from ._examine import examine
from ._index import index
from ._rows import Damaged, Rows, read_plain
from ._walk import InAHeap

_EXAMINED: set[tuple[object, ...]] = (
    set()
)  # files with heaps that another process has read, as they were then
_PATIENCE = 2.0  # seconds in which a file that is being written must show a consistent state


#: what one look at a file has found: the file as plain bytes, its index, and name to `Rows`
Look = namedtuple("Look", "flat index rows")


class Reader(Store):
    """A run's file as it was when it was last looked at.

    It is of one run: a file of another that has taken its place since is refused.

    Parameters
    ----------
    path : path
    format : str
        What the file has to be: a run, or the analyses beside one.
    identity : str, optional
        Of the run that it has to be; whose it is by default.

    Attributes
    ----------
    left_out : str or None
        Why the analyses beside a run are not read, in words.

    Raises
    ------
    FlownetError
        There is no such file, it is not one of ours, newer than this flownet, another run's, or
        damaged.
    """

    left_out = None

    def __init__(self, path, format=FORMAT, identity=None):
        self.path = os.fspath(path)
        self._format, self.identity = format, identity
        self._last = self._companion = None
        self.refresh()

    def refresh(self):
        """Look at the file again, for rows that were committed since.

        Raises
        ------
        FlownetError
            As on opening.
        """
        look = self._patient_look()
        try:
            self._same_run(look.index.attrs[""]["run"])
        except FlownetError:
            look.flat.close()
            raise
        Reader.close(self)  # the look alone, whatever else a store has open
        self._last, self._companion = look, None
        self._change = look.flat.last_change
        if self._format == FORMAT:
            self._companion, self.left_out = _beside(self.path, self.identity)

    def _same_run(self, found):
        """Refuse a file that is another run's than it was."""
        if self.identity not in (None, found):
            raise FlownetError(
                f"{self.path} was overwritten by another run since this one was opened: open it "
                "anew, and give each run a file of its own."
            )
        self.identity = found

    def _patient_look(self):
        deadline = time.monotonic() + _PATIENCE
        while True:
            flat = self._open()
            try:
                found = self._index(flat)
                rows = {name: Rows(flat, name, parts) for name, parts in found.quantities.items()}
                if not (flat.was_closed or flat.live):
                    _leave_out_what_is_lost(flat, found, rows)
                return Look(flat, found, rows)
            except BaseException as error:
                flat.close()
                mends = isinstance(error, FlownetError) and flat.live
                if not mends or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)  # caught the writer in the middle of a word

    def _open(self):
        """The file, opened anew."""
        return FlatFile(self.path)

    def _index(self, flat):
        """What the file says of itself; a heap in it is read by another process first, once."""
        change = None if flat.live else flat.last_change
        known = os.path.realpath(self.path), self._format, change
        try:
            return index(flat, self._format, examined=known in _EXAMINED)
        except InAHeap:
            examine(self.path, self._format)
            _EXAMINED.add(known)
            return index(flat, self._format, examined=True)

    def _watch(self):
        """Refuse the bytes of another run that was copied into the file that is open."""
        flat = self._last.flat
        if not flat.live and (change := flat.last_change) != self._change:
            Reader(self.path, self._format, self.identity).close()
            self._change = change

    def __reduce__(self):
        """Pickled or copied it is opened anew, and has to be the same run's file still."""
        return Reader, (os.path.abspath(self.path), self._format, self.identity)

    @property
    def _look(self):
        """The look that answers come from."""
        return self._last

    def close(self):
        """Close the file."""
        for part in (self._last and self._last.flat, self._companion):
            if part is not None:
                part.close()

    # What a file is made of, which stays as it is once the file is made

    @property
    def clocks(self):
        return self._last.index.clocks

    @property
    def arrays(self):
        return list(self._last.index.arrays)

    @property
    def experiment(self):
        return self._last.index.attrs[""]["experiment"]

    @property
    def checkpoint_forms(self):
        """Name to (shape, dtype) of what a checkpoint keeps."""
        slot = self._last.index.slots[0] if self._last.index.slots else {}
        return {
            name: (place.shape, place.dtype)
            for name, place in slot.items()
            if name not in ("header", "rows", BLOCKS)
        }

    def _array(self, path):
        self._watch()
        place = self._last.index.arrays[path]
        array = read_plain(self._last.flat, place)
        if checksum(array) != place.checksum:
            raise FlownetError(f"{self.label} is damaged: /{path} does not match its checksum.")
        return array

    # What changes while it is written

    @property
    def live(self):
        return self._look.flat.live

    @property
    def finished(self):
        return self._look.index.finished

    @property
    def diverged_at(self):
        return self._look.index.diverged_at

    @property
    def names(self):
        own = self._look.rows
        beside = self._companion.names if self._companion else []
        return [*own, *(name for name in beside if name not in own)]

    def attrs(self, path=""):
        own = self._look.index.attrs
        if path not in own and self._companion:
            return self._companion.attrs(path)
        return dict(own.get(path, {}))

    def rows_of(self, name):
        """`Rows` of a quantity; an unknown name is a FlownetError."""
        own = self._look.rows
        if name in own:
            return own[name]
        if self._companion and name in self._companion.names:
            return self._companion.rows_of(name)
        raise self._unknown(name)

    def count(self, name):
        return self.rows_of(name).count

    def form(self, name):
        rows = self._last.rows.get(name) or self.rows_of(name)  # which stays, where there are any
        return rows.shape, rows.dtype

    def _column(self, name, column, start, stop):
        rows = self.rows_of(name)
        self._watch()
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
        with Reader(self.path, self._format, self.identity) as now:
            return now.count(name) < count or (now.live and not self.live)

    def slot(self):
        look = self._look
        self._watch()
        return _checkpoint.latest(
            look.index.slots, lambda place: read_plain(look.flat, place), self.label
        )


def _leave_out_what_is_lost(flat, found, rows):
    """Of a file that nobody closed, leave out what came after its last checkpoint, unless all of
    that is there: where the power was cut it may have reached the disk in part."""
    try:
        kept = _checkpoint.latest(found.slots, lambda place: read_plain(flat, place), flat.name)
    except FlownetError:  # who asks for it is told
        return
    if kept is None or kept.blocks is None:  # files of earlier versions do not tell
        return
    counts = dict(zip(found.clocks, kept.rows.tolist()))
    try:
        for name, count in counts.items():
            rows[name].check(min(count, rows[name].count))
    except Damaged:
        for (name, count), record in zip(counts.items(), kept.blocks):
            rows[name].go_back(count, record)


def companion_path(path):
    """Where the analyses of a large run lie, by the path of the run."""
    return os.path.splitext(os.fspath(path))[0] + ".analysis.h5"


def _beside(path, identity):
    """Reader of the analyses that lie beside a large run, or None, and why there is none if it is
    no file of ours or damaged; that is no reason not to read the run. Another run's are left alone.
    """
    path = companion_path(path)
    if not os.path.exists(path):
        return None, None
    try:
        beside = Reader(path, ANALYSIS)
    except FlownetError as error:
        return None, f"analyses beside the run are not read: {error}"
    if beside.identity == identity:
        return beside, None
    beside.close()
    return None, None
