"""Files that somebody else made: damaged, forged, lying; none may crash, hang, or be believed."""

import gzip
import struct
import subprocess
import sys

import h5py
import numpy as np
import pytest
from checkout import REFERENCE, ROOT, SCRIPTS
from mistakes import told_in_one_line

import flownet as fn
from flownet.store.bytes import FlatFile, _attributes, _superblock, look_at
from flownet.store.reading import _examine
from flownet.store.writing import repair, rewrite_experiment

DATA = fn.Dataset(np.eye(4)[:, :2], np.ones((4, 1)))
POTENTIAL = fn.Potential(fn.Network([2, 3, 1]), fn.Quadratic(), DATA)
W = POTENTIAL.init(0)


@pytest.fixture
def path(tmp_path):
    """A run of 40 steps."""
    fn.train(POTENTIAL, fn.Newton(0.1), steps=40, W0=W, store=tmp_path / "run.h5", progress=False)
    return tmp_path / "run.h5"


@pytest.fixture
def stopped(path):
    """A run that is at step 30 of 60."""
    observe = {"n": (10, lambda state: 0.0)}
    words = {"W0": W, "observe": observe, "progress": False, "overwrite": True}
    run = fn.train(POTENTIAL, fn.Newton(0.1), steps=30, store=path, **words)
    rewrite_experiment(path, run.store.experiment.replace("steps = 30", "steps = 60"))
    return path


def earlier(name, path):
    """A file of an earlier flownet."""
    kept = REFERENCE / f"{name}.h5.gz"
    path.write_bytes(gzip.decompress(kept.read_bytes()))
    return path


def change(path, place, *values):
    data = bytearray(path.read_bytes())
    data[place : place + len(values)] = bytes(values)
    path.write_bytes(data)


def place_of(path, name):
    with h5py.File(path) as file:
        return file[name].id.get_chunk_info(0).byte_offset


# ---- what HDF5 is not let near ----


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


# ---- what is verified, and what is saved ----


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


# ---- files that lie ----


def forge(path, **attributes):
    """Other attributes of the root, under the right checksum."""
    with h5py.File(path, "r+", libver="latest") as file:
        _attributes.write(file, {**_attributes.read(file, "run.h5"), **attributes})


def lie(path, old, new):
    """Another experiment, under the right checksum."""
    text = fn.Trajectory.open(path).store.experiment
    assert old in text
    forge(path, experiment=text.replace(old, new))


LIES = {
    "steps": ("steps = 60", "steps = 60.5"),
    "steps in words": ("steps = 60", 'steps = "many"'),
    "no steps": ("steps = 60", ""),
    "steps without end": ("steps = 60", f"steps = {2**62 + 1}"),
    "seed": ("seed = 0", "seed = [0]"),
    "rows": ("record_every = 1", "record_every = 0"),
    "mechanics": ('kind = "newton"', "kind = 3"),
    "mechanics unknown": ('kind = "newton"', 'kind = "newtoon"'),
    "no kind": ('kind = "newton"', ""),
    "a wide network": ("sizes = [\n    2,", "sizes = [\n    9999999999,"),
    "a wider network": ("sizes = [\n    2,", "sizes = [\n    999999999,\n 999999999,"),
    "activation": ('"tanh"', "3"),
    "a mechanics' word": ("step = 0.1", "steep = 0.1"),
    "a mechanics' number": ("step = 0.1", "step = nan"),
    "no array": ('"dataset:/data/x"', '"dataset:/nowhere"'),
    "no data": ('"dataset:/data/x"', "3"),
    "no TOML": ("[run]", "[run"),
    "nested": ("[run]", "x = " + "[" * 3000 + "]" * 3000 + "\n[run]"),
    "digits": ("steps = 60", "steps = " + "6" * 5000),
    "a run that is none": ("[run]", "run = 3\n[walk]"),
    "observables": ('kind = "function"', "kind = 3"),
}


@pytest.mark.parametrize("old, new", LIES.values(), ids=LIES)
def test_experiments_that_lie_are_told(stopped, old, new):
    lie(stopped, old, new)
    with told_in_one_line("run"):
        fn.resume(stopped, observe={"n": lambda state: 0.0}, progress=False)
    with told_in_one_line("run"):
        run = fn.Trajectory.open(stopped)
        for part in ("experiment", "potential", "mechanics", "metric", "parts"):
            getattr(run, part)
        fn.resume(stopped, observe={"n": lambda state: 0.0}, progress=False)


def kept_as(path, **changed):
    """A checkpoint that says something else, under the right checksum."""
    from flownet.store.bytes import _checkpoint
    from flownet.store.reading._rows import read_plain

    run = fn.Trajectory.open(path)
    kept = run.store.slot()
    look = run.store._look
    arrays = {**kept.arrays, **{n: v for n, v in changed.items() if n in kept.arrays}}
    places = look.index.slots[kept.sequence % 2]
    if "blocks" in places:
        arrays["blocks"] = read_plain(look.flat, places["blocks"])
    run.close()
    data = bytearray(path.read_bytes())

    def put(name, array):
        data[places[name].offset : places[name].offset + array.nbytes] = array.tobytes()

    from flownet.store._format import HEADER

    rows = np.array(changed.get("rows", kept.rows), "<i8")
    iteration, time = changed.get("iteration", kept.iteration), changed.get("time", kept.time)
    header = np.array((kept.sequence, iteration, time, 0), HEADER)
    for name, array in {"rows": rows, **arrays}.items():
        put(name, np.ascontiguousarray(array))
    in_order = {name: arrays[name] for name in places if name in arrays}
    header["xxh3_64"] = _checkpoint._digest(header, rows, in_order)
    put("header", header)
    path.write_bytes(data)


@pytest.mark.parametrize(
    "changed, line",
    [
        ({"iteration": -5}, "its last checkpoint is of iteration -5"),
        ({"time": np.nan}, "at the time nan"),
        ({"time": -1.0}, "at the time -1.0"),
        ({"parameters": np.full(13, np.nan)}, "parameters that are not finite"),
        ({"rows": [10**6] * 4}, "1000000"),
        ({"rows": [-1] * 4}, "-1"),
    ],
    ids=["iteration", "time", "time before", "parameters", "rows", "rows below"],
)
def test_checkpoints_that_lie_are_told(stopped, changed, line):
    assert fn.Trajectory.open(stopped).store.recorded == [
        "parameters",
        "observables/loss",
        "observables/step",
        "observables/n",
    ]
    kept_as(stopped, **changed)
    with told_in_one_line(line):
        fn.resume(stopped, observe={"n": lambda state: 0.0}, progress=False)


def test_a_flow_that_lies_is_told(tmp_path):
    path = tmp_path / "flow.h5"
    words = {"W0": W, "time": 2.0, "max_steps": 20, "progress": False}
    fn.flow(POTENTIAL, store=path, **words)
    for changed in ({"time": np.nan}, {"solution": np.full(13, np.inf)}):
        data = path.read_bytes()
        kept_as(path, **changed)
        with told_in_one_line("its last checkpoint is of"):
            fn.resume(path, max_steps=40, progress=False)
        path.write_bytes(data)


# ---- data files ----


def hdf5(path, make):
    with h5py.File(path, "w") as file:
        file["y"] = np.ones((3, 1))
        make(file)


def outside(file):
    file["x"] = h5py.ExternalLink("elsewhere.h5", "/x")


def beside(file):
    file["z"] = np.ones((3, 2))
    file["x"] = h5py.SoftLink("/z")


def virtual(file):
    layout = h5py.VirtualLayout((3, 2), "f8")
    layout[:] = h5py.VirtualSource("elsewhere.h5", "x", (3, 2))
    file.create_virtual_dataset("x", layout)


def raw(file):
    file.create_dataset("x", (3, 2), "u1", external=[("/etc/passwd", 0, 6)])


def references(file):
    file.create_dataset("x", (3,), h5py.ref_dtype)


def huge(file):
    file.create_dataset("x", (1 << 45, 2), "f8", chunks=(1 << 10, 2))


def bomb(file):
    file.create_dataset("x", (1 << 40, 2), "f8", chunks=(1 << 10, 2), compression="gzip")


HDF5 = {
    outside: "/x is a link to elsewhere; flownet follows none",
    beside: "/x is a link to elsewhere; flownet follows none",
    virtual: "/x takes its numbers from other files; none are read",
    raw: "/x takes its numbers from other files; none are read",
    references: "/x holds references, and no numbers",
    huge: r"/x of the shape \(35184372088832, 2\) would take .* of memory",
    bomb: r"/x of the shape \(1099511627776, 2\) would take .* of memory",
}


@pytest.mark.parametrize("make, line", HDF5.items(), ids=[make.__name__ for make in HDF5])
def test_data_are_read_from_the_file_alone(make, line, tmp_path):
    with h5py.File(tmp_path / "elsewhere.h5", "w") as file:
        file["x"] = np.ones((3, 2))
    path = tmp_path / "mine.h5"
    hdf5(path, make)
    with told_in_one_line(line):
        fn.data.load_file(path)


def test_a_few_rows_of_a_large_file_are_read(tmp_path):
    path = tmp_path / "mine.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("x", (1 << 45, 2), "f8", chunks=(1 << 10, 2))
        file.create_dataset("y", (1 << 45, 1), "f8", chunks=(1 << 10, 1))
    assert fn.data.load_file(path, limit=5).m == 5


def test_arrays_that_declare_more_than_there_is(tmp_path):
    import zipfile

    path = tmp_path / "mine.npz"
    head = b"{'descr': '<f8', 'fortran_order': False, 'shape': (%d, 2), }" % (1 << 45)
    head += b" " * (118 - len(head) - 1) + b"\n"
    npy = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("x.npy", npy + b"\0" * 64)
        file.writestr("y.npy", npy + b"\0" * 64)
    with told_in_one_line("x of the shape .* would take .* of memory"):
        fn.data.load_file(path)
    for content in (b"PK\x03\x04" + b"\0" * 50, b"\x93NUMPY", b"", b"\x80\x04."):
        path.write_bytes(content)
        with told_in_one_line(r"mine.npz"):
            fn.data.load_file(path)


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
