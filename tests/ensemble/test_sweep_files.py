"""A sweep's file: readable by others, whole after a kill, written by one process alone."""

import os
import signal
import subprocess
import sys
import time
import warnings

import h5py
import numpy as np
import pytest
from mistakes import told_in_one_line
from test_sweep import experiment

import flownet as fn

AXES = {"mechanics.step": [0.1, 0.2, 90.0], "run.seed": [0, 1]}
KEEP = {"curve": 5, "parameters": True, "sharpness": None}


@pytest.fixture(scope="module")
def in_memory():
    return fn.sweep(experiment(), axes=AXES, keep=KEEP)


def assert_same(found, other):
    assert list(found) == list(other)
    for name in found:
        np.testing.assert_array_equal(found[name], other[name])


def test_a_file_holds_what_memory_does(tmp_path, in_memory):
    path = tmp_path / "sweep.h5"
    written = fn.sweep(experiment(), axes=AXES, keep=KEEP, store=path)
    opened = fn.Sweep.open(path)
    for found in (written, opened):
        assert_same(found, in_memory)
    assert opened.finished and opened.dims == in_memory.dims
    for key, values in in_memory.axes.items():
        np.testing.assert_array_equal(opened.axes[key], values)
    run = opened.runs[1, 1]
    np.testing.assert_array_equal(run.parameters[-1], opened["parameters"][1, 1])
    with h5py.File(path) as file:
        assert [next(iter(dim.keys())) for dim in file["loss"].dims] == list(AXES)
        np.testing.assert_array_equal(file["loss"], in_memory.loss)
        assert file["verdict"].attrs["flag_meanings"] == "converged bounded diverged"


def test_xarray_opens_it(tmp_path, in_memory):
    xarray = pytest.importorskip("xarray")
    pytest.importorskip("h5netcdf")
    path = tmp_path / "sweep.h5"
    together = {"network.activation, mechanics.step": [("tanh", 0.1), ("gelu", 0.2)]}
    box = {"sample": fn.Box({"mechanics.weight_decay": (0, 0.1)}, samples=3)}
    found = fn.sweep(experiment(), axes={**together, **box}, keep=KEEP, store=path)
    with xarray.open_dataset(path, engine="h5netcdf") as opened:
        xarray.testing.assert_equal(opened.load(), found.to_xarray())
        assert list(opened["network.activation"].values) == ["tanh", "gelu"]
        assert "mechanics.weight_decay" in opened.loss.coords


def test_several_shapes_in_one_file(tmp_path):
    path = tmp_path / "sweep.h5"
    axes = {"network.sizes.1": [2, 5], "run.seed": [0, 1]}
    found = fn.sweep(experiment(), axes=axes, keep=["parameters"], store=path)
    opened = fn.Sweep.open(path)
    D = [fn.Network([3, n, 2]).size for n in (2, 5)]
    assert [opened[f"parameters_{d}"].shape for d in D] == [(2, d) for d in D]
    np.testing.assert_array_equal(opened[f"parameters_{D[1]}"][1], found.runs[1, 1].parameters[-1])
    assert_same(found, opened)


SLOW = """
import flownet as fn
net = fn.Network([8, 64, 64, 1])
p = fn.Potential(net, fn.Quadratic(), fn.data.load("gaussian", m=200, n_in=8))
e = fn.Experiment.of(p, fn.Aristotle(0.01), steps=150, batch_size=50)
axes = {"mechanics.step": [0.01, 0.1, 1.0, 1e3], "run.seed": range(40)}
"""


def wait_for(condition, process):
    for _ in range(1200):
        if condition():
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    raise AssertionError("it never came")


@pytest.mark.slow
def test_killed_and_resumed_it_is_as_if_nothing_had_happened(tmp_path):
    path = tmp_path / "sweep.h5"
    program = SLOW + f"fn.sweep(e, axes=axes, keep=['curve'], store={str(path)!r})"
    process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE)
    wait_for(lambda: path.exists() and fn.Sweep.open(path).done.any(), process)
    with told_in_one_line("is being written by another process"):
        fn.Sweep.open(path).resume()
    with told_in_one_line("is being written by another process"):
        fn.sweep(experiment(), axes=AXES, store=path, overwrite=True)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    stopped = fn.Sweep.open(path)
    done = stopped.done.sum()
    assert 0 < done < stopped.done.size and (stopped.verdict >= 0).sum() >= done
    again = stopped.resume(progress=False)
    assert again.finished
    space = {}
    exec(SLOW, space)
    assert_same(again, fn.sweep(space["e"], axes=space["axes"], keep=["curve"]))


@pytest.mark.slow
def test_interrupted_it_keeps_every_tile(tmp_path):
    path = tmp_path / "sweep.h5"
    program = SLOW + f"fn.sweep(e, axes=axes, store={str(path)!r}, on_interrupt='return')\n"
    program += "print('returned')"
    words = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen([sys.executable, "-c", program], **words)
    wait_for(lambda: path.exists() and fn.Sweep.open(path).done.any(), process)
    process.send_signal(signal.SIGINT)
    out, error = process.communicate()
    assert out == "returned\n" and error == "" and process.returncode == 0
    left = fn.Sweep.open(path)
    assert (left.verdict >= 0).sum() == left.done.sum() > 0


def test_functions_are_passed_on_again(tmp_path):
    path = tmp_path / "sweep.h5"
    keep = {"norm": (None, lambda state: np.linalg.norm(state.W))}
    whole = fn.sweep(experiment(), axes=AXES, keep=keep)
    fn.sweep(experiment(), axes=AXES, keep=keep, store=path)
    with h5py.File(path, "r+") as file:
        file["state/done"][3:] = 0
        file["norm"][1:] = 0
    with told_in_one_line("'norm' is a function of yours; pass it on again"):
        fn.Sweep.open(path).resume()
    again = fn.Sweep.open(path).resume(functions={"norm": keep["norm"][1]})
    assert_same(again, whole)


def test_files_that_are_no_sweeps(tmp_path):
    path = tmp_path / "sweep.h5"
    with told_in_one_line("there is no such file"):
        fn.Sweep.open(path)
    path.write_text("no")
    with told_in_one_line("damaged"):
        fn.Sweep.open(path)
    with told_in_one_line("is not the file of a sweep, and is not replaced"):
        fn.sweep(experiment(), axes=AXES, store=path, overwrite=True)
    path.unlink()
    fn.train(*experiment().parts()[:2], steps=2, store=path, progress=False)
    with told_in_one_line("is not the file of a sweep"):
        fn.Sweep.open(path)
    with told_in_one_line("is a folder"):
        fn.sweep(experiment(), axes=AXES, store=tmp_path)
    other = tmp_path / "other.h5"
    fn.sweep(experiment(), axes=AXES, store=other)
    with told_in_one_line("exists; overwrite=True"):
        fn.sweep(experiment(), axes=AXES, store=other)
    fn.sweep(experiment(steps=3), axes=AXES, store=other, overwrite=True)
    assert fn.Sweep.open(other).steps.max() == 3
    size = other.stat().st_size
    os.truncate(other, size // 2)
    with told_in_one_line("damaged"):
        fn.Sweep.open(other)
    with told_in_one_line("there is no folder|No such file"):
        fn.sweep(experiment(), axes=AXES, store=tmp_path / "none" / "sweep.h5")


def test_a_kept_member_costs_little_beyond_its_numbers(tmp_path):
    path = tmp_path / "sweep.h5"
    found = fn.sweep(experiment(steps=2), axes={"run.seed": range(2000)}, keep=KEEP, store=path)
    numbers = sum(found[name].nbytes for name in found)
    checksums = 4 * len(list(found)) * 2000
    assert path.stat().st_size - numbers - checksums < 20_000 + 20 * 2000


def test_other_data_are_refused(tmp_path):
    source, path = tmp_path / "mine.h5", tmp_path / "sweep.h5"
    with h5py.File(source, "w") as file:
        file["x"], file["y"] = np.eye(4), np.ones((4, 1))
    tables = {
        "data": {"file": str(source)},
        "network": {"sizes": [4, 2, 1]},
        "loss": {"kind": "quadratic"},
        "mechanics": {"kind": "aristotle", "step": 0.1},
        "run": {"steps": 3},
    }
    fn.sweep(tables, axes={"run.seed": [0, 1]}, store=path)
    with h5py.File(path, "r+") as file:
        file["state/done"][1] = 0
    with h5py.File(source, "r+") as file:
        file["y"][0] = 2
    with told_in_one_line("are not those of the sweep"):
        fn.Sweep.open(path).resume()


@pytest.fixture
def written(tmp_path):
    path = tmp_path / "sweep.h5"
    fn.sweep(experiment(), axes=AXES, keep={**KEEP, "exit": None}, store=path, progress=False)
    return path


def flip(path, offset, bit=0):
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 1 << bit]))


def place_of(path, name, index):
    """Offset of a number in the file."""
    with h5py.File(path) as file:
        data = file[name]
        return data.id.get_offset() + index * data.dtype.itemsize


@pytest.mark.parametrize("name, index", {"loss": 3, "curve": 40, "exit": 2, "verdict": 5}.items())
def test_a_damaged_number_is_told_and_run_again(written, in_memory, name, index):
    whole = {name: np.array(values) for name, values in contents(fn.Sweep.open(written)).items()}
    assert fn.Sweep.open(written).verify().is_whole
    flip(written, place_of(written, name, index), 6)
    opened = fn.Sweep.open(written)
    with told_in_one_line(f"{name!r} of member .* is not what was written; `flownet resume`"):
        opened[name]
    found = opened.verify()
    assert not found.is_whole and len(found.bad(name)) == 1
    assert all(not len(found.bad(other)) for other in opened if other != name)
    again = opened.resume(progress=False)
    assert again.finished and again.verify().is_whole
    for name, values in whole.items():
        np.testing.assert_array_equal(again[name], values)


def contents(found):
    return {name: found[name] for name in found}


def test_members_whose_rows_are_swapped_are_told(written):
    with h5py.File(written, "r+") as file:
        for data in (file["loss"], file["state/crc32/loss"]):
            flat = data[...].reshape(-1)
            flat[[0, 1]] = flat[[1, 0]]
            data[...] = flat.reshape(data.shape)
    assert list(fn.Sweep.open(written).verify().bad("loss")) == [0, 1]


def test_words_and_axes_that_changed_are_told(written):
    flip(written, place_of(written, "mechanics.step", 1), 3)
    with pytest.warns(RuntimeWarning, match="its axes"):
        opened = fn.Sweep.open(written)
    found = opened.verify()
    assert not found.is_whole and not found.damage and "its axes" in str(found)


def test_no_bit_of_a_file_changes_unseen(written):
    """An error, a warning, or a member that is to be run again."""
    whole = {name: np.array(values) for name, values in contents(fn.Sweep.open(written)).items()}
    undone = 0
    for offset in np.random.default_rng(0).integers(written.stat().st_size, size=100):
        flip(written, offset, offset % 8)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                opened = fn.Sweep.open(written)
                right = opened.verify().is_whole
        except (fn.FlownetError, RuntimeWarning):
            right = False
        if right:
            undone += not opened.finished
            for name, values in whole.items():
                np.testing.assert_array_equal(opened[name], values)
        flip(written, offset, offset % 8)
    assert undone <= 2  # a mark of a member, and the one of the end


def test_a_sweep_before_there_were_checksums_is_read(written):
    with h5py.File(written, "r+") as file:
        for name in ("crc32", "crc32_of_the_rest", "concluded"):
            del file["state"][name]
    old = fn.Sweep.open(written)
    assert old.finished and old["loss"].shape == (3, 2)
    with told_in_one_line("sweeps had no checksums when it was written"):
        old.verify()
    with told_in_one_line("verify: the sweep is in memory"):
        fn.sweep(experiment(steps=2), axes=AXES).verify()


def test_an_untrusted_file_is_opened_by_another_process_first(written):
    assert fn.Sweep.open(written, trusted=False).finished
    written.write_bytes(b"no")
    with told_in_one_line("damaged"):
        fn.Sweep.open(written, trusted=False)
