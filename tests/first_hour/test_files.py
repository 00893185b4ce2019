"""Files as newcomers treat them: a name used twice, a reader left open, a folder for a file."""

import shutil

import h5py
import numpy as np
import pytest
from mistakes import told_in_one_line

import flownet as fn
from flownet.store._format import ANALYSIS
from flownet.store._layout import Layout
from flownet.store.bytes import _superblock
from flownet.store.writing import HDF5Store, append_analysis
from flownet.store.writing._create import make

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


# ---- who holds a file ----------------------------------------------------------------------------


@pytest.fixture
def stopped(xor_potential, tmp_path):
    """File of a run of 40 steps that was stopped after some."""

    def stop(state):
        if state.iteration == 20:
            raise KeyboardInterrupt
        return 0.0

    path, words = tmp_path / "run.h5", {"observe": {"own": (1, stop)}}
    with pytest.raises(KeyboardInterrupt):
        fn.train(xor_potential, fn.Aristotle(0.1), steps=40, store=path, **words)
    return path, {"observe": {"own": lambda state: 0.0}}


def test_a_file_that_somebody_reads_is_not_called_written(stopped):
    path, words = stopped
    with h5py.File(path, "r"):
        for steps in (None, 60):
            with told_in_one_line(r"run\.h5 is open for reading, here or in another program"):
                fn.resume(path, steps=steps, **words)
    assert fn.resume(path, **words).finished


def test_a_file_that_somebody_writes_is_called_so(stopped):
    path, words = stopped
    writing = told_in_one_line(r"run\.h5 is being written by another process\.")
    with h5py.File(path, "r+", libver="latest"), writing:
        fn.resume(path, **words)


def test_a_reader_of_a_killed_runs_file_and_a_writer_look_alike(stopped):
    path, words = stopped
    with HDF5Store.resume(path), told_in_one_line(r"is being written by another process"):
        fn.resume(path, **words)
    _superblock.mark(path)  # as a killed writer leaves it
    either = told_in_one_line(r"written by another process; or a killed run has left it")
    with h5py.File(path, "r", swmr=True), either:
        fn.resume(path, **words)
    assert fn.resume(path, **words).finished


def test_who_reads_a_file_does_not_keep_others_from_adding_to_it(xor_potential, tmp_path):
    path = tmp_path / "run.h5"
    run = fn.train(xor_potential, fn.Aristotle(0.1), steps=10, store=path)
    with h5py.File(path, "r") as read:
        fn.breakdown(run, every=5, keep=True)
        assert "breakdown" in run.analyses and "analysis" not in read
        fn.train(xor_potential, fn.Aristotle(0.1), steps=5, store=path, overwrite=True)
        assert len(read["observables/loss/value"]) >= 11
    assert len(fn.Trajectory.open(path).loss) == 6


# ---- what is replaced ----------------------------------------------------------------------------


def _foreign(path):
    with h5py.File(path, "w", libver="latest") as file:
        file["mine"] = np.arange(3)


def _analyses(path):
    make(str(path), Layout(()), ANALYSIS, "0" * 32)


OTHERS = {
    "HDF5": (_foreign, "not one that flownet wrote"),
    "old HDF5": (lambda path: h5py.File(path, "w").close(), "not one that flownet wrote"),
    "analyses": (_analyses, "not one that flownet wrote"),
    "text": (lambda path: path.write_text("my thesis"), "is not an HDF5 file"),
    "empty": (lambda path: path.touch(), "is empty"),
    "link": (lambda path: path.symlink_to(path.with_name("other")), "it is a link"),
}


@pytest.mark.parametrize("make_one, line", OTHERS.values(), ids=OTHERS)
def test_what_flownet_did_not_write_is_not_replaced(make_one, line, xor_potential, tmp_path):
    path = tmp_path / "run.h5"
    make_one(path)
    with told_in_one_line(rf"run\.h5 is not overwritten: .*{line}"):
        fn.train(xor_potential, fn.Aristotle(0.1), steps=2, store=path, overwrite=True)
    with told_in_one_line("exists; overwrite=True"):
        fn.train(xor_potential, fn.Aristotle(0.1), steps=2, store=path)


def test_a_run_that_was_killed_is_replaced(stopped, xor_potential):
    path, _ = stopped
    _superblock.mark(path)
    run = fn.train(xor_potential, fn.Aristotle(0.1), steps=2, store=path, overwrite=True)
    assert len(run.loss) == 3


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_is_no_file(xor_potential, tmp_path, overwrite):
    with told_in_one_line(r"is a folder; a run wants a file, such as .*/run\.h5"):
        fn.train(xor_potential, fn.Aristotle(0.1), steps=2, store=tmp_path, overwrite=overwrite)
