"""What happens to files of runs: stories that may be cut short at any write, and how they go on.

A story begins with files, does something to them, and has an end. Wherever it was cut, the files
have to open, and going on has to lead to the same end, bit for bit.
"""

import os
from functools import partial

import numpy as np

import flownet as fn
from flownet.motion import _recorder, _storage
from flownet.motion.flow import _run
from flownet.store._layout import Layout
from flownet.store.writing import _analysis, _edit

RUN = "run.h5"
_QUIET = {"progress": False}
W0 = np.linspace(-0.4, 0.5, 8)


def write_often():
    """A checkpoint after every block of steps, and small blocks: many writes in a short run."""
    _recorder.CHECKPOINT_SECONDS = _run.CHECKPOINT_SECONDS = -1.0
    _storage.Layout = partial(Layout, block_bytes=256)


def _well():
    return fn.DoubleWell(len(W0))


def _train(path, steps=30, **words):
    given = {"observe": {"length": (7, fn.PathLength())}, "seed": 3, **_QUIET, **words}
    return fn.train(_well(), fn.Adam(0.01), W0=W0, steps=steps, store=path, **given)


def _flow(path, **words):
    return fn.flow(_well(), W0=W0, time=1.5, store=path, **_QUIET, **words)


def _stop_at(iteration):
    """A condition that stops a run as Ctrl-C does."""

    def stop(state):
        if state.iteration == iteration:
            raise KeyboardInterrupt
        return 0.0

    return stop


def _stopped(path):
    try:
        _train(path, observe={"x": (14, _stop_at(14))})
    except KeyboardInterrupt:
        return
    raise AssertionError("the run was to be stopped")


_X = {"x": lambda state: 0.0}


class Story:
    """One story: `begin`, `act`, and `go_on` wherever that was cut."""

    def __init__(self, begin, act, go_on, may_lack=False, large=None):
        self.begin, self.act, self.go_on = begin, act, go_on
        self.may_lack = may_lack  # whether there may be no file yet
        self._large = large  # bytes beyond which a file is changed in place

    def settings(self):
        """Take the story's own way of changing files."""
        _edit.LARGE = _analysis.LARGE = (300 << 20) if self._large is None else self._large


def _nothing(path):
    pass


def _resumed(path):
    fn.resume(path, **_QUIET).close()


def _break_down(path):
    fn.breakdown(fn.Trajectory.open(path), every=6, keep=True, **_QUIET)


def _other(path):
    return fn.go_on(path, steps=45, mechanics=fn.Adam(0.01, memory1=0.5), **_QUIET)


def _longer(path):
    fn.resume(path, steps=45, **_QUIET).close()


def _in_another_way(path):
    """Go on in another way, or with that way where it was taken already."""
    run = fn.Trajectory.open(path)
    if len(run.parts) > 1:
        _resumed(path)
    else:
        _other(path).close()


def _either(path):
    """The old run stays until the new one is there, of which the file is then."""
    if fn.Trajectory.open(path).experiment["run"]["steps"] == 10:
        _train(path, overwrite=True).close()
    else:
        _resumed(path)


def _begun(path):
    if os.path.exists(path):
        _resumed(path)
    else:
        _train(path).close()


def _flow_begun(path):
    if os.path.exists(path):
        _resumed(path)
    else:
        _flow(path).close()


def _whole(path):
    _train(path).close()


STORIES = {
    "train": Story(_nothing, _whole, _begun, may_lack=True),
    "flow": Story(_nothing, lambda path: _flow(path).close(), _flow_begun, may_lack=True),
    "resume": Story(
        _stopped,
        lambda path: fn.resume(path, observe=_X, **_QUIET).close(),
        lambda path: fn.resume(path, observe=_X, **_QUIET).close(),
    ),
    "longer": Story(_whole, _longer, _longer),
    "longer in place": Story(_whole, _longer, _longer, large=1),
    "another way": Story(_whole, lambda path: _other(path).close(), _in_another_way),
    "another way in place": Story(
        _whole, lambda path: _other(path).close(), _in_another_way, large=1
    ),
    "analysis": Story(_whole, _break_down, _break_down),
    "analysis beside": Story(_whole, _break_down, _break_down, large=1),
    "overwrite": Story(
        lambda path: _train(path, 10).close(),
        lambda path: _train(path, overwrite=True).close(),
        _either,
    ),
}


def end_of(path):
    """All that a run has recorded: name to its columns; and whether it is finished."""
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
    with fn.Trajectory.open(path).store as store:
        for name in store.names:
            columns = store.read(name)
            assert all(np.isfinite(column).all() for column in columns), name
            assert (np.diff(columns[0]) > 0).all(), f"iterations of {name} do not ascend"
        assert store.slot() is not None, "there is no checkpoint"
