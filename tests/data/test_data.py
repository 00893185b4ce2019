"""The data set: what a user's arrays may be, what it keeps of them, and what mistakes are told."""

import pickle

import numpy as np
import pytest
from basics_of_data import X, refused

from flownet.data import Dataset, from_table, load


def test_arrays_come_as_rows_of_doubles():
    d = Dataset(np.asfortranarray(X), [[1], [0], [1]])
    assert d.x.dtype == d.y.dtype == np.float64 and d.x.flags.c_contiguous
    assert d.x.shape == (3, 2) and d.y.shape == (3, 1) and d.labels is None
    assert len(d) == d.m == 3 and d.name == "user"
    assert repr(d) == "Dataset 'user': 3 samples, 2 inputs, 1 outputs"


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
def test_the_four_types_are_kept(dtype):
    d = Dataset(np.array(X, dtype), np.array(X, dtype))
    assert d.x.dtype == d.y.dtype == dtype


@pytest.mark.parametrize("dtype", ["int8", "uint64", "bool", "float16", "longdouble", ">f8"])
def test_other_types_become_double(dtype):
    d = Dataset(np.array(X).astype(dtype), [0.0, 1.0, 2.0])
    assert d.x.dtype == np.float64 and d.x.dtype.isnative


def test_whole_numbers_are_labels():
    d = Dataset(np.array(X, "float32"), [2, 0, 2])
    assert d.y.dtype == np.float32
    assert d.y.tolist() == [[0, 0, 1], [1, 0, 0], [0, 0, 1]]
    assert d.labels.tolist() == [2, 0, 2] and d.labels.dtype == np.int64
    assert Dataset(X, [0, 1, 0], classes=5).y.shape == (3, 5)
    assert Dataset(X, [True, False, True]).labels.tolist() == [1, 0, 1]
    assert Dataset(np.array(X, "complex64"), [0, 1, 0]).y.dtype == np.float32


def test_floats_are_one_column():
    d = Dataset(X, [0.0, 1.0, 2.0])
    assert d.y.shape == (3, 1) and d.labels is None


def test_one_hot_truth_has_labels():
    assert Dataset(X, np.eye(3)[[2, 0, 1]]).labels.tolist() == [2, 0, 1]
    assert Dataset(X, [[1, 0], [0.9, 0.1], [0, 1]]).labels is None
    assert Dataset(X, [[1, 0], [1, 1], [0, 1]]).labels is None


def test_labels_may_be_given_apart():
    y = [[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]]
    d = Dataset(X, y, labels=[0, 0, 1])
    assert d.labels.tolist() == [0, 0, 1]
    assert from_table(d.describe()).labels.tolist() == [0, 0, 1]
    assert d.take([2]).labels.tolist() == [1]


def test_nothing_changes_it():
    mine = np.array(X)
    d = Dataset(mine, [0, 1, 2])
    mine[0, 0] = 7.0  # the user's own array stays writable, and is not ours
    assert d.x[0, 0] == 0
    for array in (d.x, d.y, d.labels):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    refused("a Dataset does not change", setattr, d, "x", mine)


def test_sha256_sees_values_types_and_shapes():
    d = Dataset(X, [0, 1, 2])
    assert d.sha256 == Dataset(np.array(X, ">f8"), [0, 1, 2]).sha256
    assert d.sha256 is d.sha256 and len(d.sha256) == 64
    others = [
        Dataset(np.array(X) + 1e-16 + 1e-15, [0, 1, 2]),
        Dataset(np.array(X, "float32"), np.eye(3)),
        Dataset(np.zeros((2, 3)), np.zeros((2, 1))),
        Dataset(np.zeros((2, 1)), np.zeros((2, 3))),
        Dataset(X, [0, 1, 1], classes=3),
    ]
    assert len({d.sha256, *(other.sha256 for other in others)}) == 6


def test_it_can_be_pickled():
    d = load("iris", limit=60)
    back = pickle.loads(pickle.dumps(d))
    assert back.sha256 == d.sha256 and back.describe() == d.describe()


def test_take():
    d = load("iris")
    some = d.take([149, 0])
    assert some.labels.tolist() == [2, 0] and some.y.shape == (2, 3)
    assert set(some.describe()) == {"name", "x", "y"}
    np.testing.assert_array_equal(d.take(slice(3)).x, d.x[:3])
    np.testing.assert_array_equal(d.take(d.labels == 1).x, d.x[50:100])
    np.testing.assert_array_equal(d.take(-1).x, d.x[149:])
    assert not some.x.flags.writeable


def test_take_mistakes():
    d = Dataset(X, [0, 1, 2])
    refused("rows are 0 .. 2; index 3 is out of bounds", d.take, [0, 3])
    refused("rows are 0 .. 2", d.take, [0.5])
    refused("rows are 0 .. 2", d.take, [True, False])
    refused("at least one row", d.take, [])
    refused("x is empty", d.take, np.zeros(3, bool))


@pytest.mark.parametrize(
    "x, y, line",
    [
        ([1.0, 2.0], [1.0, 2.0], r"x.reshape\(-1, 1\)"),
        (1.0, [1.0], r"not the shape \(\)"),
        (np.zeros((2, 3, 3)), [0, 1], r"x.reshape\(len\(x\), -1\)"),
        (X, [1.0, 2.0], "y has 2 rows, but x has 3"),
        (X, [1, 2], "y has 2 rows, but x has 3"),
        (X, np.zeros((3, 1, 1)), r"y must have the shape \(m, n_out\) or \(m,\)"),
        (X, np.zeros((3, 0)), r"y is empty: its shape is \(3, 0\)"),
        (np.zeros((0, 2)), [], r"x is empty: its shape is \(0, 2\)"),
        (np.zeros((3, 0)), [0, 1, 2], r"x is empty: its shape is \(3, 0\)"),
        ([[1, 2], [3, np.nan]], [0, 1], "x is nan at row 1, column 1"),
        ([[1, 2], [-np.inf, 3]], [0, 1], "x is -inf at row 1, column 0"),
        ([[1], [complex(0, np.nan)]], [0, 1], "at row 1, column 0"),
        (X, [0.0, np.inf, 1.0], "y is inf at row 1, column 0"),
        ([["a"], ["b"]], [0, 1], "x must hold numbers, not <U1"),
        ([[1.0], [None]], [0, 1], "x must hold numbers, not object"),
        (X, ["cat", None, "cat"], "labels mix words and other things: None at row 1"),
        (X, np.array(["2026-01-01"] * 3, "M8"), "y must hold numbers"),
        ([[1.0, 2.0], [3.0]], [0, 1], "x does not make an array of numbers"),
        (np.ma.masked_less(X, 1), [0, 1, 2], "x is a masked array"),
        (X, [0, -1, 2], "label -1 at row 1 is not a class"),
        (X, [10, 20, 5000], "give floats if they are values to fit"),
    ],
)
def test_arrays_that_are_no_data(x, y, line):
    refused(line, Dataset, x, y)


def test_labels_that_are_no_classes():
    line = r"label 2 at row 1 is not a class; classes are 0 .. 1\."
    refused(line, Dataset, X, [0, 2, 1], classes=2)
    y = [[0.5, 0.5]] * 3
    refused("label 2 at row 2", Dataset, X, y, labels=[0, 1, 2])
    refused("label -3 at row 0", Dataset, X, [0.0, 1.0, 2.0], labels=[-3, 0, 0])
    refused("labels has 2 rows", Dataset, X, y, labels=[0, 1])
    refused("labels must be whole numbers", Dataset, X, y, labels=[0.0, 1.0, 1.0])
    refused("label 1 at row 0, but y says class 0", Dataset, X, [0, 1, 2], labels=[1, 1, 2])
    refused("y has 2 columns, but classes=3", Dataset, X, y, classes=3)
    refused("classes must be a whole number from 1 up, not 0", Dataset, X, [0, 1, 2], classes=0)
