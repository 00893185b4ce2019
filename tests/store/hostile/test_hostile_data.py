"""Files of data that follow links, hold no numbers, or declare more than there is."""

import struct

import h5py
import numpy as np
import pytest
from mistakes import told_in_one_line

import flownet as fn


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
