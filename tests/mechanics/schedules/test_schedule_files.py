"""Schedules of runs that are stopped, resumed, read back, and written in files."""

import numpy as np
import pytest
from mistakes import told_in_one_line
from policy_case import W0
from tolerance import close

import flownet as fn

STORED = {
    "exponential": "exponential:0.1:0.99",
    "polynomial": fn.Polynomial(0.1, 300, 2.0),
    "one-cycle": fn.OneCycle(0.1, 300),
    "piecewise": fn.Piecewise([0.1, 0.05], at=[150]),
    "array": 0.1 / (1 + np.arange(300.0)),
    "chain": fn.Warmup(0.1, 100).then(fn.Cosine(0.1, 200)),
    "function": lambda k: 0.1 / (1 + k),
    "time": fn.Schedule(lambda t: 0.1 / (1 + t), "time"),
    "state": fn.Schedule(lambda state: 0.1 * state.loss, "state"),
}


@pytest.mark.parametrize("name", STORED)
@pytest.mark.parametrize("make", [fn.Aristotle, fn.Adam], ids=["aristotle", "adam"])
def test_a_run_that_was_stopped_goes_on_with_its_schedule(make, name, small, tmp_path):
    mechanics, calls = make(STORED[name]), []

    def stopping(state):
        calls.append(state.iteration)
        if state.iteration == 200 and len(calls) < 5:
            raise KeyboardInterrupt
        return 0.0

    path = tmp_path / "run.h5"
    with pytest.raises(KeyboardInterrupt):
        fn.train(small, mechanics, W0=W0, steps=300, store=path, observe={"x": (100, stopping)})
    program = name in ("function", "time", "state")
    if program:
        with told_in_one_line("a schedule by the function .* pass the same mechanics on again"):
            fn.resume(path, observe={"x": stopping}, potential=small)
    given = {"mechanics": mechanics} if program else {}
    done = fn.resume(path, observe={"x": stopping}, potential=small, **given)
    whole = fn.train(small, mechanics, W0=W0, steps=300)
    np.testing.assert_array_equal(done.parameters[:], whole.parameters[:])
    read = fn.Trajectory.open(path)
    read.potential = small
    np.testing.assert_array_equal(read.step, whole.step)
    if not program:
        again = fn.train(small, read.mechanics, W0=W0, steps=300)
        np.testing.assert_array_equal(again.parameters[:], whole.parameters[:])


def test_what_looks_along_a_run_takes_its_recorded_steps(small, tmp_path):
    """A breakdown and a replay of a run whose schedule no file can say."""
    path = tmp_path / "run.h5"
    schedule = fn.Schedule(lambda state: 0.1 * state.loss, "state")
    fn.train(small, fn.Adam(schedule), W0=W0, steps=20, store=path)
    run = fn.Trajectory.open(path)
    run.potential = small
    assert fn.breakdown(run, at=7).step == run.step[7]
    assert len(fn.rolling_force(run)) == 20
    metric = fn.adaptive_metric(run)
    assert np.isfinite(metric.at(run.time[10]).sharp(np.ones(small.size))).all()


def test_a_schedule_in_an_experiment_file(tmp_path):
    text = """
[data]
name = "xor"
[network]
sizes = [2, 3, 1]
[loss]
kind = "quadratic"
[mechanics]
kind = "langevin"
temperature = [0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.0, 0.0, 0.0, 0.0]
[mechanics.step]
kind = "chain"
parts = ["warmup:0.5:4", {kind = "piecewise", steps = [0.5, 0.1], at = [3]}]
at = [4]
[run]
steps = 10
"""
    path, store = tmp_path / "run.toml", tmp_path / "run.h5"
    path.write_text(text)
    run = fn.Experiment.load(path).run(store)
    close(run.step, [0.125, 0.25, 0.375, 0.5, 0.5, 0.5, 0.5, 0.1, 0.1, 0.1])
    again = fn.Experiment.load(store).run()
    np.testing.assert_array_equal(again.parameters[:], run.parameters[:])
    path.write_text(text.replace('"warmup:0.5:4"', '"warmup:0.5"'))
    with told_in_one_line(r"\[mechanics\] step: step policy 'warmup:0.5' has 1 number"):
        fn.Experiment.load(path)
    path.write_text(text.replace("0.0, 0.0]", "0.0]"))
    with told_in_one_line(
        r"\[mechanics\] the temperature: the array of steps holds 9, and the run"
    ):
        fn.Experiment.load(path).run()
