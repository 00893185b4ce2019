"""What happens to files of runs, may be cut short at any moment, and goes on.

A story begins with files, does something to them, and has an end. Wherever it was cut, the files
have to open, and going on has to lead to the same end, bit for bit.
"""

import numpy as np

import flownet as fn
from flownet.ensemble.rows import is_sweep
from flownet.store.writing import _analysis, _edit

RUN = "run.h5"


class Story:
    """One story.

    Parameters
    ----------
    begin, act, go_on : function of a path
        Makes the files it begins with; does what it is about; goes on wherever that was cut.
    may_lack : bool
        Whether there may be no file yet.
    large : int, optional
        Bytes beyond which a file is changed in place, as large ones are.
    """

    def __init__(self, begin, act, go_on, may_lack=False, large=300 << 20):
        self.begin, self.act, self.go_on = begin, act, go_on
        self.may_lack, self._large = may_lack, large

    def settings(self):
        """Take the story's own way of changing files."""
        _edit.LARGE = _analysis.LARGE = self._large


def nothing(path):
    """Begin without a file."""


def end_of(path):
    """All that a run or a sweep has recorded: name to its columns; and whether it is finished."""
    if is_sweep(path):
        found = fn.Sweep.open(path)
        return {name: [found[name]] for name in found} | {"finished": found.finished}
    run = fn.Trajectory.open(path)
    found = {name: run.store.read(name) for name in run.store.names}
    found["finished"] = run.finished
    run.close()
    return found


def difference(one, other):
    """In words where two ends differ, or None."""
    if one.keys() != other.keys():
        return f"{sorted(one)} instead of {sorted(other)}"
    for name, mine in one.items():
        if name == "finished":
            same = mine == other[name]
        else:
            same = all(np.array_equal(a, b, equal_nan=True) for a, b in zip(mine, other[name]))
        if not same:
            return f"{name} differs"
    return None


def look(path):
    """Read all that a file has, whatever its state: nothing may be refused, or not finite."""
    if is_sweep(path):
        end_of(path)
        return
    with fn.Trajectory.open(path).store as store:
        for name in store.names:
            columns = store.read(name)
            if not name.startswith("analysis/"):  # which have nothing to say of some steps
                assert all(np.isfinite(column).all() for column in columns), name
            assert (np.diff(columns[0]) > 0).all(), f"iterations of {name} do not ascend"
        assert store.slot() is not None, "there is no checkpoint"
