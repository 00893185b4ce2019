"""Indices of HDF5 that lie under a right checksum: none reaches HDF5."""

import struct

import h5py
import numpy as np
import pytest
from indices_of_hdf5 import BIG, SIZES, forged, headers
from mistakes import told_in_one_line

import flownet as fn
from flownet.store.bytes import FlatFile, look_at


def every_index(path):
    """A file with each index that HDF5 has: of links, attributes and blocks, deep ones too."""
    with h5py.File(path, "w", libver="latest") as file:
        for n in (5, 45, 46, 1500):
            group = file.create_group(f"links{n}", track_order=True)
            for k in range(n):
                group[f"to{k}"] = h5py.SoftLink("/x")
        for n in (5, 30, 300):
            group = file.create_group(f"attributes{n}", track_order=True)
            for k in range(n):
                group.attrs[f"a{k}"] = k
        for k in range(30):
            file.require_group("huge").attrs[f"a{k}"] = np.zeros(9000)
        group = file.create_group("emptied")
        for k in range(30):
            group[f"to{k}"] = h5py.SoftLink("/x")
        for k in range(30):
            del group[f"to{k}"]
        words = {"chunks": (2, 2), "dtype": "f8"}
        file.create_dataset("extended", (50, 4), maxshape=(None, 4), **words)[:] = 1
        file.create_dataset("extended_both_ways", (50, 50), maxshape=(None, None), **words)[:] = 1
        file.create_dataset("fixed", (50, 50), **words)[:] = 1
        file.create_dataset("single", (2, 2), **words)[:] = 1
        file.create_dataset("unwritten", (0, 2), maxshape=(None, 2), **words)
        return {name: h5py.h5o.get_info(file[name].id).addr for name in ("/", *file)}


@pytest.fixture(scope="module")
def every(tmp_path_factory):
    """That file, its bytes, and where the headers of what is in it lie."""
    path = tmp_path_factory.mktemp("indices") / "every.h5"
    places = every_index(path)
    return path, path.read_bytes(), places


def test_every_index_that_hdf5_writes_is_right(every):
    path, data, places = every
    assert {data[at + 5] for at in headers(data, b"BTHD")} == {1, 5, 6, 8, 9, 10}
    assert {data[at + 12] for at in headers(data, b"BTHD")} == {0, 1, 2}  # depths
    assert all(any(headers(data, signature)) for signature in SIZES)
    flat = FlatFile(path)
    in_heaps = {name for name, place in places.items() if look_at(flat, place)}
    assert in_heaps == {"attributes30", "attributes300", "huge"}


TREE = {
    "version": (4, 1, 1, "as its version, 0 would be right"),
    "kind": (5, 1, 2, "says 2 as its kind"),
    "node size": (6, 4, BIG, f"says {BIG} as its node size"),
    "a node of no size": (6, 4, 0, "says 0 as its node size"),
    "record size": (10, 2, 0, "says 0 as its record size"),
    "records as long as nodes": (10, 2, 512, "says 512 as its record size"),
    "depth": (12, 2, 65535, "says 65535 as its depth, 8 is the most"),
    "split percent": (14, 1, 0, "as its split percent, 100 would be right"),
    "merge percent": (15, 1, 90, "as its merge percent, 40 would be right"),
    "records of the root": (24, 2, 65535, "says 65535 as its records of a node"),
    "records": (26, 8, 1 << 40, f"says {1 << 40} as its records"),
}
HEAP = {
    "version": (4, 1, 1, "as its version"),
    "id size": (5, 2, 4096, "says 4096 as its id size"),
    "filters": (7, 2, 8, "says 8 as its filter size, 0 would be right"),
    "flags": (9, 1, 3, "as its flags"),
    "largest managed": (10, 4, BIG, "as its largest managed, 4096 would be right"),
    "size": (46, 8, 1 << 60, "as its size"),
    "next block": (62, 8, 1 << 60, "as its next block"),
    "width": (110, 2, 0, "says 0 as its width, 4 would be right"),
    "block size": (112, 8, 1 << 40, "as its block size"),
    "largest block": (120, 8, 1 << 62, "as its largest block, 65536 would be right"),
    "bits of a place": (128, 2, 64, "says 64 as its bits of a place"),
    "first rows": (130, 2, 500, "as its first rows, 1 would be right"),
    "rows": (140, 2, 65535, "says 65535 as its rows"),
}
SPACE = {
    "kind": (5, 1, 1, "as its kind"),
    "kinds": (38, 2, 200, "says 200 as its kinds, 4 would be right"),
    "bits of a place": (44, 2, 200, "as its bits of a place"),
    "largest section": (46, 8, 1 << 60, "as its largest section"),
    "size": (70, 8, 1 << 60, "as its size"),
}
EXTENSIBLE = {
    "kind": (5, 1, 1, "says 1 as its kind, 0 would be right"),
    "element size": (6, 1, 255, "as its element size, 8 would be right"),
    "bits of a number": (7, 1, 255, "as its bits of a number"),
    "first elements": (8, 1, 255, "as its first elements"),
    "least elements": (9, 1, 0, "says 0 as its least elements"),
    "least pointers": (10, 1, 0, "as its least pointers"),
    "bits of a page": (11, 1, 255, "as its bits of a page"),
}
FIXED = {
    "element size": (6, 1, 0, "as its element size, 8 would be right"),
    "bits of a page": (7, 1, 0, "as its bits of a page, 10 would be right"),
    "elements": (8, 8, 1 << 62, "as its elements"),
}
FORGED = [
    *((b"BTHD", kind, *case) for kind in (1, 5, 6, 8, 9, 10) for case in TREE.items()),
    *((b"FRHP", None, *case) for case in HEAP.items()),
    *((b"FSHD", None, *case) for case in SPACE.items()),
    *((b"EAHD", None, *case) for case in EXTENSIBLE.items()),
    *((b"FAHD", None, *case) for case in FIXED.items()),
]


@pytest.mark.parametrize(
    "signature, kind, word, case", FORGED, ids=[f"{s.decode()} {k} {w}" for s, k, w, _ in FORGED]
)
def test_a_forged_index_is_refused(every, signature, kind, word, case, tmp_path):
    """Wherever it is: HDF5 is to read of each only what it writes."""
    _, data, places = every
    path = tmp_path / "forged.h5"
    *change, line = case
    for at in headers(data, signature, kind):
        path.write_bytes(forged(data, at, *change))
        flat, told = FlatFile(path), []
        for place in places.values():
            try:
                look_at(flat, place)
            except fn.FlownetError as error:
                told.append(str(error))
        flat.close()
        assert len(told) == 1 and f"at byte {at} says" in told[0] and line in told[0]


def test_a_node_that_lies_about_the_one_below_is_refused(every, tmp_path):
    """The first pointer of a node that has some, behind its records: 24 of links at most."""
    _, data, places = every
    at = next(at for at in headers(data, b"BTHD", 5) if data[at + 12] == 1)
    root, records = struct.unpack_from("<QH", data, at + 16)
    changed = bytearray(data)
    begin = root + 6 + 11 * records
    changed[begin + 8] = 255  # records of the first child
    path = tmp_path / "forged.h5"
    path.write_bytes(changed)
    with told_in_one_line("says 255 as its records of a node, 45 is the most"):
        look_at(FlatFile(path), places["links46"])
    changed[begin + 8] = 1
    path.write_bytes(changed)
    with told_in_one_line("says 46 as its records, "):
        look_at(FlatFile(path), places["links46"])


def test_a_damaged_index_is_left_to_hdf5(every, tmp_path):
    """Under a wrong checksum: HDF5 refuses it, and reads some only where it writes."""
    _, data, places = every
    path = tmp_path / "damaged.h5"
    changed = bytearray(data)
    for signature in SIZES:
        for at in headers(data, signature):
            changed[at + 5] ^= 255
    path.write_bytes(changed)
    flat = FlatFile(path)
    for place in places.values():
        look_at(flat, place)


@pytest.mark.parametrize("kind", ["external", "virtual", "filters"])
def test_what_flownet_does_not_write_is_not_read(kind, tmp_path):
    path = tmp_path / "other.h5"
    with h5py.File(path, "w", libver="latest") as file:
        if kind == "external":
            file.create_dataset("x", (3, 2), "u1", external=[("/etc/passwd", 0, 6)])
        elif kind == "virtual":
            layout = h5py.VirtualLayout((3, 2), "f8")
            layout[:] = h5py.VirtualSource("elsewhere.h5", "x", (3, 2))
            file.create_virtual_dataset("x", layout)
        else:
            words = {"chunks": (3, 2), "dtype": "f8", "compression": "gzip"}
            file.create_dataset("x", (30, 2), **words)[:] = 1
    with h5py.File(path) as file:
        place = h5py.h5o.get_info(file["x"].id).addr
    with told_in_one_line("not stored the way flownet stores one"):
        look_at(FlatFile(path), place)


@pytest.mark.parametrize(
    "name, was, now",
    [
        ("links5", b"OHDR", b"\x01HDR"),  # a header of version 1
        ("links5", b"\x02\x22\0", b"\x11\x22\0"),  # where links are, as a table of symbols
        ("fixed", b"\x04\x02", b"\x03\x02"),  # blocks in a B-tree of version 1
    ],
)
def test_what_hdf5_wrote_before_is_not_read(every, name, was, now, tmp_path):
    _, data, places = every
    path, changed = tmp_path / "old.h5", bytearray(data)
    at = data.index(was, places[name])
    changed[at : at + len(was)] = now
    path.write_bytes(changed)
    with told_in_one_line("not stored the way flownet stores one"):
        look_at(FlatFile(path), places[name])


def test_a_header_that_goes_nowhere_is_told(every, tmp_path):
    """It is longer than the file; or it is none at all."""
    _, data, places = every
    path, changed = tmp_path / "none.h5", bytearray(data)
    at = places["huge"]
    changed[at + 5] |= 3  # its size has 8 bytes, not 1
    path.write_bytes(changed)
    for place in (at, at + 1):
        with told_in_one_line(f"none.h5 is damaged: no header is at byte {place}"):
            look_at(FlatFile(path), place)
