"""Files of runs that somebody changed with HDF5 itself, and files that no run wrote."""

import os

import h5py
import numpy as np
import pytest
from numbered_rows import NAMES, check, finished

from flownet._errors import FlownetError
from flownet.store.reading import open_reader
from flownet.store.writing import HDF5Store


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
