"""The format as its page has it: the page's reader reads files of every kind and version."""

import re
from functools import partial

import numpy as np
import pytest
from checkout import REFERENCE, SCRIPTS, earlier

import flownet as fn

PAGE = (SCRIPTS / "docs" / "howto" / "file_format.md").read_text()
EARLIER = sorted(kept.name.removesuffix(".h5.gz") for kept in REFERENCE.glob("*.h5.gz"))


def of_page(name):
    """A function that a program of the page defines."""
    programs = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (program,) = (text for text in programs if f"def {name}(" in text)
    space = {}
    exec(re.split(r"\n\n\n(?!def )", program)[0], space)  # what comes behind uses it
    return space[name]


def plain(path):
    data = fn.Dataset(np.eye(4)[:, :2], np.ones((4, 1)))
    potential = fn.Potential(fn.Network([2, 3, 1]), fn.Quadratic(), data)
    observe = {"sharpness": (5, fn.Sharpness(potential))}
    fn.train(potential, fn.Newton(0.1), steps=40, store=path, observe=observe, progress=False)
    fn.breakdown(fn.Trajectory.open(path), every=7, keep=True, progress=False)


def many_blocks(path):
    W0 = np.ones(3000)
    fn.train(fn.Parabola(3000), fn.Aristotle(0.01), W0=W0, steps=99, store=path, progress=False)


def complex_numbers(path):
    data = fn.data.load("antenna", m=8, antennas=3)
    network = fn.Network([3, 2, 1], "split_tanh", output="real", dtype="complex64")
    potential = fn.Potential(network, fn.Quadratic(), data)
    fn.train(potential, fn.RMSProp(0.01), steps=12, batch_size=4, store=path, progress=False)


def flow(path):
    fn.flow(fn.Parabola(2), W0=[1.0, 2.0], time=1.0, store=path, progress=False)


FILES = {make.__name__: make for make in (plain, many_blocks, complex_numbers, flow)}
FILES |= {name: partial(earlier, name) for name in EARLIER}


@pytest.fixture(params=FILES.values(), ids=FILES)
def path(request, tmp_path):
    request.param(tmp_path / "run.h5")
    return tmp_path / "run.h5"


def test_the_reader_of_the_page_reads_it(path):
    attributes, rows = of_page("read_run")(path)
    run = fn.Trajectory.open(path)
    assert attributes["format"].decode() == "flownet-trajectory"
    assert attributes["experiment"].decode() == run.store.experiment
    assert list(rows) == run.store.names
    for name, columns in rows.items():
        for column, found in zip(("iteration", "time", "value"), run.store.read(name)):
            assert np.array_equal(columns[column], found, equal_nan=True)


def test_the_checksums_of_the_page_are_those_of_the_file(path):
    is_right = of_page("is_right")
    if path.read_bytes()[11]:  # HDF5's mark of a writer
        pytest.skip("the page checks closed files")
    assert is_right(path)
    run = fn.Trajectory.open(path)
    offset = run.store.rows_of("parameters")._parts["value"].offsets[0]
    data = bytearray(path.read_bytes())
    data[offset + 1] ^= 1
    path.write_bytes(data)
    assert not is_right(path)


def test_files_of_earlier_versions_open(path):
    """Whatever wrote it: it opens, says what it is, and its potential is made again."""
    run = fn.Trajectory.open(path)
    assert run.store.attrs()["format_version"] == 1 and run.verify().is_whole
    assert run.potential.size == run.parameters.shape[1]


def test_there_are_files_of_earlier_versions():
    assert len(EARLIER) >= 6


def test_the_page_says_how_attributes_are_checked(tmp_path):
    """The checksum of attributes, written anew from the words of the page."""
    import h5py
    import xxhash

    plain(tmp_path / "run.h5")
    with h5py.File(tmp_path / "run.h5") as file:
        for group in (file, file["network"], file["data"], file["analysis/breakdown"]):
            total = xxhash.xxh3_64()
            for name in sorted(set(group.attrs) - {"attrs_xxh3_64"}):
                kept = group.attrs.get_id(name)
                value = np.zeros(kept.shape, kept.dtype)
                kept.read(value)
                letter = value.dtype.kind
                total.update(f"{name}\0{letter}{value.dtype.itemsize}{value.shape}\0".encode())
                total.update(value.tobytes())
            assert total.intdigest() == group.attrs["attrs_xxh3_64"]
