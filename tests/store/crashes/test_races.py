"""Runs that two go on with at once.

What others do in between is done at a chosen call of this process, or by a process of its own that
ends there: nothing here waits for a clock.
"""

import os
import sys
import threading

import pytest
from mistakes import told_in_one_line
from runs_in_a_well import W0, WELL, assert_same_rows, trained

import flownet as fn
from flownet.motion.flow import _flow, _run
from flownet.motion.loops import _continue
from flownet.store.bytes import _lock, beginning
from flownet.store.writing import _hdf5


def interrupted(path, at=20, **words):
    """A run of 40 steps that somebody stopped at one of them."""

    def stopping(state):
        if state.iteration == at:
            raise KeyboardInterrupt
        return 0.0

    with pytest.raises(KeyboardInterrupt):
        trained(path, observe={"x": (at, stopping)}, **words)
    return {"x": lambda state: 0.0}


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
