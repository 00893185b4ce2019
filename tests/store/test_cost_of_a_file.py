"""What a run's file costs, counted in bytes that are read and in waits for the disk."""

import numpy as np

import flownet as fn
from flownet.motion import _recorder
from flownet.store.bytes import FlatFile, StagedFile
from flownet.store.reading import Reader

STEPS, N = 400, 5000  # rows of 40 kB in blocks of a mebibyte: 16 of them


def long_run(path, **more):
    words = {"W0": np.ones(N), "steps": STEPS, "store": path, "progress": False}
    return fn.train(fn.Parabola(N), fn.Aristotle(1e-3), **words, **more)


def noted(monkeypatch, owner, name, of):
    """A list of what `of` tells of every call of a method from now on."""
    calls, honest = [], vars(owner)[name]

    def method(self, *words):
        calls.append(of(*words))
        return honest(self, *words)

    monkeypatch.setattr(owner, name, method)
    return calls


def test_opening_reads_no_rows(tmp_path, monkeypatch):
    path = tmp_path / "run.h5"
    long_run(path).close()
    read = noted(monkeypatch, FlatFile, "read_into", lambda _, buffer: memoryview(buffer).nbytes)
    run = fn.Trajectory.open(path)
    assert sum(read) < path.stat().st_size / 20
    np.testing.assert_allclose(run.parameters[STEPS], (1 - 1e-3) ** STEPS, rtol=1e-12)
    assert sum(read) < path.stat().st_size / 5  # the block with the last row, to be checked
    run.close()


def test_places_are_made_for_many_blocks_at_once(tmp_path, monkeypatch):
    commits = noted(monkeypatch, StagedFile, "commit", lambda: 1)
    long_run(tmp_path / "run.h5").close()
    assert len(commits) < 12  # one a block it would be, and some at the ends


def test_a_run_that_ends_early_gives_places_back(tmp_path):
    run = long_run(tmp_path / "run.h5", stop=fn.LossBelow(0.9 * N / 2))
    rows = len(run.parameters)
    run.close()
    assert 40 < rows < STEPS / 4
    assert (tmp_path / "run.h5").stat().st_size < 8 * N * rows + (3 << 20)


def test_a_run_writes_its_rows_and_reads_none(tmp_path, monkeypatch):
    """Nor writes what lies behind them in the last block."""
    monkeypatch.setattr(_recorder, "CHECKPOINT_SECONDS", 1e9)  # none but those at the ends
    read = noted(monkeypatch, StagedFile, "_read", lambda _, size: size)
    put = noted(monkeypatch, StagedFile, "put", lambda _, array: array.nbytes)
    long_run(tmp_path / "run.h5").close()
    rows = 8 * N * (STEPS + 1)
    assert sum(read) < 1 << 18
    assert rows < sum(put) < rows + 20 * 8 * N  # checkpoints, and the last block up to one of them


def test_a_file_is_looked_at_once_until_somebody_reads(tmp_path, monkeypatch):
    looks = noted(monkeypatch, Reader, "refresh", lambda: 1)
    run = long_run(tmp_path / "run.h5")
    assert len(looks) == 1
    (tmp_path / "run.h5").rename(tmp_path / "moved.h5")
    assert run.finished and len(run.loss) == STEPS + 1
    np.testing.assert_allclose(run.parameters[STEPS], (1 - 1e-3) ** STEPS, rtol=1e-12)
    assert len(looks) == 2
    run.close()
