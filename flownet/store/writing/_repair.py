"""What is left of a damaged file, saved into a new one.

Rows that match their checksums are copied. In place of those that do not stand nans, so that every
row stays the row of its iteration; whole numbers have no nan, and iterations and times must not be
made up: such a quantity ends where the first of them is lost. The newest checkpoint all of whose
rows are there is kept, and the run goes on from it.
"""

import os
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from ..._errors import FlownetError
from .._failure import writing
from .._format import COLUMNS
from .._layout import Layout, Quantity
from .._size import check_space
from ..bytes import FlatFile, _checkpoint, _superblock, checksum, refuse_busy
from ..reading import examine
from ..reading._index import index
from ..reading._rows import Damaged, Rows, read_plain
from ._analysis import append_analysis
from ._hdf5 import HDF5Store

#: attributes of the root that a new file gives itself
_OWN = ("format", "format_version", "created", "run", "experiment", "quantities", "clocks")
_OWN += ("arrays", "groups", "checkpoint")
_BEGINNING = 1 << 16  # bytes in which the root group begins
_ALWAYS = ("observables/loss", "observables/step")  # what every run has, if only without rows


@dataclass
class Repaired:
    """What of a damaged file went into a new one.

    Attributes
    ----------
    rows : dict
        Name of each quantity to how many rows counted, were saved, and of these are nan.
    lost : list of str
        What could not be saved, a line each.
    goes_on_at : int or None
        Iteration of the checkpoint that is kept.
    finished : bool
    """

    rows: dict = field(default_factory=dict)
    lost: list = field(default_factory=list)
    goes_on_at: int | None = None
    finished: bool = False


def repair(path, target, *, overwrite=False):
    """Save what can be saved of a run's file into a new one; the file itself stays as it is.

    Parameters
    ----------
    path, target : path
    overwrite : bool
        Replace a file that is there.

    Returns
    -------
    Repaired

    Raises
    ------
    FlownetError
        Nothing can be saved: it is no HDF5 file, or what lists its parts is lost; it is being
        written; or the new file cannot be written.
    """
    path, target = os.fspath(path), os.fspath(target)
    if not os.path.isfile(path):
        raise FlownetError(f"cannot read {path}: there is no such file.")
    if os.path.exists(target) and os.path.samefile(path, target):
        raise FlownetError(f"{target} is the damaged file: give the new one another name.")
    with _padded_copy(path, target) as copy:
        examine(copy, lost=True)
        flat = FlatFile(copy)
        try:
            return _Left(flat).saved(target, overwrite)
        finally:
            flat.close()


@contextmanager
def _padded_copy(path, target):
    """Path of a copy, beside the new file, of a file that may be cut, or have a damaged beginning.

    Behind its end are zeros then, as far as it says that it goes. Its first block is made anew
    where its checksum is wrong: files of flownet differ there in where they end alone.
    """
    folder = os.path.dirname(os.path.abspath(target))
    check_space(target, 2 * os.path.getsize(path))
    with writing(target):
        place = tempfile.TemporaryDirectory(prefix=".repair.", dir=folder)
    with place as inside:
        copy = os.path.join(inside, os.path.basename(path))
        with writing(target):
            refuse_busy(path)
            shutil.copyfile(path, copy)
            _make_long_enough(copy)
        yield copy


def _make_long_enough(path):
    with open(path, "r+b") as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(_superblock.SIZE)
        try:
            _superblock.check(head, max(size, _superblock.end(head)), os.path.basename(path))
        except (FlownetError, _superblock.struct.error):
            same = sum(a == b for a, b in zip(head, _superblock.SIGNATURE))
            if same < len(_superblock.SIGNATURE) // 2:
                raise FlownetError(f"{os.path.basename(path)} is not an HDF5 file.") from None
            file.seek(0)
            root = file.read(_BEGINNING).find(b"OHDR")
            file.seek(0)
            head = _superblock.anew(size, max(root, 0))
            file.write(head)
        file.truncate(max(size, _superblock.end(head)))


class _Left:
    """What is left of a file.

    Parameters
    ----------
    flat : FlatFile
        That nobody writes.
    """

    def __init__(self, flat):
        self._flat, self._done = flat, Repaired()
        self._index = index(flat, lost=self._done.lost, examined=True)
        self._rows, self._good = {}, {}
        for name, parts in self._index.quantities.items():
            rows = Rows(flat, name, parts)
            rows.count = rows.covered()
            self._rows[name] = rows
        for name in self._rows:
            self._good[name] = self._good_rows(name)

    def _good_rows(self, name):
        """Rows (n,) of a quantity, up to where it ends: whether each value is as it was written."""
        rows = self._rows[name]
        values, ends = np.ones(rows.count, bool), rows.count
        for column in COLUMNS:
            for start, stop in rows.damaged(column):
                values[start:stop] = False
                if column != "value" or rows.dtype.kind not in "fc":
                    ends = min(ends, start)
        clock = self._index.clocks.get(name, name)
        if clock != name:
            ends = min(ends, len(self._good[clock])) if clock in self._good else 0
        left = np.flatnonzero(values[:ends])
        return values[: left[-1] + 1 if left.size else 0]

    def saved(self, target, overwrite):
        """Write it into a new file."""
        kept = self._checkpoint()
        recorded = [name for name in self._index.clocks if name in self._rows]
        with HDF5Store.create(target, self._layout(recorded, kept), overwrite=overwrite) as store:
            done = dict.fromkeys(recorded, 0)
            if kept is not None:
                rows = dict(zip(self._index.clocks, kept.rows.tolist()))
                self._copy(store, done, {name: rows[name] for name in recorded})
                store.checkpoint(kept.iteration, kept.time, kept.arrays)
                self._done.goes_on_at = kept.iteration
            self._copy(store, done, {name: len(self._good[name]) for name in recorded})
            self._done.finished = self._index.finished and self._has_all(recorded)
            if self._done.finished:
                store.finish(self._index.diverged_at)
        for name, rows in self._rows.items():
            nans = int((~self._good[name]).sum())
            if name not in recorded:
                self._save_analysis(target, name, nans)
            else:
                self._done.rows[name] = rows.count, len(self._good[name]), nans
        return self._done

    def _has_all(self, recorded):
        """Whether no row is missing at the end of what the run recorded."""
        whole = len(recorded) == len(self._index.clocks)
        return whole and all(len(self._good[name]) == self._rows[name].count for name in recorded)

    def _layout(self, recorded, kept):
        root = self._index.attrs[""]
        clocks = self._index.clocks
        attrs = {path: self._index.attrs.get(path) or {} for path in root["groups"]}
        attrs[""] = {name: value for name, value in root.items() if name not in _OWN}
        attrs[""]["repaired"] = f"from the file of the run {root['run']}"
        quantities = []
        for name, clock in clocks.items():
            clock = clock if clock in recorded else None
            if name in recorded:
                rows, form = self._rows[name], (self._rows[name].shape, self._rows[name].dtype)
                quantities.append(Quantity(name, *form, rows=rows.block, clock=clock))
            elif name in _ALWAYS:
                quantities.append(Quantity(name, clock=clock))
        return Layout(
            quantities,
            {} if kept is None else {n: (a.shape, a.dtype) for n, a in kept.arrays.items()},
            root["experiment"],
            self._arrays(),
            attrs,
        )

    def _arrays(self):
        """Arrays that match their checksums."""
        found = {}
        for path, place in self._index.arrays.items():
            array = read_plain(self._flat, place)
            if checksum(array) == place.checksum:
                found[path] = array
            else:
                self._done.lost.append(f"the array /{path} does not match its checksum.")
        return found

    def _checkpoint(self):
        """The newest checkpoint all of whose rows are there, or None."""
        found = []
        for slot in self._index.slots:
            try:
                kept = _checkpoint.latest(
                    [slot], lambda place: read_plain(self._flat, place), self._flat.name
                )
            except FlownetError as error:
                self._done.lost.append(str(error))
                continue
            if kept is not None and self._has_rows_of(kept):
                found.append(kept)
        return max(found, key=lambda kept: kept.sequence, default=None)

    def _has_rows_of(self, kept):
        names = list(self._index.clocks)
        return len(kept.rows) == len(names) and all(
            name in self._good and 0 <= rows <= len(self._good[name])
            for name, rows in zip(names, kept.rows.tolist())
        )

    def _copy(self, store, done, until):
        """Copy rows of every quantity up to a number of them; those of a clock come first."""
        for name, stop in until.items():
            while done[name] < stop:
                n = min(store.room(name), stop - done[name])
                value, *clock = store.rows(name, n)
                first = done[name]
                for column, out in zip(("value", "iteration", "time"), (value, *clock)):
                    out[...] = self._read(name, column, first, first + n)
                store.advance(name, n)
                done[name] += n

    def _read(self, name, column, start, stop):
        """Rows of a column; nan where they are damaged."""
        rows = self._rows[name]
        try:
            return rows.column(column, start, stop)
        except Damaged:
            out = np.full((stop - start, *rows.shape), np.nan, rows.dtype)
            good = np.flatnonzero(self._good[name][start:stop])
            for k in good.tolist():
                out[k] = rows.column(column, start + k, start + k + 1)[0]
            return out

    def _save_analysis(self, target, name, nans):
        """An analysis goes along whole, or not at all: it can be made again."""
        short, rows = name.removeprefix("analysis/"), self._rows[name]
        whole = not nans and len(self._good[name]) == rows.count
        if not (whole and self._done.finished):
            why = "its rows are damaged" if not whole else "the run is not finished any more"
            self._done.lost.append(f"the analysis {short!r}: {why}.")
            return
        columns = [rows.column(column, 0, rows.count) for column in COLUMNS]
        append_analysis(target, short, *columns, self._index.attrs.get(name))
        self._done.rows[name] = rows.count, rows.count, 0
