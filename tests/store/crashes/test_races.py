"""Runs that two go on with at once, and runs that are killed while they are made longer.

What others do in between is done at a chosen call of this process, or by a process of its own that
ends there: nothing here waits for a clock.
"""

import os
import subprocess
import sys
import threading

import h5py
import numpy as np
import pytest
from mistakes import told_in_one_line

import flownet as fn
from flownet.motion.flow import _flow, _run
from flownet.motion.loops import _continue
from flownet.store.bytes import _lock, beginning, write_number
from flownet.store.writing import _edit, _hdf5

WELL = fn.DoubleWell(3)
W0 = np.array([0.3, -0.4, 0.2])


def trained(path, steps=40, **words):
    return fn.train(
        WELL, fn.Adam(0.01), W0=W0, steps=steps, store=path, progress=False, seed=3, **words
    )


def interrupted(path, at=20, **words):
    """A run of 40 steps that somebody stopped at one of them."""

    def stopping(state):
        if state.iteration == at:
            raise KeyboardInterrupt
        return 0.0

    with pytest.raises(KeyboardInterrupt):
        trained(path, observe={"x": (at, stopping)}, **words)
    return {"x": lambda state: 0.0}


def assert_same_rows(path, whole):
    run = fn.Trajectory.open(path)
    assert run.finished
    for name in ("parameters", "observables/loss", "observables/step"):
        for mine, other in zip(run.store.read(name), whole.store.read(name)):
            np.testing.assert_array_equal(mine, other, err_msg=name)


def before_once(monkeypatch, module, name, act):
    """Let somebody else act before the first call of a function."""
    function, calls = vars(module)[name], []

    def patched(*given, **words):
        calls.append(name)
        if len(calls) == 1:
            act()
        return function(*given, **words)

    monkeypatch.setattr(module, name, patched)
    return calls


# ---- two go on at once --------------------------------------------------------------------------

GO_ON = {
    "as it was": lambda path, observe: fn.resume(path, observe=observe, progress=False),
    "longer": lambda path, observe: fn.resume(path, observe=observe, steps=60, progress=False),
    "in another way": lambda path, observe: fn.go_on(
        path, steps=60, mechanics=fn.Adam(0.01), observe=observe, progress=False
    ),
}


@pytest.mark.parametrize("name", GO_ON)
def test_a_run_that_ends_while_it_is_resumed(name, tmp_path, monkeypatch):
    """Looked at in its middle, at its end when it is taken up: no step is recorded twice."""
    path = tmp_path / "run.h5"
    observe = interrupted(path)
    calls = before_once(
        monkeypatch,
        _continue,
        "loop_of",
        lambda: fn.resume(path, observe=observe, progress=False).close(),
    )
    GO_ON[name](path, observe).close()
    assert calls
    assert_same_rows(path, trained(None, 40 if name == "as it was" else 60))


def test_a_finished_run_that_somebody_else_makes_longer(tmp_path, monkeypatch):
    path = tmp_path / "run.h5"
    trained(path).close()
    before_once(
        monkeypatch, _continue, "loop_of", lambda: fn.resume(path, steps=50, progress=False).close()
    )
    fn.resume(path, steps=60, progress=False).close()
    assert_same_rows(path, trained(None, 60))


def test_a_flow_that_ends_while_it_is_resumed(tmp_path, monkeypatch):
    monkeypatch.setattr(_run, "CHECKPOINT_SECONDS", -1.0)
    path, words = tmp_path / "flow.h5", dict(W0=W0, time=3.0, progress=False)
    fn.flow(WELL, max_steps=5, store=path, **words).close()
    before_once(
        monkeypatch,
        _flow,
        "_run",
        lambda: fn.resume(path, max_steps=10_000, progress=False).close(),
    )
    fn.resume(path, max_steps=10_000, progress=False).close()
    assert_same_rows(path, fn.flow(WELL, **words))


def test_a_run_whose_file_another_one_takes_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "run.h5"
    observe = interrupted(path)
    before_once(monkeypatch, _continue, "loop_of", lambda: trained(path, 7, overwrite=True).close())
    with told_in_one_line("was overwritten by another run"):
        fn.resume(path, observe=observe, progress=False)
    assert_same_rows(path, trained(None, 7))


def test_of_two_that_begin_one_is_refused(tmp_path, monkeypatch):
    """The file of the one took the name of the other's before that opened it again."""
    path, make, calls = tmp_path / "run.h5", _hdf5.make, []
    trained(path).close()

    def patched(*given):
        made = make(*given)
        calls.append(made)
        if len(calls) == 1:
            trained(path, 7, overwrite=True).close()
        return made

    monkeypatch.setattr(_hdf5, "make", patched)
    with told_in_one_line("was overwritten by another run"):
        trained(path, 9, overwrite=True)
    assert_same_rows(path, trained(None, 7))


@pytest.mark.parametrize("begin", ["train", "overwrite", "resume", "longer", "keep"])
def test_others_wait_until_who_begins_has_set_his_mark(begin, tmp_path, monkeypatch):
    """Another thread, as another process, holds the folder; it is let go, and all goes well."""
    path = tmp_path / "run.h5"
    if begin != "train":
        trained(path).close()
    go = {
        "train": lambda: trained(path),
        "overwrite": lambda: trained(path, overwrite=True),
        "resume": lambda: fn.resume(path, steps=50, progress=False),
        "longer": lambda: fn.go_on(path, more=3, mechanics=fn.Aristotle(0.1), progress=False),
        "keep": lambda: fn.breakdown(fn.Trajectory.open(path), every=1, keep=True, progress=False),
    }[begin]
    held, let_go = threading.Event(), threading.Event()

    def hold():
        with beginning(path):
            held.set()
            let_go.wait()

    other = threading.Thread(target=hold)
    other.start()
    held.wait()
    monkeypatch.setattr(_lock, "_PATIENCE", 0.0)
    try:
        with told_in_one_line("another process begins to write in its folder"):
            go()
    finally:
        let_go.set()
        other.join()
    go()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of threads beside a fork
@pytest.mark.skipif(sys.platform == "win32", reason="nothing is forked there")
def test_a_process_that_is_forked_meanwhile_holds_no_folder(tmp_path, monkeypatch):
    path = tmp_path / "run.h5"
    (ends, end), (begun, begin) = os.pipe(), os.pipe()
    with beginning(path):
        child = os.fork()
        if not child:  # lives on until the parent lets it go
            os.write(begin, b".")
            os.close(end)
            os.read(ends, 1)
            os._exit(0)
    os.read(begun, 1)  # before the child runs it holds what its parent holds
    monkeypatch.setattr(_lock, "_PATIENCE", 0.0)
    try:
        trained(path)
    finally:
        for one in (begun, begin, end):
            os.close(one)
        os.waitpid(child, 0)


# ---- killed while it is made longer -------------------------------------------------------------


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
