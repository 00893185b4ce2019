"""Data sets from tables and files: what describes one makes it again, and what is no such file."""

import numpy as np
import pytest
from basics_of_data import X, refused

from flownet import data
from flownet.data import Dataset, from_table, load

# ---- tables ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "d, table",
    [
        (lambda: load("xor"), {"name": "xor", "split": "train"}),
        (lambda: load("xor", root="/any"), {"name": "xor", "split": "train"}),
        (lambda: load("digits", limit=7), {"name": "digits", "split": "train", "limit": 7}),
        (lambda: data.spiral(m=200, seed=2), {"name": "spiral", "split": "train", "seed": 2}),
        (
            lambda: load("teacher", split="test", n_out=np.int64(2), limit=3),
            {"name": "teacher", "split": "test", "n_out": 2, "limit": 3},
        ),
    ],
)
def test_describe_and_back(d, table):
    assert d().describe() == table
    assert from_table(table).sha256 == d().sha256


def test_user_arrays_and_back():
    d = Dataset(X, [0, 1, 0], classes=3)
    table = d.describe()
    assert table["name"] == "user" and table["x"] is d.x and table["y"] is d.y
    assert from_table(table).sha256 == d.sha256
    assert from_table(table).labels.tolist() == [0, 1, 0]


def test_arrays_written_in_a_table():
    d = from_table({"x": X, "y": [0, 1, 0], "limit": 2, "name": "mine"})
    assert d.m == 2 and d.name == "mine"


def test_table_mistakes():
    refused("a name .*a file, or arrays", from_table, {"limit": 3})
    refused("described by a table", from_table, "digits")
    refused("did you mean 'limit'", from_table, {"file": "a.npz", "limits": 3})
    refused("unknown data option 'name'", from_table, {"file": "a.npz", "name": "xor"})
    refused("y is missing", from_table, {"x": X})
    refused("unknown data option 'z'", from_table, {"x": X, "y": X, "z": X})
    refused("digits takes no option 'limt'", from_table, {"name": "digits", "limt": 5})


# ---- files ----------------------------------------------------------------------------------


def write(path, **arrays):
    if path.suffix == ".npz":
        np.savez(path, **arrays)
    else:
        h5py = pytest.importorskip("h5py")
        with h5py.File(path, "w") as file:
            for key, value in arrays.items():
                file[key] = value
    return path


@pytest.fixture(params=["mine.npz", "mine.h5"])
def path(request, tmp_path):
    return tmp_path / request.param


def test_files(path):
    write(path, x=np.array(X), y=np.array([1, 0, 2]))
    d = from_table({"file": str(path)})
    assert d.sha256 == Dataset(X, [1, 0, 2]).sha256 and d.name == "mine"
    assert d.describe() == {"file": str(path)}
    short = from_table({"file": path.name, "root": str(path.parent), "limit": 2})
    assert short.m == 2 and from_table(short.describe()).sha256 == short.sha256


def test_files_with_labels(path):
    write(path, x=np.array(X), y=np.array([0.1, 0.9, 0.2]), labels=np.array([0, 1, 0]))
    assert data.load_file(path).labels.tolist() == [0, 1, 0]


def test_file_mistakes(path):
    refused("there is no data file .*mine", data.load_file, path)
    refused("data files end in .npz, .h5, .hdf5", data.load_file, "mine.csv")
    path.write_bytes(b"not such a file")
    refused("cannot be read as", data.load_file, path)
    write(path, x=np.array(X))
    refused("has no y; it holds x", data.load_file, path)
    write(path, x=np.array(X), y=np.zeros(2))
    refused("mine.*y has 2 rows, but x has 3", data.load_file, path)
    write(path, x=np.array(X), y=np.zeros(3))
    refused("limit=4, but 'mine' holds 3 samples", data.load_file, path, limit=4)
    refused("limit must be a whole number", data.load_file, path, limit=0)
    write(path, x=3.0, y=np.zeros(3))
    refused(r"not the shape \(\)", data.load_file, path)


def test_no_pickles(tmp_path):
    path = write(tmp_path / "a.npz", x=np.array([[object()]]), y=np.zeros(1))
    refused("cannot be read as .npz: .*allow_pickle=False", data.load_file, path)


def test_a_damaged_file(path):
    write(path, x=np.ones((500, 4)), y=np.zeros(500))
    path.write_bytes(path.read_bytes()[:3000])
    refused("cannot be read as", data.load_file, path)
