"""Writes that are refused, cut short or lost: the file opens, the process goes on, nothing is lost.

The campaigns of `scripts/trust` do this at every write; here each kind is once, in this process.
"""

import errno
import os
import subprocess
import sys

import h5py
import numpy as np
import pytest
from mistakes import told_in_one_line

import flownet as fn
from flownet.motion import _recorder
from flownet.store.bytes import _journal, _staged, _system, with_checksum
from flownet.store.reading import open_reader
from flownet.store.writing import HDF5Store, _analysis, _edit, _hdf5, repair

WELL, W0 = fn.DoubleWell(3), np.array([0.3, -0.4, 0.2])


def trained(path, steps=40, **words):
    words = {"store": path, "progress": False, "seed": 3, **words}
    return fn.train(WELL, fn.Adam(0.01), W0=W0, steps=steps, **words)


def assert_same_rows(path, whole):
    run = fn.Trajectory.open(path)
    assert run.finished
    for name in ("parameters", "observables/loss", "observables/step"):
        for mine, other in zip(run.store.read(name), whole.store.read(name)):
            np.testing.assert_array_equal(mine, other, err_msg=name)
    with h5py.File(path) as file:
        assert file["state/finished"][()]["value"] == 1


# ---- the disk refuses ----------------------------------------------------------------------------


class Disk:
    """Writes that fail from one of a number on, until there is room again."""

    def __init__(self, monkeypatch):
        self.count, self._from, self._error, self._write = 0, None, 0, _system.write
        monkeypatch.setattr(_system, "write", self)

    def fill(self, first, error):
        self.count, self._from, self._error = 0, first, error

    def free(self):
        self._from = None

    def __call__(self, file, data, offset):
        self.count += 1
        if self._from is not None and self.count > self._from:
            raise OSError(self._error, os.strerror(self._error))
        return self._write(file, data, offset)


@pytest.fixture
def disk(monkeypatch):
    monkeypatch.setattr(_recorder, "CHECKPOINT_SECONDS", -1.0)
    return Disk(monkeypatch)


WORK = {
    "train": (None, lambda path: trained(path)),
    "overwrite": (20, lambda path: trained(path, overwrite=True)),
    "longer": (20, lambda path: fn.resume(path, steps=40, progress=False)),
    "keep": (
        40,
        lambda path: fn.breakdown(fn.Trajectory.open(path), every=1, keep=True, progress=False),
    ),
}


FULL, BROKEN, IN_PLACE, IN_A_COPY = errno.ENOSPC, errno.EIO, 1, 300 << 20


@pytest.mark.parametrize(
    "name, error, large",
    [
        ("train", FULL, IN_A_COPY),
        ("train", BROKEN, IN_A_COPY),
        ("overwrite", BROKEN, IN_A_COPY),
        ("longer", FULL, IN_A_COPY),
        ("longer", BROKEN, IN_PLACE),
        ("keep", FULL, IN_A_COPY),
        ("keep", BROKEN, IN_PLACE),
    ],
)
def test_the_same_process_goes_on_after_a_write_that_failed(
    name, error, large, disk, tmp_path, monkeypatch
):
    """At some of the writes: one line, and once there is room, the same bits."""
    for module in (_edit, _analysis):
        monkeypatch.setattr(module, "LARGE", large)
    begun, work = WORK[name]
    whole, path = trained(None), tmp_path / "run.h5"

    def begin():
        for old in tmp_path.iterdir():
            old.unlink()
        if begun:
            trained(path, begun).close()

    begin()
    disk.fill(None, error)
    work(path)
    writes = disk.count
    for first in {0, 1, writes // 2, writes - 2, writes - 1}:
        begin()
        disk.fill(first, error)
        words = "the disk is full" if error == errno.ENOSPC else "Input/output error"
        with told_in_one_line(words):
            work(path)
        disk.free()
        if path.exists():
            fn.Trajectory.open(path).close()
            fn.resume(path, progress=False).close()
        else:
            work(path)
        if path.exists() and len(fn.Trajectory.open(path).loss) < 41:  # the one that was there
            work(path)
        assert_same_rows(path, whole)
        assert not list(tmp_path.glob(".*.part"))


LIMITED = """
import resource, sys
import flownet as fn
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
try:
    fn.train(fn.DoubleWell(300), fn.Adam(0.01), W0=[0.1] * 300, steps=2000, store=sys.argv[1],
             progress=False)
except fn.FlownetError as error:
    print(error)
"""


@pytest.mark.parametrize("limit", [3000, 2_000_000])
def test_a_limit_on_the_size_of_files(limit, tmp_path):
    """As a quota: on making the file, and in the middle of the run."""
    path = tmp_path / "run.h5"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    words = [sys.executable, "-c", LIMITED, str(path), str(limit)]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "File too large" in done.stdout and len(done.stdout.splitlines()) == 1
    assert os.listdir(tmp_path) == ([] if limit == 3000 else ["run.h5"])
    if path.exists():
        assert fn.resume(path, progress=False).finished


def test_a_sweep_whose_file_cannot_be_made(disk, tmp_path):
    potential = fn.Potential(fn.Network([2, 3, 1]), fn.Quadratic(), fn.data.load("xor"))
    experiment = fn.Experiment.of(potential, fn.Adam(0.01), steps=5)
    words = {"axes": {"mechanics.step": [0.1, 0.2]}, "store": tmp_path / "sweep.h5"}
    disk.fill(None, FULL)
    fn.sweep(experiment, **words, progress=False)
    writes = disk.count
    for first in {0, writes // 2, writes - 1}:
        disk.fill(first, FULL)
        with told_in_one_line("the disk is full"):
            fn.sweep(experiment, **words, overwrite=True, progress=False)
        disk.free()
        assert fn.Sweep.open(words["store"]).finished  # the one before stays
    assert os.listdir(tmp_path) == ["sweep.h5"]


# ---- a file that goes away -----------------------------------------------------------------------


def with_an_accident(path, act, at=20, **words):
    """A run in whose middle something happens to its file."""

    def look(state):
        if state.iteration == at:
            act()
        return 0.0

    return trained(path, observe={"x": (at, look)}, **words)


@pytest.mark.parametrize("when", ["in the middle", "at the end"])
def test_a_file_that_is_deleted(when, tmp_path, monkeypatch):
    """Nobody sees it any more, and what it holds is kept beside."""
    if when == "in the middle":
        monkeypatch.setattr(_recorder, "CHECKPOINT_SECONDS", -1.0)
    path, kept = tmp_path / "run.h5", tmp_path / "run.recorded.h5"
    with told_in_one_line(r"run\.h5 was deleted while .* it is in .*run\.recorded\.h5, and flown"):
        with_an_accident(path, path.unlink)
    assert os.listdir(tmp_path) == ["run.recorded.h5"]
    fn.resume(kept, observe={"x": lambda state: 0.0}, progress=False).close()
    assert_same_rows(kept, trained(None))


def test_a_file_that_another_one_replaces(tmp_path):
    path, other = tmp_path / "run.h5", tmp_path / "other.h5"
    trained(other, 7).close()
    (tmp_path / "run.recorded.h5").write_text("mine")
    with told_in_one_line(r"replaced by another file .* it is in .*run\.recorded2\.h5"):
        with_an_accident(path, lambda: other.replace(path))
    assert_same_rows(path, trained(None, 7))
    assert (tmp_path / "run.recorded.h5").read_text() == "mine"


def test_a_file_that_is_moved(tmp_path):
    path, moved = tmp_path / "run.h5", tmp_path / "moved.h5"
    with told_in_one_line(r"was moved away while .* it is in that file, wherever"):
        with_an_accident(path, lambda: path.rename(moved))
    fn.resume(moved, observe={"x": lambda state: 0.0}, progress=False).close()
    assert_same_rows(moved, trained(None))


# ---- drafts of killed processes ------------------------------------------------------------------


@pytest.mark.parametrize("begin", ["train", "overwrite", "resume", "keep"])
def test_drafts_are_removed_when_somebody_begins(begin, tmp_path):
    path = tmp_path / "run.h5"
    if begin != "train":
        trained(path, 20).close()
    draft, other = tmp_path / ".run.h5.4711.0123abcd.part", tmp_path / ".notes.part"
    draft.write_bytes(b"x" * 100)
    other.write_text("mine")
    if begin in ("train", "overwrite"):
        trained(path, overwrite=begin == "overwrite").close()
    elif begin == "resume":
        fn.resume(path, steps=40, progress=False).close()
    else:
        fn.breakdown(fn.Trajectory.open(path), every=1, keep=True, progress=False)
    assert not draft.exists() and other.exists()


# ---- half of a change ----------------------------------------------------------------------------

CHANGES = [(3, b"abc" * 500), (5000, b"d" * 40), (9000, b"")]


def test_a_journal_is_whole_or_none():
    before, journal = bytes(8192 + 1024), _journal.packed(CHANGES)
    assert len(journal) % _journal.SECTOR == 0
    for cut in range(0, len(journal) + 1, 64):
        whole = before + journal[:cut]
        found = _journal.find(lambda at, size, of=whole: of[at : at + size], len(whole))
        assert found == ((CHANGES, len(before)) if cut == len(journal) else ([], len(whole)))
    for at in range(0, len(journal), 97):
        damaged = bytearray(before + journal)
        damaged[len(before) + at] ^= 1
        found, _ = _journal.find(
            lambda at, size, of=damaged: bytes(of[at : at + size]), len(damaged)
        )
        assert found == []


@pytest.mark.parametrize("change", [(1 << 40, b"x"), (9216 - 3, b"xxxx")])
def test_a_journal_changes_nothing_outside_of_its_file(change):
    whole = bytes(9216) + _journal.packed([change])
    assert _journal.find(lambda at, size: whole[at : at + size], len(whole))[0] == []


class Stop(BaseException):
    """As a kill."""


@pytest.mark.parametrize("stop", ["before", "in the journal", "behind the journal", "half way"])
def test_a_change_of_the_index_is_made_or_not(stop, tmp_path, monkeypatch):
    """Cut anywhere, readers see the old file or the new one; who writes next makes it whole."""
    path = tmp_path / "run.h5"
    trained(path).close()
    text, writes, write = fn.Trajectory.open(path).store.experiment, [], _system.write
    monkeypatch.setattr(_edit, "LARGE", 1)
    last = {"before": 0, "in the journal": 1, "behind the journal": 1, "half way": 2}[stop]

    def writing(file, data, offset):
        writes.append(len(data))
        if len(writes) > last:
            raise Stop
        if stop == "in the journal":
            return write(file, data[: len(data) // 2], offset) + len(data) - len(data) // 2
        return write(file, data, offset)

    # as a killed process, which no longer closes or shortens anything
    with monkeypatch.context() as patch:
        patch.setattr(_system, "write", writing)
        patch.setattr(_staged.os, "ftruncate", lambda *given: None)
        with pytest.raises(Stop):
            _edit.rewrite_experiment(path, text.replace("steps = 40", "steps = 50"))
    changed = stop in ("behind the journal", "half way")
    run = fn.Trajectory.open(path)
    assert (run.experiment["run"]["steps"], run.finished) == (
        (50, False) if changed else (40, True)
    )
    run.close()
    saved = tmp_path / "saved.h5"
    repair(path, saved)
    left = fn.Trajectory.open(saved)
    assert left.experiment["run"]["steps"] == (50 if changed else 40)
    np.testing.assert_array_equal(left.parameters[:], trained(None, 40).parameters[:])
    fn.resume(path, steps=50, progress=False).close()
    assert_same_rows(path, trained(None, 50))


# ---- the power goes ------------------------------------------------------------------------------


def unclosed(path, monkeypatch):
    """A file that nobody closed, with rows behind its last checkpoint; and where that was."""
    with monkeypatch.context() as patch:
        patch.setattr(_hdf5, "_close", lambda file, lock, writer: lock.release())
        patch.setattr(HDF5Store, "_trim", lambda self: None)
        patch.setattr(_recorder, "CHECKPOINT_SECONDS", -1.0)

        def stop(state):
            if state.iteration == 20:
                patch.setattr(_recorder, "CHECKPOINT_SECONDS", 1e9)
            if state.iteration == 30:
                raise KeyboardInterrupt
            return 0.0

        with pytest.raises(KeyboardInterrupt):
            trained(path, observe={"x": (10, stop)})
    return fn.Trajectory.open(path).store.checkpoint_rows()["parameters"]


@pytest.mark.parametrize("lost", ["rows", "checksum", "count of a clock", "nothing"])
def test_after_a_power_cut_a_run_goes_on_from_its_checkpoint(lost, tmp_path, monkeypatch):
    """What was written since may be there in part: of rows, their checksums and counts any."""
    path = tmp_path / "run.h5"
    rows = unclosed(path, monkeypatch)
    assert 10 <= rows < 30
    with h5py.File(path, "r", swmr=True) as file:
        place = {
            "rows": file["parameters/value"].id.get_chunk_info(0).byte_offset + 24 * (rows + 2),
            "checksum": file["state/checksum/parameters"].id.get_chunk_info(0).byte_offset,
            "count of a clock": file["state/committed/observables/loss"].id.get_offset(),
        }.get(lost)
        committed = int(file["state/committed/parameters"][()]["value"])
    assert committed > rows
    with open(path, "r+b") as file:
        if lost == "count of a clock":
            file.seek(place)
            file.write(with_checksum(rows).tobytes())
        elif place is not None:
            file.seek(place)
            file.write(bytes(32))
    run = fn.Trajectory.open(path)
    left = {"nothing": committed, "count of a clock": rows + 1}  # after as many steps there is W
    assert len(run) == left.get(lost, rows) and not run.finished
    np.testing.assert_array_equal(run.parameters[:], trained(None).parameters[: len(run)])
    run.close()
    fn.resume(path, observe={"x": lambda state: 0.0}, progress=False).close()
    assert_same_rows(path, trained(None))
    assert open_reader(path).count("parameters") == 41
