"""Damage to a run's file is found and named, and what stands is saved."""

import h5py
import numpy as np
import pytest
from mistakes import told_in_one_line
from small_run import POTENTIAL, W

import flownet as fn
from flownet.store.writing import repair


def change(path, place, *values):
    data = bytearray(path.read_bytes())
    data[place : place + len(values)] = bytes(values)
    path.write_bytes(data)


def place_of(path, name):
    with h5py.File(path) as file:
        return file[name].id.get_chunk_info(0).byte_offset


def test_a_whole_file_is_verified(path):
    found = fn.Trajectory.open(path).verify()
    assert found.is_whole and found.rows["parameters"] == 41 and max(found.checkpoints) == 40
    assert "all is as it was written" in " ".join(str(found).split())


@pytest.mark.parametrize("name", ["parameters/value", "observables/loss/time"])
def test_a_flipped_bit_is_named(path, name):
    change(path, place_of(path, name) + 100, 77)
    quantity, _, column = name.rpartition("/")
    found = fn.Trajectory.open(path).verify()
    assert not found.is_whole
    own = [d for d in found.damage if d.name == quantity]
    assert [(d.column, d.start, d.stop) for d in own] == [(column, 0, found.rows[quantity])]
    from click.testing import CliRunner

    from flownet.desk.cli import shell

    done = CliRunner().invoke(shell, ["info", "--verify", str(path)])
    assert "0 to 4" in done.output and "is damaged" in str(done.exception)


def test_rows_out_of_order_are_named(path):
    """Under the right checksum, as only a forger would write them."""
    from flownet.store.bytes import checksum

    with h5py.File(path, "r+", libver="latest") as file:
        rows = file["parameters/iteration"]
        rows[7] = 3
        record = file["state/checksum/parameters"][0]
        record["iteration"] = checksum(rows[:41])
        file["state/checksum/parameters"][0] = record
    damage = fn.Trajectory.open(path).verify().damage
    assert [(d.name, d.column, d.start, d.why) for d in damage] == [
        ("parameters", "iteration", 7, "order")
    ]


def test_all_of_a_whole_file_is_saved(path):
    saved = path.with_name("saved.h5")
    done = repair(path, saved)
    assert done.finished and not done.lost and done.rows["parameters"] == (41, 41, 0)
    one, other = fn.Trajectory.open(path), fn.Trajectory.open(saved)
    assert np.array_equal(one.parameters[:], other.parameters[:])
    assert one.store.experiment == other.store.experiment
    with told_in_one_line("exists"):
        repair(path, saved)
    with told_in_one_line("give the new one another name"):
        repair(path, path, overwrite=True)


def test_a_saved_run_goes_on_bit_for_bit(stopped, tmp_path):
    whole = fn.train(POTENTIAL, fn.Newton(0.1), steps=60, W0=W, progress=False)
    change(stopped, 40, 99)  # the first block says nothing right any more
    with told_in_one_line("damaged"):
        fn.Trajectory.open(stopped)
    saved = tmp_path / "saved.h5"
    assert repair(stopped, saved).goes_on_at == 30
    done = fn.resume(saved, observe={"n": lambda state: 0.0}, progress=False)
    assert done.finished and np.array_equal(done.parameters[:], whole.parameters[:])
    assert np.array_equal(done.loss, whole.loss)


def test_what_does_not_stand_is_nan_or_left_out(path, tmp_path):
    """A loss that is lost is nan at its place; where iterations are lost the rows end."""
    long = tmp_path / "long.h5"
    W0 = np.ones(3000)
    fn.train(fn.Parabola(3000), fn.Aristotle(0.01), W0=W0, steps=100, store=long, progress=False)
    with h5py.File(long) as file:
        block = file["parameters/value"].chunks[0]
        place = file["parameters/value"].id.get_chunk_info(1).byte_offset
    assert 2 * block < 101
    change(long, place + 8, 1, 2, 3)
    saved = tmp_path / "saved.h5"
    done = repair(long, saved)
    assert done.rows["parameters"] == (101, 101, block) and done.finished
    run, was = fn.Trajectory.open(saved), fn.Trajectory.open(long)
    assert np.isnan(run.parameters[block : 2 * block]).all()
    assert np.array_equal(run.parameters[:block], was.parameters[:block])
    assert np.array_equal(run.parameters[2 * block :], was.parameters[2 * block :])
    change(path, place_of(path, "observables/loss/iteration"), 77)
    done = repair(path, tmp_path / "second.h5")
    assert done.rows["observables/loss"] == (41, 0, 0) and not done.finished
    assert done.goes_on_at == 0  # the checkpoint with which the run began


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_cut_file_is_saved_as_far_as_it_goes(path, share, tmp_path):
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    try:
        done = repair(path, tmp_path / "saved.h5")
    except fn.FlownetError as error:
        assert "\n" not in str(error)
        return
    assert all(0 <= nans <= saved <= count for count, saved, nans in done.rows.values())
    assert fn.Trajectory.open(tmp_path / "saved.h5").verify().is_whole


def test_nothing_can_be_saved_of_a_text(tmp_path):
    path = tmp_path / "run.h5"
    path.write_text("no HDF5 file, but a long text " * 10)
    with told_in_one_line("is not an HDF5 file"):
        repair(path, tmp_path / "saved.h5")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run.h5"]
