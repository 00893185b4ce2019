"""Damage to a file is named, and no copy that is cut or has other bytes makes a reader crash."""

import json
import os
import shutil
import textwrap

import h5py
import numpy as np
import pytest
from numbered_rows import NAMES, check, fill, finished, layout, output_of, python, save

from flownet._errors import FlownetError
from flownet.store.bytes import _superblock
from flownet.store.reading import open_reader
from flownet.store.writing import HDF5Store


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
