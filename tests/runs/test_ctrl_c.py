"""Ctrl-C in a script, at a prompt, in this process: what a run gives then, and how it goes on."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import flownet as fn

TRAIN = """
import os, signal, sys, threading, time
{interactive}
import flownet as fn

def press(state):  # in the middle of the run, and a second time if so wished
    if state.iteration == 2000:
        for _ in range({presses}):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)
    return 0.0

try:
    run = fn.train(fn.Parabola(2), fn.Aristotle("exponential:0.01:0.999"), W0=[1.0, 2.0],
                   steps=20000, store={store!r}, observe={{"x": (1000, press)}}{more})
    print(run.stopped, run.finished, len(run.step), run.iteration[-1], len(run.loss))
except KeyboardInterrupt:
    print("raised")
signal_is_python = signal.getsignal(signal.SIGINT) is signal.default_int_handler
print(signal_is_python)
"""


def trained(store, interactive=False, more="", presses=1):
    code = TRAIN.format(
        interactive="sys.ps1 = '>>> '" if interactive else "",
        store=store,
        more=more,
        presses=presses,
    )
    words = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run(
        [sys.executable, "-c", code], env=words, capture_output=True, text=True, timeout=300
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.split("\n")


@pytest.fixture(scope="module")
def whole():
    return fn.train(
        fn.Parabola(2), fn.Aristotle("exponential:0.01:0.999"), W0=[1.0, 2.0], steps=20000
    )


def same_path(path, whole):
    """Resumed to its end, the bits of a run that never stopped."""
    run = fn.resume(path, observe={"x": lambda state: 0.0})
    np.testing.assert_array_equal(run.parameters[:], whole.parameters[:])
    np.testing.assert_array_equal(run.loss, whole.loss)
    assert run.stopped is None and run.finished


@pytest.mark.slow
def test_ctrl_c_raises_in_a_script(tmp_path, whole):
    """After the block under way; the file has every step, and goes on."""
    path = tmp_path / "run.h5"
    assert trained(str(path))[:2] == ["raised", "True"]
    run = fn.Trajectory.open(path)
    assert not run.finished and 2000 <= len(run.step) < 20000
    assert run.stopped == f"stopped by Ctrl-C at iteration {len(run.step)}"
    assert run.store.latest_checkpoint()[0] == len(run.step)
    same_path(path, whole)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["prompt", "asked for"])
def test_ctrl_c_gives_back_the_run_at_a_prompt(how, tmp_path, whole):
    path = tmp_path / "run.h5"
    if how == "prompt":
        said = trained(str(path), interactive=True)
    else:
        said = trained(str(path), more=', on_interrupt="return"')
    run = fn.Trajectory.open(path)
    k = len(run.step)
    assert 2000 <= k < 20000
    assert said[0] == f"stopped by Ctrl-C at iteration {k} False {k} {k} {k + 1}"
    assert said[1] == "True" and repr(run).endswith(f"stopped by Ctrl-C at iteration {k}")
    same_path(path, whole)


@pytest.mark.slow
def test_ctrl_c_twice_does_not_wait(tmp_path, whole):
    """In the middle of an observable: the run up to its last checkpoint."""
    path = tmp_path / "run.h5"
    said = trained(str(path), interactive=True, presses=2)
    run = fn.Trajectory.open(path)
    assert said[0].startswith("stopped by Ctrl-C at iteration") and said[1] == "True"
    k = len(run.step)
    assert k <= 2000 and not run.finished
    assert run.iteration[-1] == k and len(run.loss) == k + 1
    same_path(path, whole)


@pytest.mark.parametrize("mode", ["raise", "return", "prompt"])
def test_an_interrupted_run_goes_on(mode, store, monkeypatch):
    """In the middle of a run of this process, kept in memory or in a file."""
    pressed = []

    def press(state):
        if state.iteration == 50 and not pressed:
            pressed.append(state.iteration)
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)
        return 0.0

    given = dict(W0=[1.0, 2.0], observe={"x": (50, press)}, store=store)
    mechanics, whole = fn.Adam(0.01), fn.train(fn.Parabola(2), fn.Adam(0.01), W0=[1, 2], steps=300)
    given["on_interrupt"] = None if mode == "prompt" else mode
    observe = {"x": lambda state: 0.0}
    if mode == "prompt":
        monkeypatch.setattr(sys, "ps1", ">>> ", raising=False)
    if mode != "raise":
        run = fn.train(fn.Parabola(2), mechanics, steps=300, **given)
        assert run.stopped == f"stopped by Ctrl-C at iteration {len(run.step)}"
        assert not run.finished and 50 <= len(run.step) < 300
        assert run.iteration[-1] == len(run.step) == len(run.loss) - 1
    else:
        with pytest.raises(KeyboardInterrupt):
            fn.train(fn.Parabola(2), mechanics, steps=300, **given)
        if store is None:
            return
        run = fn.Trajectory.open(store)
        assert run.stopped.startswith("stopped by Ctrl-C at iteration")
    run = fn.resume(run, observe=observe)
    np.testing.assert_array_equal(run.parameters[:], whole.parameters[:])
    assert run.finished and run.stopped is None
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
