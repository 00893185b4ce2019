"""Runs that end before their last step: conditions, the best state, Ctrl-C."""

import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from click.testing import CliRunner
from mistakes import told_in_one_line
from tolerance import close

import flownet as fn
from flownet.desk import cli
from flownet.motion.stop import Stop

NET = fn.Network([2, 4, 2])
HELD_OUT = fn.data.load("spiral", m=60, noise=0.1, seed=1)


@pytest.fixture(scope="module")
def spiral():
    """2-4-2 on 40 samples of two spirals."""
    return fn.Potential(NET, fn.CrossEntropy(), fn.data.load("spiral", m=40, noise=0.1))


@pytest.fixture(params=["memory", "file"])
def store(request, tmp_path):
    """Where a run is kept."""
    return None if request.param == "memory" else tmp_path / "run.h5"


def on_a_parabola(stop, steps=100, step=0.1, **given):
    """W ← 0.9·W from 1: L_k = ½·0.81^k, ‖dL‖ = 0.9^k."""
    return fn.train(fn.Parabola(1), fn.Aristotle(step), W0=[1.0], steps=steps, stop=stop, **given)


# ---- conditions ---------------------------------------------------------------------------------

k = np.arange(101)
CONDITIONS = {
    "loss": (fn.LossBelow(0.01), np.argmax(0.5 * 0.81**k < 0.01), "the loss is .*, below 0.01"),
    "loss, every 10": (fn.LossBelow(0.01, every=10), 20, "the loss is .*, below 0.01"),
    "gradient": (fn.GradientBelow(0.1), np.argmax(0.9**k < 0.1), r"‖dL‖ is 0.0984771, below 0.1"),
    "observable": (
        fn.Reached(lambda state: state.W[0], below=0.5),
        np.argmax(0.9**k < 0.5),
        "Reached.* was met",
    ),
    "above": (fn.Reached(lambda state: state.iteration, above=4), 5, "Reached.* was met"),
    "function": (lambda state: state.time > 1.15, 12, "the condition .*lambda.* was met"),
    "function, every 5": (fn.StopWhen(lambda s: s.iteration > 12, every=5), 15, "was met"),
    "patience": (
        fn.Patience(lambda state: max(state.iteration, 7) - state.iteration, 3),
        10,
        "was met",
    ),
    "the first of two": ([fn.LossBelow(0.01), fn.GradientBelow(0.9)], 2, "‖dL‖ is 0.81, below"),
    "at once": (fn.LossBelow(1.0), 0, "the loss is 0.5, below 1"),
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_run_ends_where_its_condition_is_met(name, store):
    """At the iteration of the closed form; with all rows up to there, and the last state."""
    stop, iteration, words = CONDITIONS[name]
    run = on_a_parabola(stop, store=store, record_every=4)
    run = run if store is None else fn.Trajectory.open(store)
    assert len(run.step) == iteration and run.finished and run.diverged_at is None
    assert run.iteration[-1] == iteration and len(run.loss) == iteration + 1
    close(run.parameters[-1], [0.9**iteration])
    assert run.stopped.startswith(f"stopped at iteration {iteration}: ")

    assert re.search(words, run.stopped) and run.stopped in repr(run)


def test_a_run_that_meets_no_condition_says_nothing():
    run = on_a_parabola([fn.LossBelow(1e-30), lambda state: False], steps=10)
    assert run.stopped is None and len(run.step) == 10 and "stopped" not in repr(run)
    assert fn.train(fn.Parabola(1), fn.Aristotle(0.1), W0=[1.0], steps=1).stopped is None


def test_the_edge_of_stability(spiral):
    """Where sharpness·step of the state passes 2; of the parabola κ·h from the beginning."""
    run = fn.train(fn.Parabola(1), fn.Aristotle(2.5), W0=[1.0], steps=9, stop=fn.EdgeReached())
    assert len(run.step) == 0 and "sharpness·step is 2.5, not below 2" in run.stopped
    growing = fn.Exponential(1.0, 0.5, over=3)
    run = fn.train(fn.Parabola(1), fn.Aristotle(growing), W0=[1.0], steps=9, stop=_falls(0.5))
    assert len(run.step) == 4  # 0.5^(k/3) < 0.5 first at k = 4
    h, every = 2.0, 5
    run = fn.train(spiral, fn.Aristotle(h), steps=400, stop=fn.EdgeReached(every=every))
    values = fn.sharpness(run, every=every).value * h
    assert len(run.step) % every == 0 and 0 < len(run.step) < 400
    assert values[-1] >= 2 and (values[:-1] < 2).all()


class _falls(Stop):
    """A condition of somebody's own: the step to come is below a number."""

    def __init__(self, below):
        super().__init__()
        self.below = below

    def look(self, state, potential, memory):
        return state.step < self.below, state.step


def test_the_loss_is_that_of_all_data(spiral):
    """Of mini-batches, too; by the run's last loss, which is on all data."""
    run = fn.train(
        spiral, fn.Adam(0.05), steps=3000, batch_size=8, stop=fn.LossBelow(0.6, every=25)
    )
    assert run.loss[-1] < 0.6 and len(run.step) % 25 == 0
    close(run.loss[-1], spiral.value(run.parameters[-1]))
    before = run.parameters[len(run.step) - 25]
    assert spiral.value(before) >= 0.6


def accuracies(run, data, every):
    """Held-out accuracy at recorded states."""
    return [
        np.mean(NET.forward(W, data.x).argmax(axis=1) == data.labels)
        for W in run.parameters[:][::every]
    ]


def test_patience_with_held_out_accuracy(spiral, store):
    """Early stopping, and the best state: against the accuracies of every state."""
    held_out = fn.Potential(NET, fn.CrossEntropy(), HELD_OUT)
    patience = fn.Patience(fn.Accuracy(held_out), patience=4, every=20)
    given = dict(steps=4000, stop=patience, keep="best")
    run = fn.train(spiral, fn.Adam(0.05), store=store, **given)
    run = run if store is None else fn.Trajectory.open(store)
    found = accuracies(run, HELD_OUT, 20)
    best = int(np.argmax(found))
    assert run.best.iteration == 20 * best and run.best.value == found[best]
    assert len(run.step) == 20 * (best + 4)
    np.testing.assert_array_equal(run.best.W, run.parameters[20 * best])
    assert run.best.time == run.time[20 * best]
    assert f"the accuracy has not been better than {found[best]:.6g} for 4 looks" in run.stopped


def test_the_best_state_of_a_run_that_ends(spiral, store):
    """The lowest held-out loss, also where it is the last state's."""
    held_out = fn.Potential(NET, fn.CrossEntropy(), HELD_OUT)
    run = fn.train(spiral, fn.Adam(0.05), steps=95, keep=fn.Best(held_out, every=10), store=store)
    losses = [held_out.value(W) for W in run.parameters[:]]
    looked = [*range(0, 95, 10), 95]
    best = looked[int(np.argmin([losses[k] for k in looked]))]
    assert run.best.iteration == best and run.stopped is None
    close(run.best.value, losses[best])


def test_one_state_after_another_ends_there_too():
    *_, last = fn.states(
        fn.Parabola(1), fn.Aristotle(0.1), W0=[1.0], stop=[fn.LossBelow(0.01), fn.LossBelow(0.1)]
    )
    assert last.iteration == np.argmax(0.5 * 0.81**k < 0.1)


# ---- stopped, resumed, gone on ------------------------------------------------------------------


def test_a_stopped_run_is_finished_and_goes_on(store):
    """To its last step as if no condition had been; or to another condition."""
    run = on_a_parabola(fn.LossBelow(0.01), store=store)
    done = len(run.step)
    what = run if store is None else store
    assert len(fn.resume(what).step) == done  # finished
    again = fn.resume(what, steps=50, stop=fn.LossBelow(0.001))
    assert "below 0.001" in again.stopped and done < len(again.step) < 50
    whole = on_a_parabola(None)
    again = fn.resume(again if store is None else store, steps=100)
    assert again.stopped is None and again.finished
    for quantity in whole.store.names:
        for mine, other in zip(again.store.read(quantity), whole.store.read(quantity)):
            np.testing.assert_array_equal(mine, other)


def test_patience_is_resumed_in_the_middle(spiral, tmp_path):
    """Interrupted before patience is at an end: the looks of before count, and the best state."""
    held_out = fn.Potential(NET, fn.CrossEntropy(), HELD_OUT)
    patience = fn.Patience(fn.Accuracy(held_out), patience=4, every=20)
    given = dict(steps=4000, stop=patience, keep="best")
    whole = fn.train(spiral, fn.Adam(0.05), **given)
    end, calls = len(whole.step), []

    def stopping(state):
        calls.append(state.iteration)
        if state.iteration == end - 10 and calls.count(end - 10) == 1:
            raise KeyboardInterrupt
        return 0.0

    path = tmp_path / "run.h5"
    with pytest.raises(KeyboardInterrupt):
        fn.train(spiral, fn.Adam(0.05), store=path, observe={"x": (end - 10, stopping)}, **given)
    run = fn.resume(path, observe={"x": stopping})
    assert run.stopped == whole.stopped and run.best[:3] == whole.best[:3]
    np.testing.assert_array_equal(run.best.W, whole.best.W)
    np.testing.assert_array_equal(run.loss, whole.loss)


def test_functions_are_asked_for_again(tmp_path):
    path, calls = tmp_path / "run.h5", []

    def stopping(state):
        calls.append(state.iteration)
        if calls.count(20) == 1 and state.iteration == 20:
            raise KeyboardInterrupt
        return state.iteration >= 33

    with pytest.raises(KeyboardInterrupt):
        on_a_parabola([fn.LossBelow(1e-9), stopping], store=path, keep=fn.Best(lambda s: s.loss))
    with told_in_one_line(r"stops by a program of yours, .*stopping: pass all 2 conditions"):
        fn.resume(path)
    with told_in_one_line("keeps its best state by a program of yours"):
        fn.resume(path, stop=[fn.LossBelow(1e-9), stopping])
    run = fn.resume(path, stop=[fn.LossBelow(1e-9), stopping], keep=fn.Best(lambda s: s.loss))
    assert len(run.step) == 33 and run.best.iteration == 33
    assert "stopping was met" in fn.Trajectory.open(path).stopped


# ---- in files and in the shell ------------------------------------------------------------------

EXPERIMENT = """
[data]
name = "spiral"
m = 40
noise = 0.1
[network]
sizes = [2, 4, 2]
[loss]
kind = "cross-entropy"
[mechanics]
kind = "adam"
step = 0.05
[run]
steps = 4000
[keep]
every = 20
observable = {kind = "loss", data = {name = "spiral", m = 60, noise = 0.1, seed = 1}}
[[stop]]
kind = "patience"
patience = 4
every = 20
observable = {kind = "accuracy", data = {name = "spiral", m = 60, noise = 0.1, seed = 1}}
[[stop]]
kind = "loss-below"
value = 0.01
every = 100
"""


def test_conditions_in_an_experiment_file(tmp_path):
    path, store = tmp_path / "run.toml", tmp_path / "run.h5"
    path.write_text(EXPERIMENT)
    call = CliRunner().invoke
    ran = call(cli.shell, ["run", str(path), "-o", str(store)], catch_exceptions=False).output
    info = call(cli.shell, ["info", str(store)], catch_exceptions=False).output
    for text in (ran, " ".join(info.split())):
        assert "stopped at iteration" in text and "accuracy has not been better than" in text
        assert "best state" in text
    run = fn.Trajectory.open(store)
    assert len(run.step) == 20 * (int(np.argmax(accuracies(run, HELD_OUT, 20))) + 4)
    again = fn.Experiment.load(store).run()
    np.testing.assert_array_equal(again.loss, run.loss)
    assert again.best[:3] == run.best[:3]
    for wrong, line in {
        'kind = "loss-bellow"': r"unknown stop condition 'loss-bellow'; did you mean 'loss-below'",
        'kind = "edge"': r"edge takes no value",
    }.items():
        path.write_text(EXPERIMENT.replace('kind = "loss-below"', wrong))
        with told_in_one_line(line):
            fn.Experiment.load(path)


# ---- Ctrl-C -------------------------------------------------------------------------------------

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


# ---- mistakes -----------------------------------------------------------------------------------

MISTAKES = {
    "a number": (lambda: on_a_parabola(0.01), "stop is 0.01; .* a condition such as flownet.Loss"),
    "a list of one": (lambda: on_a_parabola([0.01]), "stop is 0.01"),
    "best as a condition": (
        lambda: on_a_parabola(fn.Best(fn.Parabola(1))),
        "has to be a condition",
    ),
    "no number": (lambda: fn.LossBelow("low"), "value is 'low'; it has to be a number"),
    "gradient of 0": (lambda: fn.GradientBelow(0.0), "value is 0.0; it has to be a number above 0"),
    "every 0": (lambda: fn.LossBelow(1.0, every=0), "every is 0; .* from 1 up"),
    "reached nothing": (lambda: fn.Reached(len), "wants a value: above=… or below=…"),
    "no patience": (lambda: fn.Patience(len, 0), "patience is 0; .* from 1 up"),
    "better": (lambda: fn.Best(len, better="most"), "better is 'most'; .* 'lowest' or 'highest'"),
    "best of nothing": (lambda: on_a_parabola(None, keep="best"), "stop= has 0 of them: say by"),
    "keep what": (lambda: on_a_parabola(None, keep="last"), "keep is 'last'; it has to be"),
    "an array": (
        lambda: on_a_parabola(fn.Reached(lambda state: state.W, above=1.0)),
        "the observable of Reached gave array.* one number",
    ),
    "a memory": (
        lambda: on_a_parabola(fn.Reached(fn.PathLength(), above=1.0)),
        "Reached looks at one state, and .* remembers",
    ),
    "no step ahead": (
        lambda: fn.train(
            fn.Parabola(1), fn.RungeKutta(), W0=[1.0], steps=3, stop=fn.EdgeReached(every=1)
        ),
        "stop: Runge-Kutta steps are as long as their errors let them be",
    ),
    "interrupt": (lambda: on_a_parabola(None, on_interrupt="stop"), "on_interrupt is 'stop'; it"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_told_in_one_line(name):
    mistake, words = MISTAKES[name]
    with told_in_one_line(words):
        mistake()
