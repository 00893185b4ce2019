"""Runs that a condition stopped: resumed, gone on with, in an experiment file, in the shell."""

import numpy as np
import pytest
from cases_of_runs import HELD_OUT, NET, accuracies, on_a_parabola
from click.testing import CliRunner
from mistakes import told_in_one_line

import flownet as fn
from flownet.desk import cli


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
