"""Files that somebody else made: none may crash or hang, and a process of its own looks first."""

import struct
import subprocess
import sys

import numpy as np
import pytest
from checkout import ROOT, SCRIPTS, earlier
from mistakes import told_in_one_line

import flownet as fn
from flownet.store.bytes import FlatFile, _superblock, look_at
from flownet.store.reading import _examine


def test_attributes_stay_in_headers(path, tmp_path):
    def is_heap(path):
        flat = FlatFile(path)
        return look_at(flat, flat.root)

    assert not is_heap(path)
    assert is_heap(earlier("old_run", tmp_path / "old.h5"))
    assert (
        not is_heap(earlier("old_run", tmp_path / "old.h5"))
        or fn.Trajectory.open(tmp_path / "old.h5").finished
    )


def test_a_file_that_crashes_hdf5_is_told(tmp_path):
    """A B-tree of attributes that divides by zero, under the right checksum."""
    path = earlier("separate_clocks_finished", tmp_path / "run.h5")
    data = bytearray(path.read_bytes())
    tree = data.index(b"BTHD")
    for offset, value in ((5, 7), (7, 2), (10, 17), (24, 12)):
        data[tree + offset] = value
    data[tree + 34 : tree + 38] = struct.pack("<I", _superblock.lookup3(data[tree : tree + 34]))
    path.write_bytes(data)
    code = "import flownet as fn, sys; fn.Trajectory.open(sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True)
    assert done.returncode == 1 and "FlownetError: run.h5 is damaged" in done.stderr
    with told_in_one_line("run.h5 is damaged"):
        fn.Trajectory.open(path, trusted=False)


@pytest.mark.parametrize(
    "code, line",
    {
        "import os; os.abort()": "made to do harm: it crashes HDF5, by signal 6",
        "import time; time.sleep(30)": "HDF5 had not read its index after 1 seconds",
        "raise ValueError('so')": "could not be examined: ValueError: so",
    }.items(),
)
def test_who_looks_first_may_die_of_it(path, code, line, monkeypatch):
    monkeypatch.setattr(_examine, "_CODE", code)
    monkeypatch.setattr(_examine, "_PATIENCE", 1 if "sleep" in code else 60)
    with told_in_one_line(line):
        fn.Trajectory.open(path, trusted=False)


def test_a_good_file_is_opened_untrusted(path):
    run = fn.Trajectory.open(path, trusted=False)
    assert run.finished and np.array_equal(run.loss, fn.Trajectory.open(path).loss)
    with told_in_one_line("cannot read"):
        fn.Trajectory.open(path.with_name("none.h5"), trusted=False)


# ---- all of it, many times ----


@pytest.mark.slow
def test_a_tenth_of_the_campaign(tmp_path, monkeypatch):
    """`python scripts/trust damage --files 10000` is the whole of it."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    done = subprocess.run(
        [sys.executable, SCRIPTS / "trust", "damage", "--files", "1000", "--seed", "7"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert "1000 files" in done.stdout and " 0 faults" in done.stdout
