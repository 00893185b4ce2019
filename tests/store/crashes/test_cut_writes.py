"""Writes that are cut short or lost: a change is made or not, and a run takes up its checkpoint.

The campaigns of `scripts/trust` do this at every write; here each kind is once, in this process.
"""

import h5py
import numpy as np
import pytest
from runs_in_a_well import assert_same_rows, trained

import flownet as fn
from flownet.motion import _recorder
from flownet.store.bytes import _journal, _staged, _system, with_checksum
from flownet.store.reading import open_reader
from flownet.store.writing import HDF5Store, _edit, _hdf5, repair

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
