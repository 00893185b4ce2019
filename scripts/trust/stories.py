"""Short stories of files of runs, with many writes, each of which may be the last one."""

import os
from functools import partial

import numpy as np
from story import Story, nothing

import flownet as fn
from flownet.motion import _recorder, _storage
from flownet.motion.flow import _run
from flownet.store._layout import Layout

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
    "train": Story(nothing, _whole, _begun, may_lack=True),
    "flow": Story(nothing, lambda path: _flow(path).close(), _flow_begun, may_lack=True),
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
