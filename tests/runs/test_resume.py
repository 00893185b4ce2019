"""Runs that are killed, stopped or made longer end in the same bits as runs that never were."""

import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from checkout import earlier

import flownet as fn

STEPS = 100_000
START = """
import flownet as fn
net = fn.Network([64, 16, 10], dtype="float32")
potential = fn.Potential(net, fn.CrossEntropy(), fn.data.load("digits"))
fn.train(potential, fn.Aristotle(0.3), steps={steps}, batch_size=256, record_every=50,
         store={path!r},
         observe={{"whole": (20_000, potential), "accuracy": (30_000, fn.Accuracy(potential))}})
"""
RESUME = "import flownet as fn; fn.resume({path!r})"
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def contents(path):
    """Every recorded number of a run."""
    run = fn.Trajectory.open(path)
    assert run.finished
    return {name: run.store.read(name) for name in run.store.names}


def assert_same_bits(a, b):
    assert a.keys() == b.keys()
    for name in a:
        for mine, other in zip(a[name], b[name]):
            assert mine.tobytes() == other.tobytes(), name


def killed_after(code, path, seconds):
    """Run a program, kill it some time after it has recorded something; the losses there are."""
    before = losses(path)
    process = subprocess.Popen([sys.executable, "-c", code], env=ENVIRONMENT)
    while process.poll() is None and losses(path) <= before:
        time.sleep(0.01)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return losses(path)


def losses(path):
    """Number of losses that a run's file holds, 0 without a file."""
    if not os.path.exists(path):
        return 0
    return fn.Trajectory.open(path).store.count("observables/loss")


@pytest.mark.slow
def test_five_kills_leave_no_trace(tmp_path):
    """kill -9 at random moments, five times over, each time resumed."""
    whole, broken = str(tmp_path / "whole.h5"), str(tmp_path / "broken.h5")
    subprocess.run(
        [sys.executable, "-c", START.format(path=whole, steps=STEPS)], check=True, env=ENVIRONMENT
    )
    moments = random.Random(20)
    reached = [killed_after(START.format(path=broken, steps=STEPS), broken, moments.random() / 4)]
    for _ in range(4):
        reached.append(killed_after(RESUME.format(path=broken), broken, moments.random() / 4))
    assert sum(n < STEPS + 1 for n in reached) >= 3, reached
    assert fn.resume(broken).finished
    assert_same_bits(contents(whole), contents(broken))


@pytest.fixture
def digits():
    net = fn.Network([64, 12, 10])
    return fn.Potential(net, fn.CrossEntropy(), fn.data.load("digits", limit=200))


@pytest.mark.slow
def test_a_longer_run_is_the_run_that_was_long_at_once(tmp_path, digits):
    """Extending drops the last row's full loss and goes on from the checkpoint before it."""
    settings = dict(batch_size=64, record_every=3, observe={"whole": (4, digits)})
    fn.train(digits, fn.Aristotle(0.2), steps=10, store=tmp_path / "a.h5", **settings)
    fn.resume(tmp_path / "a.h5", steps=25)
    fn.train(digits, fn.Aristotle(0.2), steps=25, store=tmp_path / "b.h5", **settings)
    assert_same_bits(contents(tmp_path / "a.h5"), contents(tmp_path / "b.h5"))
    assert fn.Trajectory.open(tmp_path / "a.h5").experiment["run"]["steps"] == 25


@pytest.mark.slow
def test_runs_on_user_arrays_need_nothing_but_their_file(tmp_path):
    """x, y, both metrics and the stiffness come back from the file."""
    random = np.random.default_rng(0)
    data = fn.Dataset(random.normal(size=(40, 3)), random.normal(size=(40, 2)))
    held_out = fn.Dataset(random.normal(size=(15, 3)), random.normal(size=(15, 2)))
    net = fn.Network([3, 5, 2], ["gelu"])
    loss = fn.Quadratic(output_metric=[[2.0, 0.3], [0.3, 1.0]], sample_metric=np.linspace(1, 2, 40))
    potential = fn.Potential(net, loss, data) + 0.01 * fn.Parabola(net.size)
    observe = {"held_out": (5, fn.Potential(net, fn.Quadratic(), held_out))}
    settings = dict(metric=fn.LayerMetric(net, [4.0, 1.0]), batch_size=16, observe=observe)
    fn.train(potential, fn.Aristotle(0.1), steps=20, store=tmp_path / "a.h5", **settings)
    whole = fn.train(potential, fn.Aristotle(0.1), steps=50, store=tmp_path / "b.h5", **settings)
    fn.resume(tmp_path / "a.h5", steps=50)
    assert_same_bits(contents(tmp_path / "a.h5"), contents(tmp_path / "b.h5"))
    again = fn.Trajectory.open(tmp_path / "a.h5")
    assert again.potential.value(again.parameters[-1]) == whole.loss[-1]
    assert fn.breakdown(again, at=7).linear == fn.breakdown(whole, at=7).linear


def test_a_finished_run_is_only_opened(tmp_path, digits):
    fn.train(digits, fn.Aristotle(0.2), steps=5, store=tmp_path / "a.h5")
    before = (tmp_path / "a.h5").read_bytes()
    assert fn.resume(tmp_path / "a.h5").finished
    assert (tmp_path / "a.h5").read_bytes() == before


def test_a_stopped_run_goes_on(tmp_path, digits):
    """An observable that raises stops a run like Ctrl-C does; nothing recorded is lost."""

    def nervous(state):
        if state.iteration == 8:
            raise KeyboardInterrupt
        return 0.0

    with pytest.raises(KeyboardInterrupt):
        fn.train(
            digits,
            fn.Aristotle(0.2),
            steps=20,
            store=tmp_path / "a.h5",
            observe={"calm": (4, nervous)},
        )
    run = fn.Trajectory.open(tmp_path / "a.h5")
    assert not run.finished and len(run.loss) == 8
    with pytest.raises(fn.FlownetError, match="function of yours"):
        fn.resume(tmp_path / "a.h5")
    fn.resume(tmp_path / "a.h5", observe={"calm": lambda state: 0.0})
    fn.train(
        digits,
        fn.Aristotle(0.2),
        steps=20,
        store=tmp_path / "b.h5",
        observe={"calm": (4, lambda state: 0.0)},
    )
    assert_same_bits(contents(tmp_path / "a.h5"), contents(tmp_path / "b.h5"))


def test_a_killed_run_of_an_earlier_version_goes_on(tmp_path):
    """From before its steps shared iteration and time with its loss. Halved at every step, its
    parameters have the same bits on every machine."""
    path, potential = earlier("separate_clocks_killed", tmp_path / "a.h5"), fn.Parabola(3)
    assert not fn.Trajectory.open(path).finished
    fn.resume(path, observe={"whole": potential})
    settings = dict(W0=[1.0, -2.0, 3.0], steps=40, record_every=4)
    observe = {"whole": (5, potential)}
    fn.train(potential, fn.Aristotle(0.5), store=tmp_path / "b.h5", observe=observe, **settings)
    assert_same_bits(contents(path), contents(tmp_path / "b.h5"))


def test_a_finished_run_of_an_earlier_version_is_made_longer(tmp_path):
    path = earlier("separate_clocks_finished", tmp_path / "a.h5")
    before = contents(path)
    fn.resume(path, steps=30)
    after = contents(path)
    for name, rows in before.items():
        assert (after[name][0] == np.arange(len(rows[0]) + 10)).all()
        for mine, other in zip(rows, after[name]):
            assert mine[:20].tobytes() == other[:20].tobytes()
    assert (after["observables/evaluations"][1] == after["observables/loss"][1][:30]).all()


def test_other_data_are_refused(tmp_path, digits):
    fn.train(digits, fn.Aristotle(0.2), steps=5, store=tmp_path / "a.h5")
    other = fn.Potential(digits.network, digits.loss, fn.data.load("digits", limit=201))
    with pytest.raises(fn.FlownetError, match="not those of"):
        fn.resume(tmp_path / "a.h5", potential=other, steps=10)


def test_fewer_steps_than_done_are_refused(tmp_path, digits):
    fn.train(digits, fn.Aristotle(0.2), steps=5, store=tmp_path / "a.h5")
    with pytest.raises(fn.FlownetError, match="5 steps already"):
        fn.resume(tmp_path / "a.h5", steps=3)


def test_potentials_that_are_programs_go_on_with_their_program(tmp_path):
    """A potential of the user's own runs step by step in Python."""

    class Cosine:
        size = 1

        def value(self, W):
            return float(1 - np.cos(W[0]))

        def differential(self, W):
            return self.value(W), np.sin(W)

    fn.train(Cosine(), fn.Aristotle(0.1), W0=[2.0], steps=10, store=tmp_path / "a.h5")
    with pytest.raises(fn.FlownetError, match="potential="):
        fn.resume(tmp_path / "a.h5", steps=20)
    run = fn.resume(tmp_path / "a.h5", steps=20, potential=Cosine())
    whole = fn.train(Cosine(), fn.Aristotle(0.1), W0=[2.0], steps=20)
    assert run.parameters[:].tobytes() == whole.parameters[:].tobytes()
