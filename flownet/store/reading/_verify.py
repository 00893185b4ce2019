"""Which rows of a file match their checksums: all are looked at, and what is wrong is named."""

from dataclasses import dataclass, field

import numpy as np

from ..._errors import FlownetError
from ..._table import Table
from .._format import COLUMNS
from ..bytes import _checkpoint
from ._rows import read_plain


@dataclass
class Damage:
    """Rows `start` to `stop` of a column that are not what was written, and why."""

    name: str
    column: str
    start: int
    stop: int
    why: str = "checksum"


@dataclass
class Verified:
    """What of a run's file is as it was written.

    Attributes
    ----------
    path : str
    rows : dict
        Name of each quantity to its rows that count.
    damage : list of Damage
    arrays : dict
        Path of each array that is kept whole to whether it matches its checksum.
    checkpoints : list
        Iteration of each checkpoint that matches its checksum.
    left_out : str or None
        Why analyses beside the run could not be looked at.
    """

    path: str
    rows: dict = field(default_factory=dict)
    damage: list = field(default_factory=list)
    arrays: dict = field(default_factory=dict)
    checkpoints: list = field(default_factory=list)
    wants_checkpoint: bool = False
    left_out: str | None = None

    @property
    def is_whole(self):
        """Whether everything is as it was written."""
        return not (self.damage or self.left_out or self.lacks_checkpoint) and all(
            self.arrays.values()
        )

    @property
    def lacks_checkpoint(self):
        """Whether checkpoints were written and none is right."""
        return self.wants_checkpoint and not self.checkpoints

    def bad(self, name):
        """Numbers of the rows of a quantity that are damaged in any column, ascending."""
        parts = [np.arange(d.start, d.stop) for d in self.damage if d.name == name]
        return np.unique(np.concatenate(parts)) if parts else np.zeros(0, np.int64)

    def table(self):
        """A row for each quantity: how many rows are good, and which are not."""
        bad = {name: self.bad(name) for name in self.rows}
        notes = [f"array /{path}: damaged" for path, right in self.arrays.items() if not right]
        if self.lacks_checkpoint:
            notes.append("no checkpoint is left: the run cannot go on from here")
        elif self.checkpoints:
            notes.append(f"checkpoint at iteration {max(self.checkpoints)}")
        return Table(
            f"{self.path}: {'all is as it was written' if self.is_whole else 'damaged'}",
            {
                "quantity": (str, list(self.rows)),
                "rows": ("d", list(self.rows.values())),
                "good": ("d", [count - len(bad[name]) for name, count in self.rows.items()]),
                "damaged rows": (str, [_ranges(rows) or "none" for rows in bad.values()]),
            },
            [*notes, *filter(None, [self.left_out])],
        )

    def __str__(self):
        return str(self.table())


def verify(reader):
    """Look at every block, array and checkpoint of a file.

    Parameters
    ----------
    reader : Reader

    Returns
    -------
    Verified
    """
    found = Verified(reader.path, left_out=reader.left_out)
    for name in reader.names:
        rows = reader.rows_of(name)
        found.rows[name] = rows.count
        for column in COLUMNS:
            found.damage += [Damage(name, column, *block) for block in rows.damaged(column)]
    for name in reader.recorded:
        found.damage += _out_of_order(reader, name, found.bad(name))
    for path in reader.arrays:
        found.arrays[path] = _is_right(reader, path)
    found.wants_checkpoint, found.checkpoints = _checkpoints(reader)
    return found


def _is_right(reader, path):
    try:
        reader.array(path)
    except FlownetError:
        return False
    return True


def _checkpoints(reader):
    """Whether there were any, and the iterations of those that are right."""
    look = reader._look

    def read(place):
        return read_plain(look.flat, place)

    written, right = False, []
    for slot in look.index.slots:
        try:
            kept = _checkpoint.latest([slot], read, reader.label)
        except FlownetError:
            written = True
            continue
        right += [] if kept is None else [kept.iteration]
    return written or bool(right), right


def _out_of_order(reader, name, bad):
    """Rows that match their checksums and cannot be: iterations that do not ascend, times back."""
    good = np.setdiff1d(np.arange(reader.count(name)), bad)
    found = []
    for column, least in (("iteration", 1), ("time", 0)):
        steps = np.diff(_rows(reader, name, column, good))
        wrong = good[1:][~(steps >= least)]
        found += [Damage(name, column, int(k), int(k) + 1, "order") for k in wrong]
    return found


def _rows(reader, name, column, good):
    """Some rows of a column, block by block: those between may be damaged."""
    rows = reader.rows_of(name)
    parts = np.split(good, np.flatnonzero(np.diff(good // rows.block)) + 1) if good.size else []
    read = [rows.column(column, int(p[0]), int(p[-1]) + 1)[p - p[0]] for p in parts]
    return np.concatenate(read) if read else np.zeros(0)


def _ranges(numbers):
    """Ascending whole numbers as text: "3 to 7, 9"."""
    if not len(numbers):
        return ""
    parts = np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1)
    words = [str(p[0]) if len(p) == 1 else f"{p[0]} to {p[-1]}" for p in parts[:8]]
    return ", ".join(words) + (f" and {len(parts) - 8} more" if len(parts) > 8 else "")
