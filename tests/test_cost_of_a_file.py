"""What a run's file costs, counted in bytes that are read and in waits for the disk."""

import numpy as np

import flownet as fn
from flownet.store.bytes import FlatFile, StagedFile

STEPS, N = 400, 5000  # rows of 40 kB in blocks of a mebibyte: 16 of them


def long_run(path, **more):
    words = {"W0": np.ones(N), "steps": STEPS, "store": path, "progress": False}
    return fn.train(fn.Parabola(N), fn.Aristotle(1e-3), **words, **more)


def test_opening_reads_no_rows(tmp_path, monkeypatch):
    path, read = tmp_path / "run.h5", []
    long_run(path).close()
    honest = FlatFile.read_into

    def counted(self, offset, buffer):
        read.append(memoryview(buffer).nbytes)
        return honest(self, offset, buffer)

    monkeypatch.setattr(FlatFile, "read_into", counted)
    run = fn.Trajectory.open(path)
    assert sum(read) < path.stat().st_size / 20
    np.testing.assert_allclose(run.parameters[STEPS], (1 - 1e-3) ** STEPS, rtol=1e-12)
    assert sum(read) < path.stat().st_size / 5  # the block with the last row, to be checked
    run.close()


def test_places_are_made_for_many_blocks_at_once(tmp_path, monkeypatch):
    commits, honest = [], StagedFile.commit

    def counted(self):
        commits.append(self)
        honest(self)

    monkeypatch.setattr(StagedFile, "commit", counted)
    long_run(tmp_path / "run.h5").close()
    assert len(commits) < 12  # one a block it would be, and some at the ends


def test_a_run_that_ends_early_gives_places_back(tmp_path):
    run = long_run(tmp_path / "run.h5", stop=fn.LossBelow(0.9 * N / 2))
    rows = len(run.parameters)
    run.close()
    assert 40 < rows < STEPS / 4
    assert (tmp_path / "run.h5").stat().st_size < 8 * N * rows + (3 << 20)
