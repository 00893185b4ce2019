"""A run is kept, whatever happens to it: in memory and in a file, killed, followed, damaged."""

import gzip
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import textwrap
import threading

import h5py
import numpy as np
import pytest
from checkout import REFERENCE, ROOT

import flownet as fn
from flownet._errors import FlownetError
from flownet.store._failure import explain
from flownet.store._layout import Layout, Quantity
from flownet.store._size import check_space, estimate
from flownet.store.bytes import _superblock
from flownet.store.reading import open_reader
from flownet.store.trajectory import MemoryStore
from flownet.store.writing import HDF5Store, _analysis, _edit, append_analysis

D = 37
NAMES = ("parameters", "observables/loss", "observables/step", "observables/charge")
LIMIT = 600  # seconds: whatever takes so long hangs


def layout(block_bytes=4096, **more):
    """Small blocks, so that a few hundred rows are many of them."""
    return Layout(
        [
            Quantity("parameters", (D,), "f4"),
            Quantity("observables/loss"),
            Quantity("observables/step", clock="observables/loss"),
            Quantity("observables/charge", (2, 3), "c16"),
        ],
        checkpoint={"parameters": ((D,), "f4"), "mechanics": ((2, D), "f8"), "none": ((0,), "f8")},
        experiment='[data]\nname = "xor"  # δ\n',
        arrays={"data/x": np.arange(12.0).reshape(4, 3)},
        attrs={
            "": {"seed": 7, "flownet_version": "0"},
            "network": {"sizes": [3, 5, 1], "activation": ["tanh"], "bias": True},
            "data": {"name": "", "m": 4, "scale": 0.5, "labels": []},
        },
        block_bytes=block_bytes,
        **more,
    )


def expected(name, k):
    """Rows that depend on nothing but their number."""
    k = np.asarray(k)
    if name == "parameters":
        return np.sin(k[:, None] + np.arange(D)).astype("f4")
    if name == "observables/loss":
        return k * 0.5
    if name == "observables/step":
        return k - 0.25
    return (k[:, None, None] + 1j * np.arange(6).reshape(2, 3)).astype("c16")


def fill(store, start, stop, names=NAMES, clock=True):
    for name in names:
        done = start
        while done < stop:
            n = min(store.room(name), stop - done)
            assert n >= 1
            value, iteration, time = store.rows(name, n)
            k = np.arange(done, done + n)
            value[:] = expected(name, k)
            if clock:
                iteration[:], time[:] = k, 0.1 * k
            store.advance(name, n)
            done += n


def save(store, k, **more):
    store.checkpoint(k, 0.1 * k, state(k), **more)


def state(k):
    return {
        "parameters": expected("parameters", [k])[0],
        "mechanics": np.full((2, D), k, "f8"),
        "none": np.zeros(0),
    }


def check(store, start, stop, names=NAMES):
    for name in names:
        iteration, time, value = store.read(name, start, stop)
        k = np.arange(start, stop)
        np.testing.assert_array_equal(iteration, k)
        np.testing.assert_array_equal(time, 0.1 * k)
        np.testing.assert_array_equal(value, expected(name, k))


def check_checkpoint(store, k):
    iteration, time, arrays = store.latest_checkpoint()
    assert (iteration, time) == (k, 0.1 * k) and set(arrays) == {"parameters", "mechanics", "none"}
    for name, array in state(k).items():
        np.testing.assert_array_equal(arrays[name], array)


def python(code, *arguments, **more):
    """Start a script that can use everything above; one that hangs is killed."""
    text = (
        "import sys; from test_store import *; from test_store import _superblock\n"
        + textwrap.dedent(code)
    )
    given = os.environ.get("PYTHONPATH", "")  # of an h5py of another version
    paths = os.pathsep.join(filter(None, [str(ROOT), str(ROOT / "tests"), given]))
    process = subprocess.Popen(
        [sys.executable, "-c", text, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
        **more,
    )
    watch = threading.Timer(LIMIT, process.kill)
    watch.daemon = True
    watch.start()
    return process


def output_of(process):
    """What a script prints until it ends well."""
    output, errors = process.communicate()
    assert process.returncode == 0, f"{process.returncode}: {errors[-2000:]}"
    return output


def finished(path, rows=300, **more):
    with HDF5Store.create(path, layout(**more)) as store:
        fill(store, 0, rows)
        save(store, rows)
        store.finish()
    return path


@pytest.fixture(params=["memory", "hdf5"])
def store(request, tmp_path):
    store = (
        MemoryStore(layout())
        if request.param == "memory"
        else HDF5Store.create(tmp_path / "run.h5", layout())
    )
    yield store
    store.close()


# Both stores, one interface


def test_rows_come_back(store):
    fill(store, 0, 100)
    store.flush()
    check(store, 0, 100)
    fill(store, 100, 333)
    store.finish()
    assert store.finished and store.diverged_at is None and store.names == list(NAMES)
    assert [store.count(name) for name in NAMES] == [333] * len(NAMES)
    check(store, 0, 333)
    for start, stop in [(0, 0), (5, 6), (26, 29), (27, 108), (300, 333), (333, 333)]:
        check(store, start, stop)
    assert store.read("parameters")[2].shape == (333, D) and store.form("observables/charge") == (
        (2, 3),
        "c16",
    )


def test_nothing_recorded(store):
    store.finish(diverged_at=0)
    assert store.finished and store.diverged_at == 0 and store.latest_checkpoint() is None
    assert store.read("parameters")[2].shape == (0, D)


def test_what_is_kept_whole(store):
    assert store.experiment == '[data]\nname = "xor"  # δ\n'
    assert store.attrs("network") == {"sizes": [3, 5, 1], "activation": ["tanh"], "bias": True}
    assert store.attrs("data") == {"name": "", "m": 4, "scale": 0.5, "labels": []}
    assert store.attrs("")["seed"] == 7 and store.attrs("elsewhere") == {}
    np.testing.assert_array_equal(store.array("data/x"), np.arange(12.0).reshape(4, 3))
    with pytest.raises(FlownetError, match="no array"):
        store.array("data/y")


def test_checkpoints_and_truncation(store):
    assert store.latest_checkpoint() is None
    for k in (10, 60, 130):
        fill(store, {10: 0, 60: 10, 130: 60}[k], k)
        save(store, k, wait=True)
        check_checkpoint(store, k)
    fill(store, 130, 250)
    store.flush()
    store.truncate()
    assert store.count("parameters") == 130
    fill(store, 130, 200)
    store.flush()
    check(store, 0, 200)
    with pytest.raises(FlownetError, match="step would have 200 rows, and observables/loss"):
        store.truncate({"observables/loss": 0})
    store.truncate(dict(zip(NAMES, (27, 1, 0, 5))))
    assert [store.count(name) for name in NAMES] == [27, 1, 0, 5]
    check(store, 0, 5, ("parameters", "observables/charge"))
    store.truncate(dict.fromkeys(NAMES, 0))
    fill(store, 0, 40)
    store.truncate({"observables/step": 15})  # a quantity goes on behind its clock
    value, iteration, time = store.rows("observables/step", 25)
    np.testing.assert_array_equal(iteration, np.arange(15, 40))
    np.testing.assert_array_equal(time, 0.1 * np.arange(15, 40))
    value[:] = expected("observables/step", np.arange(15, 40))
    store.advance("observables/step", 25)
    store.finish(diverged_at=39)
    check(store, 0, 40)
    assert store.diverged_at == 39
    with pytest.raises(FlownetError):
        store.truncate({"parameters": 1000})


def test_clear_errors(store):
    with pytest.raises(FlownetError, match="it has parameters, observables/loss"):
        store.read("nothing")
    with pytest.raises(FlownetError, match="has 0 rows, not 0 to 1"):
        store.read("parameters", 0, 1)
    with pytest.raises(FlownetError, match="do not fit"):
        store.rows("parameters", store.room("parameters") + 1)
    with pytest.raises(FlownetError, match="step would have 1 rows, and observables/loss"):
        store.advance("observables/step", 1)
    with pytest.raises(FlownetError, match="made of parameters, mechanics"):
        store.checkpoint(0, 0.0, {"parameters": np.zeros(D, "f4")})
    with pytest.raises(FlownetError, match="'mechanics' is float64"):
        store.checkpoint(0, 0.0, {**state(0), "mechanics": np.zeros(3)})


def test_views_are_filled_in_place(store):
    value, iteration, time = store.rows("parameters", 3)
    assert (value.shape, value.dtype, value.flags.c_contiguous) == ((3, D), np.float32, True)
    assert (iteration.dtype, time.dtype) == (np.int64, np.float64)
    again = store.rows("parameters", 3)[0]
    assert np.shares_memory(value, again)


def test_a_clock_is_one(store):
    """Iteration and time of a step are those of the loss: the same rooms, filled once."""
    loss, step = (store.rows(f"observables/{name}", 3) for name in ("loss", "step"))
    assert not np.shares_memory(loss[0], step[0])
    for of_loss, of_step in zip(loss[1:], step[1:]):
        assert of_loss.ctypes.data == of_step.ctypes.data
    for first in range(0, 3000, 100):  # loss is a block ahead, then step is not
        fill(store, first, first + 100, ["observables/loss"])
        behind = max(first - 900, 0)
        fill(store, behind, max(first - 800, 0), ["observables/step"], clock=False)
    fill(store, 2100, 3000, ["observables/step"], clock=False)
    store.finish()
    check(store, 0, 3000, ("observables/loss", "observables/step"))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Quantity("../x"),
        lambda: Quantity("a//b"),
        lambda: Quantity("x", dtype="O"),
        lambda: Quantity("x", (2, 0)),
        lambda: Quantity("x", (1 << 40,)),
        lambda: Layout([Quantity("x"), Quantity("x")]),
        lambda: Layout([], checkpoint={"rows": ((1,), "f8")}),
        lambda: Layout([Quantity("x", clock="y"), Quantity("y")]),
        lambda: Layout([Quantity("x"), Quantity("y", clock="x"), Quantity("z", clock="y")]),
    ],
)
def test_layouts_that_cannot_be(wrong):
    with pytest.raises(FlownetError):
        wrong()


# The file


def test_any_hdf5_tool_reads_it(tmp_path):
    with h5py.File(finished(tmp_path / "run.h5")) as file:
        assert file.attrs["format"] == b"flownet-trajectory" and file.attrs["format_version"] == 1
        assert file["parameters/value"].shape == (300, D)
        np.testing.assert_array_equal(
            file["parameters/value"][:], expected("parameters", np.arange(300))
        )
        for name in ("loss", "step"):
            np.testing.assert_array_equal(file[f"observables/{name}/time"][:], 0.1 * np.arange(300))
        assert file["observables/step/time"] == file["observables/loss/time"]  # by a hard link
        assert file["state/committed/observables/charge"][()]["value"] == 300
        assert file["state/finished"][()]["value"] == 1 and file["network"].attrs[
            "sizes"
        ].tolist() == [3, 5, 1]


def test_no_file_is_overwritten_unasked(tmp_path):
    path = finished(tmp_path / "run.h5")
    with pytest.raises(FlownetError, match=r"exists; overwrite=True"):
        HDF5Store.create(path, layout())
    check(open_reader(path), 0, 300)
    with HDF5Store.create(path, layout(), overwrite=True) as store:
        with pytest.raises(FlownetError, match="being written"):
            HDF5Store.create(path, layout(), overwrite=True)
        with pytest.raises(FlownetError, match="being written"):
            HDF5Store.resume(path)
        assert store.count("parameters") == 0
    assert os.listdir(tmp_path) == ["run.h5"]


def test_places_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "missing" / "run.h5", tmp_path / "file" / "run.h5"):
        with pytest.raises(FlownetError, match="cannot write"):
            HDF5Store.create(path, layout())
    with pytest.raises(FlownetError, match="No such file"):
        open_reader(tmp_path / "no.h5")
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(FlownetError, match="it is no file"):
            open_reader(path)


def test_space(tmp_path):
    rows = dict.fromkeys(NAMES, 3000)
    size = os.path.getsize(finished(tmp_path / "run.h5", 3000))
    assert 0.9 < estimate(layout(), rows) / size < 1.5
    check_space(tmp_path / "run.h5", 1000)
    with pytest.raises(FlownetError, match=r"would take .* TB, and its disk has"):
        check_space(tmp_path / "run.h5", 1 << 60)
    with pytest.raises(FlownetError, match="cannot write"):
        check_space(tmp_path / "missing" / "run.h5", 1)


def test_a_run_goes_on(tmp_path):
    """Closed, resumed, finished, resumed again: the file is as if written in one go."""
    path = tmp_path / "run.h5"
    with HDF5Store.create(path, layout()) as store:
        fill(store, 0, 61)
        save(store, 61)
    assert not store.finished
    check(store, 0, 61)
    with HDF5Store.resume(path) as store:
        fill(store, 61, 5000)
        store.finish()
    with pytest.raises(FlownetError, match="is closed"):
        store.flush()
    with HDF5Store.resume(path) as store:
        assert store.finished
        fill(store, 5000, 5001)
        assert not store.finished
        store.truncate(dict.fromkeys(NAMES, 4000))
        store.finish()
    with open_reader(path) as reader:
        check(reader, 0, 4000)
        check_checkpoint(reader, 61)
    with h5py.File(path) as file:
        assert file["parameters/value"].shape[0] == 4000


def test_checksums_over_the_edge_of_a_page(tmp_path):
    """A page holds the checksums of 128 blocks, here of 4 rows each; runs go on around its end."""
    path = tmp_path / "run.h5"
    wide = Layout([Quantity("x", (), "f8", rows=4)])
    for rows in (*range(506, 518), 1023, 1024, 1025):
        HDF5Store.create(path, wide, overwrite=True).close()
        for start, stop in ((0, rows), (rows, rows + 3), (rows + 3, rows + 9)):
            with HDF5Store.resume(path) as store:
                for k in range(start, stop):
                    value, iteration, time = store.rows("x", 1)
                    value[0] = iteration[0] = time[0] = k
                    store.advance("x", 1)
            assert all((column == np.arange(stop)).all() for column in open_reader(path).read("x"))
        with HDF5Store.resume(path) as store:
            store.truncate({"x": rows - 1})
            store.finish()
        assert all((column == np.arange(rows - 1)).all() for column in open_reader(path).read("x"))


def test_a_reader_follows(tmp_path):
    path = tmp_path / "run.h5"
    with HDF5Store.create(path, layout()) as store:
        follower = python(
            """
            reader, last = open_reader(sys.argv[1]), -1
            while not reader.finished:
                rows = min(reader.count(name) for name in NAMES)
                assert rows >= last and (reader.live or rows >= 2000)
                check(reader, max(rows - 200, 0), rows)
                if rows > last:
                    print(rows, flush=True)
                last = rows
                reader.refresh()
            check(reader, 0, 2000)
            """,
            path,
        )
        seen = follower.stdout.readline()
        assert seen == "0\n"
        for k in range(0, 2000, 10):
            fill(store, k, k + 10)
            store.flush()
            while seen and k % 200 == 190 and int(seen) < k + 10:  # it reads on, and has caught up
                seen = follower.stdout.readline()
        check(store, 0, 2000)
        store.finish()
    output_of(follower)
    assert seen == "2000\n"


KILLED = """
    import random
    path, seed = sys.argv[1], int(sys.argv[2])
    store = HDF5Store.resume(path)
    chance = random.Random(seed)
    latest = store.latest_checkpoint()
    k = latest[0] if latest else 0
    store.truncate()
    print("started", flush=True)
    while True:
        n = chance.randrange(1, 60)
        fill(store, k, k + n)
        k += n
        if chance.random() < 0.3:
            store.flush(wait=False)
        if chance.random() < 0.3:
            save(store, k)
        print(k, flush=True)
    """


@pytest.mark.slow
def test_kill_and_resume(tmp_path):
    path, chance, furthest = tmp_path / "run.h5", random.Random(5), 0
    HDF5Store.create(path, layout()).close()
    for turn in range(10):
        run = python(KILLED, path, turn)
        assert run.stdout.readline() == "started\n", run.stderr.read()
        for _ in range(chance.randrange(200)):
            assert run.stdout.readline()
        run.send_signal(signal.SIGKILL)
        run.communicate()
        with open_reader(path) as reader:
            assert not reader.live and not reader.finished
            rows = reader.checkpoint_rows()
            for name in NAMES:
                assert reader.count(name) >= rows[name]
                check(reader, 0, reader.count(name), [name])
            if reader.latest_checkpoint():
                k = reader.latest_checkpoint()[0]
                assert k >= furthest and rows == dict.fromkeys(NAMES, k)
                check_checkpoint(reader, k)
                furthest = k
    assert furthest > 0
    with HDF5Store.resume(path) as store:
        store.truncate()
        fill(store, furthest, furthest + 1000)
        store.finish()
    with h5py.File(path) as file:
        assert file["parameters/value"].shape == (furthest + 1000, D)
    check(open_reader(path), 0, furthest + 1000)


def test_a_full_disk_is_one_clear_error(tmp_path):
    """A limit on the size of files fails a write like a full disk does."""
    path = tmp_path / "run.h5"
    run = python(
        """
        import resource
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        store = HDF5Store.create(sys.argv[1], layout(block_bytes=1 << 16))
        fill(store, 0, 500)
        save(store, 500, wait=True)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2 << 20, 2 << 20))
        try:
            for k in range(500, 1000000, 500):
                fill(store, k, k + 500)
            raise SystemExit("no error")
        except FlownetError as error:
            print(error)
        rows = store.count("parameters")
        try:
            store.close()
        except FlownetError:
            pass
        print(rows, store.count("parameters"))
        """,
        path,
    )
    message, counts = output_of(run).splitlines()
    assert "stopped: File too large; what was recorded before stays" in message
    with open_reader(path) as reader:
        rows = reader.count("parameters")
        assert rows == int(counts.split()[1]) > 1000
        check(reader, 0, min(reader.count(name) for name in NAMES))
    with HDF5Store.resume(path) as store:
        store.truncate()
        fill(store, 500, 9000)
        store.finish()
    check(open_reader(path), 0, 9000)


def test_a_full_disk_has_its_own_words():
    assert (
        explain(OSError("Can't write data (errno = 28, error message = '...')"))
        == "the disk is full"
    )


# Damage and malice


def test_lookup3():
    """Published values."""
    assert _superblock.lookup3(b"") == 0xDEADBEEF
    assert _superblock.lookup3(b"Four score and seven years ago") == 0x17770551
    assert _superblock.lookup3(b"Four score and seven years ago", 1) == 0xCD628161


def test_superblock_checksums_of_real_files(tmp_path):
    for k in range(5):
        with h5py.File(tmp_path / f"{k}.h5", "w", libver="latest") as file:
            file["x"] = np.zeros(10**k)
        head = (tmp_path / f"{k}.h5").read_bytes()[:48]
        assert _superblock.lookup3(head[:44]) == int.from_bytes(head[44:], "little")


def test_the_repair_keeps_new_blocks_off_old_rows(tmp_path):
    """Superblocks of earlier versions' killed writers tell an end before their last blocks."""
    path, copy = tmp_path / "run.h5", tmp_path / "killed.h5"
    with HDF5Store.create(path, layout()) as store:
        fill(store, 0, 1000)
        store.flush()
        shutil.copy(path, copy)
    whole = copy.read_bytes()
    head = bytearray(whole[:44])
    head[_superblock.END : _superblock.END + 8] = (len(whole) // 2).to_bytes(8, "little")
    head = bytes(head) + _superblock.lookup3(bytes(head)).to_bytes(4, "little")
    copy.write_bytes(head + whole[48:])
    assert _superblock.end(head) < os.path.getsize(copy) and not _superblock.closed(head)
    with open_reader(copy) as reader:
        check(reader, 0, 1000)
        assert not reader.live
    assert copy.read_bytes()[:48] == head
    with HDF5Store.resume(copy) as store:
        fill(store, 1000, 2000)
        store.finish()
    check(open_reader(copy), 0, 2000)


def test_a_damaged_block_is_named(tmp_path):
    path = finished(tmp_path / "run.h5")
    with h5py.File(path) as file:
        place = file["parameters/value"].id.get_chunk_info(3).byte_offset
    data = bytearray(path.read_bytes())
    data[place + 100] ^= 4
    path.write_bytes(data)
    with open_reader(path) as reader:
        check(reader, 0, 3 * 27)
        for start, stop in [(0, 300), (90, 91)]:
            with pytest.raises(
                FlownetError, match=r"run\.h5 is damaged: block 3 of /parameters/value"
            ):
                reader.read("parameters", start, stop)
        assert reader.column("parameters", "iteration").tolist() == list(range(300))


READ_ALL = """
    def same(a, b):
        return json.dumps(a) == json.dumps(b)

    def read_all(path, right):
        try:
            with open_reader(path) as reader:
                counts = {name: reader.count(name) for name in reader.names}
                assert counts == right["counts"], counts
                assert reader.finished and reader.diverged_at is None
                check(reader, 0, counts["parameters"])
                attrs = {path: reader.attrs(path) for path in ("", "network", "data")}
                assert same(attrs, right["attrs"])
                assert same(reader.array("data/x").tolist(), right["x"])
                assert reader.latest_checkpoint()[0] in right["checkpoints"]
                check_checkpoint(reader, reader.latest_checkpoint()[0])
            return "right"
        except FlownetError as error:
            assert len(str(error).splitlines()) == 1 and len(str(error)) < 400, error
            return str(error)
    """


def damaged_copies(tmp_path, damage, code=READ_ALL):
    """Read copies of a small file in another process, where a crash would show."""
    path = tmp_path / "run.h5"
    with HDF5Store.create(path, layout(block_bytes=1024)) as store:
        for k in (30, 45):
            fill(store, store.count("parameters"), k)
            save(store, k, wait=True)
        store.finish()
    with open_reader(path) as reader:
        right = {
            "counts": dict.fromkeys(NAMES, 45),
            "x": reader.array("data/x").tolist(),
            "checkpoints": [30, 45],
            "attrs": {name: reader.attrs(name) for name in ("", "network", "data")},
        }
    run = python(
        textwrap.dedent(code)
        + textwrap.dedent(damage)
        + textwrap.dedent("""
        path, right = sys.argv[1], json.loads(sys.argv[2])
        whole = open(path, "rb").read()
        assert read_all(path, right) == "right"
        for data in copies(whole):
            with open(path, "wb") as file:
                file.write(data)
            print(read_all(path, right))
        """),
        path,
        json.dumps(right),
    )
    return output_of(run).splitlines()


@pytest.mark.slow
def test_flipped_bytes(tmp_path):
    answers = damaged_copies(
        tmp_path,
        """
        def copies(whole):
            chance = random.Random(11)
            for _ in range(400):
                data = bytearray(whole)
                data[chance.randrange(len(data))] ^= chance.randrange(1, 256)
                yield data
            for place in range(48):
                data = bytearray(whole)
                data[place] ^= 1 << place % 8
                yield data
        """,
    )
    assert len(answers) == 448 and any("damaged" in answer for answer in answers)


def test_cut_short(tmp_path):
    answers = damaged_copies(
        tmp_path,
        """
        def copies(whole):
            for k in range(60):
                yield whole[:k * len(whole) // 60 if k > 9 else k * 10]
        """,
    )
    assert len(answers) == 60 and "right" not in answers
    assert answers[0] == "run.h5 is empty." and "cut short" in answers[-1]


@pytest.mark.slow
def test_flipped_bytes_of_a_killed_file(tmp_path):
    """The flags of a writer that is gone, so that nothing of SWMR's patience comes into play."""
    answers = damaged_copies(
        tmp_path,
        """
        def copies(whole):
            chance = random.Random(12)
            for _ in range(200):
                data = bytearray(whole)
                data[11] = 5
                data[44:48] = _superblock.lookup3(bytes(data[:44])).to_bytes(4, "little")
                data[chance.randrange(48, len(data))] ^= chance.randrange(1, 256)
                yield data
        """,
    )
    assert len(answers) == 200


def replace(file, path, make):
    del file[path]
    make(path)


def external(file, path):
    file.create_dataset(path, (45,), "f8", external=[("elsewhere.h5", 0, 360)])


def virtual(file, path):
    source = h5py.VirtualSource("elsewhere.h5", "x", (45,))
    built = h5py.VirtualLayout((45,), "f8")
    built[:] = source
    file.create_virtual_dataset(path, built)


def number(file, path, value):
    from flownet.store.bytes._columns import write_number

    write_number(file[path].id, value)


def link(file, path, other):
    file[path] = file[other]


def forge(file, **attrs):
    """Other attributes with the right checksum."""
    from flownet.store.bytes import _attributes

    _attributes.write(file, {**_attributes.read(file, "run.h5"), **attrs})


LOSS, TIME = "observables/loss/value", "observables/step/time"
MALICE = {
    "soft link": lambda f: replace(
        f, LOSS, lambda p: f.__setitem__(p, h5py.SoftLink("/parameters/time"))
    ),
    "external link": lambda f: replace(
        f, LOSS, lambda p: f.__setitem__(p, h5py.ExternalLink("elsewhere.h5", "/x"))
    ),
    "linked group": lambda f: replace(
        f, "observables", lambda p: f.__setitem__(p, h5py.SoftLink("/"))
    ),
    "external storage": lambda f: replace(f, LOSS, lambda p: external(f, p)),
    "virtual data": lambda f: replace(f, LOSS, lambda p: virtual(f, p)),
    "filter": lambda f: replace(
        f, LOSS, lambda p: f.create_dataset(p, (45,), "f8", chunks=(45,), compression="gzip")
    ),
    "text": lambda f: replace(
        f, LOSS, lambda p: f.create_dataset(p, (45,), h5py.string_dtype(), chunks=(45,))
    ),
    "type": lambda f: replace(
        f, "parameters/time", lambda p: f.create_dataset(p, (45,), "i4", chunks=(45,))
    ),
    "rank": lambda f: replace(
        f, "parameters/time", lambda p: f.create_dataset(p, (45, 2), "f8", chunks=(45, 2))
    ),
    "huge": lambda f: replace(
        f, LOSS, lambda p: f.create_dataset(p, (1 << 50,), "f8", chunks=(1 << 20,))
    ),
    "huge block": lambda f: replace(
        f, LOSS, lambda p: f.create_dataset(p, (45,), "f8", chunks=(1 << 28,), maxshape=(None,))
    ),
    "huge array": lambda f: replace(f, "data/x", lambda p: f.create_dataset(p, (1 << 60,), "f8")),
    "group": lambda f: replace(f, LOSS, lambda p: f.create_group(p)),
    "missing": lambda f: replace(f, LOSS, lambda p: None),
    "count": lambda f: number(f, "state/committed/observables/loss", 1 << 40),
    "count beyond the clock's": lambda f: number(f, "state/committed/observables/loss", 44),
    "negative count": lambda f: number(f, "state/committed/observables/loss", -1),
    "attribute": lambda f: f.attrs.__setitem__("seed", 8),
    "vlen attribute": lambda f: f.attrs.__setitem__("format", "flownet-trajectory"),
    "null attribute": lambda f: f.attrs.__setitem__("quantities", h5py.Empty("f8")),
    "value of another": lambda f: replace(f, LOSS, lambda p: link(f, p, "parameters/time")),
    "value of its own clock": lambda f: replace(f, LOSS, lambda p: link(f, p, TIME)),
    "clock of another": lambda f: replace(
        f, "observables/charge/time", lambda p: link(f, p, "observables/loss/time")
    ),
    "clock not linked": lambda f: replace(f, TIME, lambda p: f.copy("observables/loss/time", p)),
    "clock of the wrong one": lambda f: replace(f, TIME, lambda p: link(f, p, "parameters/time")),
    "clock of nobody": lambda f: forge(f, clocks=["x"] * 4),
    "clock of those behind": lambda f: forge(f, clocks=[NAMES[3], *NAMES[1:]]),
    "too few clocks": lambda f: forge(f, clocks=list(NAMES[:3])),
    "numbers for clocks": lambda f: forge(f, clocks=[1, 2, 3, 4]),
    "names": lambda f: f.attrs.__setitem__("quantities", np.array([b"../x"])),
}


@pytest.mark.parametrize("kind", MALICE)
def test_malice(tmp_path, kind):
    path = finished(tmp_path / "run.h5", 45, block_bytes=1024)
    with h5py.File(path, "r+", libver="latest") as file:
        MALICE[kind](file)
    for opened in (open_reader, HDF5Store.resume):
        with pytest.raises(FlownetError) as raised, opened(path) as reader:
            check(reader, 0, 45)
            reader.array("data/x")
        assert str(raised.value).startswith("run.h5") and "\n" not in str(raised.value)


def test_files_of_others(tmp_path):
    path = tmp_path / "run.h5"
    path.write_text(
        "no HDF5 file, but longer than a superblock is, so that only its words can tell"
    )
    with pytest.raises(FlownetError, match="is not an HDF5 file"):
        open_reader(path)
    for libver in ("earliest", "latest"):
        with h5py.File(path, "w", libver=libver) as file:
            file["x"] = 1
        with pytest.raises(FlownetError, match="not one that flownet wrote"):
            open_reader(path)
    os.remove(path)
    with h5py.File(finished(path), "r+", libver="latest") as file:
        file.attrs["format_version"] = 2
    with pytest.raises(FlownetError, match="format version 2; this flownet reads up to 1"):
        open_reader(path)


# Files of earlier versions, where every quantity has iteration and time of its own


def earlier(name, path):
    """A file that was written before quantities shared a clock."""
    path.write_bytes(gzip.decompress((REFERENCE / f"{name}.h5.gz").read_bytes()))
    return path


def test_a_file_with_separate_clocks(tmp_path):
    path = earlier("separate_clocks_killed", tmp_path / "run.h5")
    names = ["parameters", *(f"observables/{name}" for name in ("loss", "step", "whole"))]
    with open_reader(path) as reader:
        assert reader.names == names and all(reader.clocks[name] == name for name in names)
        assert [reader.count(name) for name in names] == [7, 25, 25, 5]
        assert reader.checkpoint_rows() == dict(zip(names, (5, 20, 20, 4))) and not reader.live
        iteration, time, step = reader.read("observables/step")
        assert (iteration == np.arange(25)).all() and (time == 0.5 * iteration).all()
        assert (step == 0.5).all() and (reader.read("observables/loss")[1] == time).all()
    with HDF5Store.resume(path) as store:
        store.truncate()
        loss, step = (store.rows(f"observables/{name}", 2) for name in ("loss", "step"))
        for rows in (loss, step):
            rows[0][:], rows[1][:], rows[2][:] = 7, (20, 21), (10, 10.5)
        assert not np.shares_memory(loss[1], step[1])
        for name in ("loss", "step"):
            store.advance(f"observables/{name}", 2)
        store.finish()
    with h5py.File(path) as file:
        for column in ("iteration", "time", "value"):
            data = [file[f"observables/{name}/{column}"] for name in ("loss", "step")]
            assert data[0] != data[1] and [len(rows) for rows in data] == [22, 22]
        assert file["observables/step/time"][:].tolist() == (0.5 * np.arange(22)).tolist()


# Analyses


@pytest.mark.parametrize("large", [False, True])
def test_analyses(tmp_path, monkeypatch, large):
    path = finished(tmp_path / "run.h5")
    before = path.read_bytes()
    if large:
        monkeypatch.setattr(_analysis, "LARGE", 0)
    reader = open_reader(path)
    k = np.arange(50)
    append_analysis(path, "split", k, 0.1 * k, np.ones((50, 4)), {"basis": "layers"})
    append_analysis(path, "other", k, 0.1 * k, k)
    append_analysis(path, "split", k, 0.1 * k, expected("parameters", k), {"basis": "neurons"})
    check(reader, 0, 300)
    reader.refresh()
    check(reader, 0, 300)
    added = reader.names[len(NAMES) :]
    assert reader.names == [*NAMES, *sorted(added)] and set(added) == {
        "analysis/split",
        "analysis/other",
    }
    np.testing.assert_array_equal(reader.read("analysis/split")[2], expected("parameters", k))
    assert reader.attrs("analysis/split")["basis"] == "neurons" and reader.form(
        "analysis/other"
    ) == ((), "i8")
    assert sorted(os.listdir(tmp_path)) == ["run.analysis.h5", "run.h5"][1 - large :]
    assert (path.read_bytes() == before) == large
    with pytest.raises(FlownetError, match="have 50, 50 and 3 rows"):
        append_analysis(path, "split", k, k, np.ones(3))


@pytest.mark.parametrize("kind", ["text", "empty", "foreign", "cut", "a run", "a folder"])
def test_what_lies_in_the_place_of_analyses_spoils_no_run(kind, tmp_path, monkeypatch):
    """The run opens and goes on; the file there stays what it is, and nothing is stored in it."""
    path, beside = tmp_path / "run.h5", tmp_path / "run.analysis.h5"
    fn.train(fn.Parabola(2), fn.Aristotle(0.1), W0=[1.0, 2.0], steps=4, store=path).close()
    if kind == "a folder":
        beside.mkdir()
    elif kind == "foreign":
        with h5py.File(beside, "w", libver="latest") as file:
            file["x"] = np.arange(3)
    else:
        whole = path.read_bytes()
        beside.write_bytes({"text": b"hello", "empty": b"", "cut": whole[:900]}.get(kind, whole))
    with pytest.warns(RuntimeWarning, match=r"beside the run are not read: .*run\.analysis"):
        run = fn.Trajectory.open(path)
    assert len(run.loss) == 5 and list(run.analyses) == []
    with pytest.warns(RuntimeWarning, match="analyses beside the run are not read"):
        longer = fn.resume(path, steps=8)
    assert longer.finished and len(longer.loss) == 9
    monkeypatch.setattr(_analysis, "LARGE", 0)
    with pytest.raises(FlownetError, match=r"which another file has taken: .*Move it away"):
        append_analysis(path, "split", [0], [0.0], np.ones((1, 2)))
    assert beside.exists()


def test_an_analysis_needs_a_finished_run(tmp_path):
    HDF5Store.create(tmp_path / "run.h5", layout()).close()
    with pytest.raises(FlownetError, match="is not finished"):
        append_analysis(tmp_path / "run.h5", "split", [], [], np.zeros((0, 2)))


def test_other_words_for_a_run(tmp_path):
    path = finished(tmp_path / "run.h5")
    _edit.rewrite_experiment(path, "steps = 2")
    with open_reader(path) as reader:
        assert reader.experiment == "steps = 2" and reader.attrs()["seed"] == 7
        check(reader, 0, 300)
    with HDF5Store.resume(path), pytest.raises(FlownetError, match="being written"):
        _edit.rewrite_experiment(path, "steps = 3")


# Cost


def test_import_is_cheap():
    code = "import sys; from flownet.store import writing; assert 'h5py' not in sys.modules"
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )


def test_blocks_are_recycled(tmp_path):
    with HDF5Store.create(tmp_path / "run.h5", layout()) as store:
        places = set()
        for k in range(0, 27 * 60, 27):
            value, iteration, time = store.rows("parameters", 27)
            places.add(value.ctypes.data)
            value[:], iteration[:], time[:] = expected("parameters", np.arange(k, k + 27)), 0, 0
            store.advance("parameters", 27)
        assert len(places) <= 4
        store.flush()
        np.testing.assert_array_equal(
            store.column("parameters", "value"), expected("parameters", np.arange(27 * 60))
        )
