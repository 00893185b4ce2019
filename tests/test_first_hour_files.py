"""Files as newcomers treat them: a name used twice, a reader left open, a folder for a file."""

import shutil

import numpy as np
import pytest
from mistakes import told_in_one_line

import flownet as fn
from flownet.store.writing import append_analysis

OVERWRITTEN = r"q\.h5 was overwritten by another run since this one was opened"


@pytest.fixture
def two_runs(xor_potential, tmp_path):
    """A run by Adam, opened twice, whose file a run by Aristotle has taken; and the same by Adam
    in memory."""
    W0, path = xor_potential.network.init(0), tmp_path / "q.h5"
    first = fn.train(xor_potential, fn.Adam(0.01), W0=W0, steps=40, store=path)
    opened = fn.Trajectory.open(path)
    fn.train(xor_potential, fn.Aristotle(0.1), W0=W0 + 1, steps=40, store=path, overwrite=True)
    return first, opened, fn.train(xor_potential, fn.Adam(0.01), W0=W0, steps=40)


def test_a_run_whose_name_was_taken_stays_what_it_was(two_runs):
    *held, truth = two_runs
    for run in held:
        assert np.array_equal(run.loss, truth.loss)
        assert np.array_equal(run.parameters[:], truth.parameters[:])
        assert fn.breakdown(run, at=0).linear == fn.breakdown(truth, at=0).linear
        assert repr(run.mechanics) == "Adam(step=0.01)"


def test_a_run_whose_name_was_taken_is_not_looked_at_again(two_runs):
    for run in two_runs[:2]:
        for look_again in (run.refresh, lambda run=run: fn.breakdown(run, every=20, keep=True)):
            with told_in_one_line(OVERWRITTEN):
                look_again()
        with told_in_one_line(OVERWRITTEN):
            append_analysis(run.store, "own", [0], [0.0], np.ones(1))
    assert list(fn.Trajectory.open(two_runs[0].path).analyses) == []


def test_a_run_copied_over_another_is_not_taken_for_it(xor_potential, tmp_path):
    for name, step in (("q.h5", 0.1), ("other.h5", 0.2)):
        fn.train(xor_potential, fn.Aristotle(step), steps=40, store=tmp_path / name)
    run = fn.Trajectory.open(tmp_path / "q.h5")
    shutil.copyfile(tmp_path / "other.h5", tmp_path / "q.h5")
    for _ in range(2):
        with told_in_one_line(OVERWRITTEN):
            print(run.loss)
        with told_in_one_line(OVERWRITTEN):
            print(run.parameters[-1])


def test_a_run_that_goes_on_is_the_same_run(xor_potential, tmp_path):
    path = tmp_path / "q.h5"
    run = fn.train(xor_potential, fn.Aristotle(0.1), steps=40, store=path)
    opened = fn.Trajectory.open(path)
    longer = fn.resume(path, steps=60)
    for old in (run, opened):
        assert np.array_equal(old.loss[:40], longer.loss[:40])
        old.refresh()
        assert np.array_equal(old.loss, longer.loss)
