"""Data as others keep them: words for classes, frames, parts, and weights of classes."""

import subprocess
import sys
from itertools import chain

import h5py
import numpy as np
import pytest
from basics_of_data import X, refused
from mistakes import told_in_one_line

import flownet as fn
from flownet.data import Dataset, from_table

# ---- words for classes ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ["cat", "ant", "cat"],
        np.array(["cat", "ant", "cat"]),
        np.array([b"cat", b"ant", b"cat"]),
        np.array(["cat", "ant", "cat"], object),
        np.array(["cat", "ant", "cat"], np.dtypes.StringDType()),
        [["cat"], ["ant"], ["cat"]],
    ],
    ids=["list", "U", "S", "object", "T", "column"],
)
def test_words_are_labels_of_sorted_classes(words):
    d = Dataset(X, words)
    assert d.classes.tolist() == ["ant", "cat"] and d.labels.tolist() == [1, 0, 1]
    assert d.y.tolist() == [[0, 1], [1, 0], [0, 1]]
    assert Dataset(X, d.y, labels=words).classes.tolist() == ["ant", "cat"]


def test_names_stay_with_the_rows():
    d = Dataset(X, ["cat", "ant", "bee"])
    assert d.take([0]).classes.tolist() == d.first(2).classes.tolist() == ["ant", "bee", "cat"]
    assert d.take([0]).labels.tolist() == [2]
    again = from_table(d.describe())
    assert again.classes.tolist() == ["ant", "bee", "cat"] and again.sha256 == d.sha256


def test_names_may_be_given():
    d = Dataset(X, [0, 2, 1], classes=["low", "middle", "high"])
    assert d.classes.tolist() == ["low", "middle", "high"] and d.labels.tolist() == [0, 2, 1]
    assert Dataset(X, ["b", "a", "b"], classes=["b", "c", "a"]).labels.tolist() == [0, 2, 0]
    assert Dataset(X, [0, 2, 1]).classes.tolist() == [0, 1, 2]
    assert Dataset(X, [0.0, 2.0, 1.0]).classes is None and fn.data.load("xor").classes is None


def test_names_that_do_not_fit():
    refused("label 'd' at row 1 is not a class; classes are 'a', 'b'", Dataset, X, list("ada"),
            classes=["a", "b"])  # fmt: skip
    refused("classes=5, but the labels are 2 words", Dataset, X, list("aba"), classes=5)
    refused("classes names 'a' twice", Dataset, X, [0, 1, 1], classes=["a", "a"])
    refused("a number or a list of names", Dataset, X, [0, 1, 1], classes=[3, 7])
    refused("label 2 at row 1 is not a class", Dataset, X, [0, 2, 1], classes=["a", "b"])
    refused(r"labels in words have the shape \(m,\)", Dataset, X, [["a", "b"]] * 3)
    refused("y has 2 rows, but x has 3", Dataset, X, ["a", "b"])
    refused("is no text in UTF-8", Dataset, X, [b"a", b"\xff", b"a"])
    refused("nan at row 2; drop or name", Dataset, X, np.array(["a", "b", np.nan], object))


def test_a_run_file_keeps_the_names(tmp_path):
    data = Dataset(X, ["cat", "ant", "cat"])
    potential = fn.Potential(fn.Network([2, 2]), fn.CrossEntropy(), data)
    fn.train(potential, fn.Aristotle(0.1), steps=2, store=tmp_path / "run.h5")
    read = fn.Trajectory.open(tmp_path / "run.h5").potential.data
    assert read.classes.tolist() == ["ant", "cat"] and read.sha256 == data.sha256


def test_words_in_an_hdf5_file(tmp_path):
    with h5py.File(tmp_path / "mine.h5", "w") as file:
        file["x"], file["y"] = np.array(X), ["käse", "ant", "käse"]
    d = fn.data.load_file(tmp_path / "mine.h5", limit=2)
    assert d.classes.tolist() == ["ant", "käse"] and d.labels.tolist() == [1, 0]


# ---- frames -----------------------------------------------------------------------------------


@pytest.fixture
def frame():
    pandas = pytest.importorskip("pandas")
    columns = {"a": [0.5, 2, 4], "b": [1, 3, 5], "c": [True, False, True], "kind": list("xyx")}
    return pandas.DataFrame(columns)


def test_a_frame_of_numbers_is_x(frame):
    d = Dataset(frame[["a", "b", "c"]], frame["kind"])
    assert d.x.tolist() == [[0.5, 1, 1], [2, 3, 0], [4, 5, 1]] and d.x.dtype == np.float64
    assert d.classes.tolist() == ["x", "y"]
    assert Dataset(frame[["a"]].astype("float32"), frame["b"]).x.dtype == np.float32


def test_columns_that_may_be_missing(frame):
    frame["b"] = frame["b"].astype("Int64")
    frame["c"] = frame["c"].astype("boolean")
    d = Dataset(frame[["a", "b"]], frame["c"])
    assert d.x[:, 1].tolist() == [1, 3, 5] and d.labels.tolist() == [1, 0, 1]
    frame.loc[1, "b"] = None
    refused("x is nan at row 1, column 1", Dataset, frame[["a", "b"]], frame["c"])


def test_from_frame(frame):
    d = Dataset.from_frame(frame, "kind", name="mine")
    assert d.name == "mine" and d.x.shape == (3, 3) and d.labels.tolist() == [0, 1, 0]
    values = Dataset.from_frame(frame.drop(columns="kind"), ["a", "b"])
    assert values.y.tolist() == [[0.5, 1], [2, 3], [4, 5]] and values.x.tolist() == [[1], [0], [1]]
    assert Dataset.from_frame(frame[["a", "b"]], "a").y.tolist() == [[0.5], [2], [4]]
    assert Dataset.from_frame(frame[["a", "b"]], ["b"]).labels.tolist() == [1, 3, 5]
    frame["kind"] = frame["kind"].astype("category").cat.add_categories(["z"])
    assert Dataset.from_frame(frame, "kind").classes.tolist() == ["x", "y", "z"]


def test_frames_that_are_no_data(frame):
    refused("the column 'kind' holds .*, no numbers", Dataset, frame, [0, 1, 0])
    refused("unknown column 'kin'; did you mean 'kind'", Dataset.from_frame, frame, "kin")
    refused("is no pandas.DataFrame", Dataset.from_frame, X, "kind")


def test_pandas_is_not_imported():
    code = "import sys, flownet as fn; fn.Dataset([[1.0]], [1.0]); print('pandas' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert told.stdout == "False\n", told.stderr


# ---- parts ------------------------------------------------------------------------------------


def rows_of(parts, data):
    """Row in the data of each sample of each part; samples of the data differ."""
    row = {sample.tobytes(): i for i, sample in enumerate(data.x)}
    return [[row[sample.tobytes()] for sample in part.x] for part in parts]


def test_parts_are_disjoint_and_shuffled():
    data = Dataset(np.arange(100.0).reshape(-1, 1), np.arange(100) % 3)
    parts = data.split([0.6, 0.2, 0.2], seed=4)
    rows = rows_of(parts, data)
    assert [part.m for part in parts] == [60, 20, 20] and sorted(chain(*rows)) == list(range(100))
    assert rows[0] != sorted(rows[0])
    assert rows_of(data.split([0.6, 0.2, 0.2], seed=4), data) == rows
    assert rows_of(data.split([0.6, 0.2, 0.2], seed=5), data) != rows
    assert rows_of(data.split(seed=4), data)[0][:60] == rows[0]


def test_the_same_parts_on_every_machine():
    """Philox's words under the key (seed, 1 << 48 | 128), sorted."""
    data = Dataset(np.arange(6.0).reshape(-1, 1), np.zeros(6))
    raw = np.random.Philox(key=np.array([3, (1 << 48) + 128], np.uint64)).random_raw(6)
    expected = sorted(range(6), key=lambda i: raw[i])
    assert list(chain(*rows_of(data.split(test_size=2, seed=3), data))) == expected


def test_sizes():
    data = fn.data.load("iris")
    sizes = lambda *given, **words: [part.m for part in data.split(*given, **words)]  # noqa: E731
    assert sizes() == [112, 38] and sizes(test_size=0.2) == [120, 30]
    assert sizes(test_size=7) == [143, 7] and sizes([100, 20]) == [100, 20]
    assert sizes([1 / 3, 1 / 3, 1 / 3]) == [50, 50, 50] and sizes([0.1, 0.1]) == [15, 15]
    assert data.split()[0].classes.tolist() == [0, 1, 2]


@pytest.mark.parametrize("seed", range(5))
def test_stratified_parts_have_their_share_of_each_class(seed):
    label = np.repeat(np.arange(4), [90, 33, 11, 3])
    data = Dataset(np.arange(137.0).reshape(-1, 1), label)
    train, test = data.split(test_size=0.3, stratified=True, seed=seed)
    assert (train.m, test.m) == (96, 41)
    for part in (train, test):
        share = np.bincount(label) * part.m / 137
        assert (np.abs(np.bincount(part.labels, minlength=4) - share) < 1).all()
    (rows, more) = rows_of((train, test), data)
    assert sorted(rows + more) == list(range(137)) and rows != sorted(rows)


def test_parts_that_cannot_be():
    data = fn.data.load("iris")
    refused("fractions or test_size, not both", data.split, [0.5, 0.5], test_size=0.5)
    refused("shares between 0 and 1, together 1 at most", data.split, [0.8, 0.3])
    refused("it has to be a list such as", data.split, 0.8)
    refused("test_size is 1.5", data.split, test_size=1.5)
    refused("parts of 0, 150", data.split, test_size=150)
    refused("parts of 100, 100", data.split, [100, 100])
    refused("parts of nothing", data.split, [])
    refused("seed must be a whole number", data.split, seed=0.5)
    with told_in_one_line("the data 'user' have no labels"):
        Dataset(X, [0.0, 1.0, 2.0]).split(stratified=True)


# ---- weights of classes -----------------------------------------------------------------------


def test_balanced_weights_count_every_class_alike():
    data = Dataset(np.zeros((6, 1)), list("aabaaa"), classes=["a", "b", "c"])
    w = data.weights("balanced")
    assert w.tolist() == [0.6, 0.6, 3.0, 0.6, 0.6, 0.6] and w.mean() == pytest.approx(1, rel=1e-15)
    assert data.weights({"b": 5}).tolist() == data.weights([1, 5, 0]).tolist() == [1, 1, 5, 1, 1, 1]


def test_the_loss_of_balanced_weights_is_the_mean_over_classes(digits):
    few = digits.take(np.flatnonzero((digits.labels > 6) | (np.arange(digits.m) < 40)))
    net = fn.Network([64, 10])
    W = net.init(1)
    losses = fn.Potential(net, fn.CrossEntropy(), few).sample_losses(W)
    by_class = [losses[few.labels == c].mean() for c in range(10)]
    weighted = fn.Potential(net, fn.CrossEntropy(sample_metric=few.weights("balanced")), few)
    assert weighted.value(W) == pytest.approx(np.mean(by_class), rel=1e-13)


def test_weights_that_are_none():
    data = Dataset(X, list("aba"))
    refused("'balanced' or numbers, not 'even'", data.weights, "even")
    refused("'c' is not a class; classes are \\['a', 'b'\\]", data.weights, {"c": 2})
    refused("2 numbers from 0 up", data.weights, [1, 2, 3])
    refused("2 numbers from 0 up", data.weights, {"a": -1})
    refused("2 numbers from 0 up", data.weights, ["one", "two"])
    refused("the data 'user' have no classes", Dataset(X, [0.0, 1.0, 2.0]).weights)
