"""Writes that the disk refuses: one line, and the same process goes on once there is room.

The campaigns of `scripts/trust` do this at every write; here each kind is once, in this process.
"""

import errno
import os
import subprocess
import sys

import pytest
from mistakes import told_in_one_line
from runs_in_a_well import assert_same_rows, trained

import flownet as fn
from flownet.motion import _recorder
from flownet.store.bytes import _system
from flownet.store.writing import _analysis, _edit


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
