"""Runs whose indices are forged, as a user meets them: told, and the process stays whole."""

import struct
import subprocess
import sys
from pathlib import Path

import pytest
from indices_of_hdf5 import BIG, forged, headers
from mistakes import told_in_one_line

import flownet as fn
from flownet.store.bytes import _superblock


@pytest.fixture
def run(tmp_path):
    """A run of so many observables that HDF5 makes indices of their links."""
    path = tmp_path / "run.h5"
    observe = {f"n{i}": (3, lambda state: 0.0) for i in range(12)}
    words = {"W0": [1.0], "steps": 6, "observe": observe, "progress": False}
    fn.train(fn.Parabola(1), fn.Aristotle(0.1), store=path, **words)
    return path


def test_a_forged_run_is_told(run):
    data = run.read_bytes()
    for at in headers(data, b"BTHD", 5):
        run.write_bytes(forged(data, at, 6, 4, BIG))
        with told_in_one_line(f"run.h5 is damaged: the B-tree at byte {at} says {BIG}"):
            fn.Trajectory.open(run)
    for at in list(headers(data, b"EAHD"))[::9]:
        run.write_bytes(forged(data, at, 9, 1, 0))
        with told_in_one_line(f"run.h5 is damaged: the array of blocks at byte {at} says 0"):
            fn.Trajectory.open(run)
    run.write_bytes(data)
    assert fn.Trajectory.open(run).verify().is_whole


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is limited by Linux")
def test_a_forged_run_leaves_the_process_whole(run):
    """HDF5 asks for 4 GB, gets none, and frees twice: the process died at one of the next files."""
    data = run.read_bytes()
    other = run.with_name("forged.h5")
    other.write_bytes(forged(data, next(headers(data, b"BTHD", 5)), 6, 4, BIG))
    code = """if True:
        import resource, sys, h5py
        from pathlib import Path
        from flownet import FlownetError
        from flownet.store.reading import open_reader
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + (1 << 30)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        for k in range(10):
            try:
                open_reader(sys.argv[2]).close()
            except FlownetError as error:
                print(error)
            open_reader(sys.argv[1]).close()
    """
    words = [sys.executable, "-c", code, run, other]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(f"says {BIG} as its node size") == 10


def test_a_superblock_with_an_extension_is_refused(run):
    """HDF5 would find tables of shared messages there, and images of what it keeps in memory."""
    data = bytearray(run.read_bytes())
    data[20:28] = struct.pack("<Q", 512)
    data[44:48] = struct.pack("<I", _superblock.lookup3(bytes(data[:44])))
    run.write_bytes(data)
    with told_in_one_line("not one that flownet wrote"):
        fn.Trajectory.open(run)
