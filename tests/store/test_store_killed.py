"""A file that is followed while it is written, whose writer is killed, or whose disk is full."""

import random
import signal

import h5py
import pytest
from numbered_rows import (
    NAMES,
    D,
    check,
    check_checkpoint,
    fill,
    finished,
    layout,
    output_of,
    python,
)

from flownet.store._failure import explain
from flownet.store.reading import open_reader
from flownet.store.writing import HDF5Store


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


def test_a_file_that_is_open_when_python_ends(tmp_path):
    """The process ends as any other, and the file is as it was."""
    path = tmp_path / "run.h5"
    script = """
    import builtins
    from flownet.store.bytes import StagedFile
    builtins.kept = StagedFile(sys.argv[1])  # until all else has ended
    builtins.kept.hdf5["left"] = np.zeros(7)
    """
    finished(path)
    output_of(python(script, path))
    with open_reader(path) as reader:
        check(reader, 0, 300)
        check_checkpoint(reader, 300)
