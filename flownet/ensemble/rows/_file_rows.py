"""Rows of a sweep in a file: written where they belong, then marked as done."""

import os

import numpy as np

from ... import _progress
from ..._errors import FlownetError
from ..._file_path import file_path
from ..._memory import size_text
from ...store._failure import explain, writing
from ...store._size import check_space
from ...store._text import to_text
from ...store.reading import Damage, Verified
from ..plan import Plan
from . import _checks, _reading
from ._create import create
from ._format import CHECKS, CONCLUDED, DONE, REST
from ._lock import open_locked
from ._memory import size_of

CHANGED = (
    "what the file says beside the numbers of its members (the words of the sweep, its axes, "
    "HDF5's index) is not what was written"
)


class FileRows:
    """Rows of a sweep in its file; data sets never move, so that each row has a place.

    A tile's numbers and their checksums are written first and its members are marked as done after
    that: a process that is killed at any moment loses the tile it was at, and nothing else.

    Attributes
    ----------
    plan : Plan
    path : str
    columns : dict of Column
    """

    def __init__(self, path, functions=None):
        self.path, self._descriptor = os.fspath(path), None
        words, coordinates, self._places, self.flownet_version = _reading.read(self.path)
        try:
            self.plan = Plan.from_table(words, functions)
            columns = [_reading.column(word, coordinates) for word in words["columns"]]
        except FlownetError:
            raise
        except Exception as error:  # words that no sweep would have written raise anything
            raise FlownetError(f"{self.path} is damaged: {explain(error)}.") from None
        self.columns = {column.name: column for column in columns}
        self._right = {}  # rows of each column that were looked at already

    @property
    def has_checks(self):
        """Whether there are checksums: the first sweeps had none."""
        return REST in self._places

    @classmethod
    def create(cls, path, plan, overwrite=False):
        """A new file for a sweep."""
        path = file_path("store", path)
        columns = plan.columns()
        size = sum(
            int(np.prod(size_of(c, plan.shape), dtype=object)) * np.dtype(c.dtype).itemsize
            for c in columns
        )
        check_space(path, size)
        _progress.note(f"{path}: {size_text(size)} to be written")
        text, arrays = to_text(
            {"plan": {**plan.table(), "columns": list(map(_reading.words, columns))}}
        )
        create(os.fspath(path), plan, columns, text, arrays, overwrite)
        made = cls(path)
        made.plan = plan
        return made

    def lock(self):
        """Write from here on, alone. Members whose numbers are damaged are to be run again."""
        self._descriptor = open_locked(self.path)
        for name, column in self.columns.items() if self.has_checks else ():
            wrong = self.damaged(name)
            if column.late:
                mark, at = CONCLUDED, np.zeros(min(1, len(wrong)), int)
            else:
                mark, at = DONE, wrong if column.members is None else column.members[wrong]
            self._write(mark, at, np.zeros(len(at), np.uint8))

    @property
    def done(self):
        """Whether each member (R,) is done."""
        return self._array(DONE) != 0

    @property
    def finished(self):
        """Whether every member is done, and what is known then is there."""
        late = any(column.late for column in self.columns.values())
        concluded = not (late and self.has_checks) or bool(self._array(CONCLUDED)[0])
        return concluded and bool(self.done.all())

    def array(self, name):
        """A column of all members, read when it is indexed.

        Raises
        ------
        FlownetError
            Where a row is not what was written.
        """
        if self.has_checks and len(wrong := self.damaged(name)):
            members = f"member {wrong[0]}" if len(wrong) == 1 else f"{len(wrong)} members"
            raise FlownetError(
                f"{self.path} is damaged: {name!r} of {members} is not what was written; "
                "`flownet resume` runs damaged members again."
            )
        return self._array(name)

    def damaged(self, name):
        """Rows of a column that are done and are not what was written."""
        written = self._written(name)
        rows = np.flatnonzero(written & ~self._right.get(name, np.zeros_like(written)))
        values = self._array(name).reshape(len(written), *self.columns[name].shape)[rows]
        wrong = rows[_checks.of_rows(rows, values) != self._array(CHECKS + name)[rows]]
        right = written.copy()
        right[wrong] = False
        self._right[name] = right
        return wrong

    def _written(self, name):
        """Whether each row of a column counts."""
        column = self.columns[name]
        if column.late:
            return np.full(len(self.done), bool(self._array(CONCLUDED)[0]))
        return self.done if column.members is None else self.done[column.members]

    def verify(self):
        """`Verified`: how many rows of each column are there, and which are damaged.

        Raises
        ------
        FlownetError
            For a file of the time when sweeps had no checksums.
        """
        if not self.has_checks:
            raise FlownetError(f"{self.path}: sweeps had no checksums when it was written.")
        self._right.clear()
        found = Verified(self.path, left_out=None if self.says_what_it_said else CHANGED)
        for name in self.columns:
            wrong = self.damaged(name)
            found.rows[name] = int(self._written(name).sum())
            found.damage += [Damage(name, "value", int(k), int(k) + 1) for k in wrong]
        return found

    @property
    def says_what_it_said(self):
        """Whether all beside the numbers of its members is as it was written."""
        rest = _checks.of_the_rest(self.path, self._places.values())
        return rest == int(self._array(REST)[0])

    def _array(self, name):
        place = self._places[name]
        if 0 in place.shape:
            return np.zeros(place.shape, place.dtype)
        return np.memmap(self.path, place.dtype, "r", place.offset, place.shape)

    def put(self, members, rows):
        """Rows of some members, which are done then."""
        for name, part in rows.items():
            column = self.columns[name]
            if not column.late:
                of = column.members
                self._put(name, members if of is None else np.searchsorted(of, members), part)
        with writing(self.path):
            os.fdatasync(self._descriptor)
        self._write(DONE, members, np.ones(len(members), np.uint8))

    def conclude(self, found):
        """Columns that are known once every member is done: all that there is is there then."""
        for name, values in found.items():
            self._put(name, np.arange(len(values)), values)
        if self.has_checks:
            with writing(self.path):
                os.fdatasync(self._descriptor)
            self._write(CONCLUDED, np.arange(1), np.ones(1, np.uint8))

    def _put(self, name, at, rows):
        """Rows and their checksums."""
        rows = np.ascontiguousarray(rows, self._places[name].dtype)
        self._write(name, at, rows)
        if self.has_checks:
            self._write(CHECKS + name, at, _checks.of_rows(at, rows))

    def _write(self, name, at, rows):
        """Write rows to their places; those that lie side by side in one piece."""
        if not len(at):
            return
        place = self._places[name]
        rows = np.ascontiguousarray(rows, place.dtype)
        cuts = np.flatnonzero(np.diff(at) != 1) + 1
        with writing(self.path):
            for begin, part in zip(np.split(at, cuts), np.split(rows, cuts)):
                _put(self._descriptor, part, place.offset + int(begin[0]) * part[0].nbytes)

    def close(self):
        """Let others write."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _put(descriptor, part, offset):
    left = memoryview(part).cast("B") if part.nbytes else b""
    while left:
        written = os.pwrite(descriptor, left, offset)
        offset, left = offset + written, left[written:]
