"""Runs that are killed: while they are made longer, at their beginning and at their end.

Each is killed where its program says so: nothing here waits for a clock.
"""

import os
import subprocess
import sys

import h5py
import numpy as np
import pytest
from runs_in_a_well import W0, WELL, assert_same_rows, trained

import flownet as fn
from flownet.store.bytes import write_number
from flownet.store.writing import _edit, _hdf5


def killed(code, path):
    """A process of its own that ends like one that is killed, where its program says so."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code, str(path)], env=environment, check=False)
    assert done.returncode == 9


KILLED = """
import os, sys
import flownet as fn
from flownet.store.writing import HDF5Store, _edit
_edit.LARGE = {large}
{patch}
fn.resume(sys.argv[1], steps=60, progress=False)
"""
PATCHES = {
    "before the words": "_edit._put = lambda *given, **words: os._exit(9)",
    "behind the words": "HDF5Store.resume = lambda *given: os._exit(9)",
    "before a checkpoint": "HDF5Store.checkpoint = lambda *given, **words: os._exit(9)",
}


@pytest.mark.parametrize("patch", PATCHES)
@pytest.mark.parametrize("large", [1, 1 << 30], ids=["in place", "in a copy"])
def test_a_run_that_is_killed_while_it_is_made_longer(patch, large, tmp_path):
    path = tmp_path / "run.h5"
    trained(path).close()
    killed(KILLED.format(patch=PATCHES[patch], large=large), path)
    run = fn.Trajectory.open(path)
    assert not run.finished or len(run.loss) == run.experiment["run"]["steps"] + 1
    run.close()
    fn.resume(path, progress=False).close()
    assert_same_rows(path, trained(None, fn.Trajectory.open(path).experiment["run"]["steps"]))
    fn.resume(path, steps=60, progress=False).close()
    assert_same_rows(path, trained(None, 60))


def test_a_part_that_is_killed_before_its_first_step(tmp_path, monkeypatch):
    path = tmp_path / "run.h5"
    trained(path).close()

    def dies(*given):
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(_hdf5.HDF5Store, "resume", dies)
        with pytest.raises(MemoryError):
            fn.go_on(path, more=20, mechanics=fn.Adam(0.01, memory1=0.5), progress=False)
    assert not fn.Trajectory.open(path).finished
    fn.resume(path, progress=False).close()
    whole = fn.go_on(trained(None), more=20, mechanics=fn.Adam(0.01, memory1=0.5), progress=False)
    assert_same_rows(path, whole)


def test_a_file_that_says_finished_and_lacks_steps(tmp_path):
    """As earlier versions left it."""
    path = tmp_path / "run.h5"
    trained(path).close()
    text = fn.Trajectory.open(path).store.experiment
    _edit.rewrite_experiment(path, text.replace("steps = 40", "steps = 60"))
    with h5py.File(path, "r+", libver="latest") as file:
        write_number(file["state/finished"].id, 1)
    assert not fn.Trajectory.open(path).finished
    fn.resume(path, progress=False).close()
    assert_same_rows(path, trained(None, 60))


def test_runs_that_were_to_take_more_steps_are_finished_where_something_ended_them():
    stopped = fn.train(
        WELL, fn.Aristotle(0.1), W0=W0, steps=500, stop=fn.LossBelow(0.3), progress=False
    )
    diverged = fn.train(WELL, fn.Aristotle(5.0), W0=10 * W0, steps=500, progress=False)
    assert stopped.stopped and stopped.finished and len(stopped.loss) < 500
    assert diverged.finished and diverged.diverged_at


# ---- killed at its beginning and at its end -----------------------------------------------------

BEGINNING = """
import os, sys
import numpy as np
import flownet as fn
from flownet.store.writing import HDF5Store
HDF5Store.checkpoint = lambda *given, **words: os._exit(9)
{0}
"""
BEGUN = {
    "run": (
        "fn.train(p, fn.Adam(0.01), steps=9, store=sys.argv[1], progress=False, **words)",
        lambda p, words: fn.train(p, fn.Adam(0.01), steps=9, progress=False, **words),
    ),
    "watched run": (
        "fn.train(p, fn.Newton(0.1), V0=np.ones(p.size), steps=9, store=sys.argv[1],\n"
        "         observe={'length': (2, fn.PathLength())}, keep='best', progress=False,\n"
        "         stop=fn.Patience(p, 100), **words)",
        lambda p, words: fn.train(
            p,
            fn.Newton(0.1),
            V0=np.ones(p.size),
            steps=9,
            observe={"length": (2, fn.PathLength())},
            keep="best",
            stop=fn.Patience(p, 100),
            progress=False,
            **words,
        ),
    ),
    "flow": (
        "fn.flow(p, time=2.0, store=sys.argv[1], progress=False, **words)",
        lambda p, words: fn.flow(p, time=2.0, progress=False, **words),
    ),
}


@pytest.mark.parametrize("name", BEGUN)
@pytest.mark.parametrize("activation", ["tanh", pytest.param("relu", marks=pytest.mark.slow)])
def test_what_is_killed_before_its_first_step_goes_on(name, activation, tmp_path):
    """A file holds where its run begins from the moment it appears."""
    net = fn.Network([2, 3, 1], activation)
    p = fn.Potential(net, fn.Quadratic(), fn.data.load("xor"))
    made = (
        f"net = fn.Network([2, 3, 1], {activation!r})\n"
        "p = fn.Potential(net, fn.Quadratic(), fn.data.load('xor'))\n"
        "words = {'W0': net.init(5)}\n"
    )
    code, whole = BEGUN[name]
    path = tmp_path / "run.h5"
    killed(BEGINNING.format(made + code), path)
    assert len(fn.Trajectory.open(path)) == 0
    fn.resume(path, progress=False).close()
    run, whole = fn.Trajectory.open(path), whole(p, {"W0": net.init(5)})
    assert run.finished and run.store.names == whole.store.names
    for quantity in whole.store.names:
        for mine, other in zip(run.store.read(quantity), whole.store.read(quantity)):
            np.testing.assert_array_equal(mine, other, err_msg=quantity)


UNCLOSED = """
import os, sys
import flownet as fn
from flownet.store.writing import _hdf5
_hdf5._close = lambda *given: os._exit(9)
fn.train(fn.DoubleWell(3), fn.Adam(0.01), W0=[0.3, -0.4, 0.2], seed=3, steps=40,
         store=sys.argv[1], progress=False)
"""


@pytest.mark.parametrize("first", ["resume", "keep"])
def test_a_run_that_is_killed_between_its_end_and_the_end_of_its_file(first, tmp_path):
    """Other programs open it once it was resumed, or something is stored with it."""
    path = tmp_path / "run.h5"
    killed(UNCLOSED, path)
    with pytest.raises(OSError):
        h5py.File(path)
    if first == "resume":
        assert fn.resume(path).finished
    else:
        fn.breakdown(fn.Trajectory.open(path), every=1, keep=True, progress=False)
    with h5py.File(path) as file:
        assert file["observables/loss/value"].shape[0] >= 41
    fn.breakdown(fn.Trajectory.open(path), every=1, keep=True, progress=False)
    assert len(fn.Trajectory.open(path).analyses["breakdown"].value) == 40
    assert_same_rows(path, trained(None))
