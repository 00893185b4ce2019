"""Data sets: what is in them, what a user's arrays may be, and what every mistake is told."""

import gzip
import pickle
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from checkout import SHARED
from mistakes import told_in_one_line

from flownet import data
from flownet.data import Dataset, _idx, _shipped, from_table, load
from flownet.data._elementary import cos_sin_turns, tanh

X = [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]
MNIST = SHARED / "mnist"
needs_mnist = pytest.mark.skipif(not MNIST.is_dir(), reason="no MNIST files here")

# The digests of what comes with flownet, or is made by it: they change on no machine.
SHA256 = {
    "digits": "6beededd91543459844c70c224e8d3bf382f8795a956afbb30c2f5b5a5fc03c9",
    "iris": "8d075e8e0b5efdd0425ec23ac34d519852d52b59780b717412c2e6522b8edb4a",
    "xor": "010310b71bf2c44d6926ec9545432a705a403eafdcd4ec4aed7437493bae4ef3",
    "xor-p": "dcbf2b0cc448f100ada287a598510bd40c9237634d74c5e302844755ace87f53",
    "spiral": "5aa1a4403683f7dc6fc443eb2104f9b59fb9f8f88c7ec860d54ce416ddb51443",
    "gaussian": "c420ad0b93a183b7ce804a093db4bf2b1613f378d771896e921b5bf121107bd0",
    "teacher": "0c680e33d95fce3c97e7c36108560cc272cd866784c6cd5904ee9d7efa984cc8",
    "antenna": "60d9e5cf4c27110f8aa9871abd6057fb596363d23a73868ae3588fc7c1db83de",
    "fingerprint": "fcbb916aba4e3914db489c0ecb7d1dcf04f9d5b6d344740df1ee69303294b89f",
    "spring": "e38c9eafebb964a76da112f64e961b851b2009530b5013538afc79164d8adcbf",
    "resonator": "61ffe61df82b0191783b5402361d7f1eb59db936e63652c4f26adda9fb52e302",
}


def refused(line, call, *args, **options):
    with told_in_one_line(line):
        call(*args, **options)


# ---- the data set ---------------------------------------------------------------------------


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


# ---- sets by name ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", SHA256)
def test_golden_digests(name):
    assert load(name).sha256 == SHA256[name]


def test_names():
    assert data.names() == [*SHA256, "mnist", "fashion-mnist"]


def test_digits():
    d = load("digits")
    assert d.x.shape == (1797, 64) and d.y.shape == (1797, 10) and d.x.dtype == np.float64
    assert d.x.min() == 0 and d.x.max() == 1 and set(np.unique(d.x * 16)) == set(range(17))
    assert d.labels[:4].tolist() == [0, 1, 2, 3] and (d.y.sum(axis=1) == 1).all()
    assert np.bincount(d.labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert (d.x[0, :8] * 16).tolist() == [0, 0, 5, 13, 9, 1, 0, 0]


def test_iris():
    d = load("iris")
    assert d.x.shape == (150, 4) and d.y.shape == (150, 3)
    assert np.bincount(d.labels).tolist() == [50, 50, 50]
    np.testing.assert_allclose(d.x.mean(axis=0), [5.843333, 3.057333, 3.758, 1.199333], rtol=1e-6)
    assert d.x[34].tolist() == [4.9, 3.1, 1.5, 0.2]  # the two that UCI's own file misquotes
    assert d.x[37].tolist() == [4.9, 3.6, 1.4, 0.1]


def test_xor():
    d = load("xor")
    assert d.x.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert d.y.tolist() == [[0], [1], [1], [0]] and d.labels.tolist() == [0, 1, 1, 0]


def test_limit_keeps_the_first():
    d = load("digits", limit=100)
    np.testing.assert_array_equal(d.x, load("digits").x[:100])
    assert d.describe() == {"name": "digits", "split": "train", "limit": 100}
    assert load("iris", limit=1).y.shape == (1, 3)
    assert load("iris", limit=np.int32(3)).m == 3


@pytest.mark.parametrize("limit", [0, -5, 2.5, "10", True])
def test_limits_that_are_none(limit):
    refused("limit must be a whole number from 1 up", load, "digits", limit=limit)


def test_load_mistakes():
    refused("unknown data set 'digit'; did you mean 'digits'", load, "digit")
    refused("named by a string", load, ["digits"])
    refused("unknown split 'tests'; did you mean 'test'", load, "digits", split="tests")
    refused("limit=151, but 'iris' holds 150 samples", load, "iris", limit=151)
    refused("digits takes no option 'seed'", load, "digits", seed=0)
    refused("mnist takes no option 'seed'", load, "mnist", seed=0)
    refused("unknown spiral option 'turn'; did you mean 'turns'", load, "spiral", turn=2)


@pytest.mark.parametrize("name", ["digits", "iris", "xor", "spiral"])
def test_sets_without_a_split(name):
    refused(f"{name} has no split: it is 'train' in full", load, name, split="test")


@pytest.mark.parametrize("name", ["digits", "xor"])
def test_a_share_is_held_out(name):
    """Train and test are the whole; each says what makes it again."""
    whole, share = load(name), 0.25
    train, test = (load(name, split=split, held_out=share) for split in ("train", "test"))
    assert test.m == round(share * whole.m)
    rows = np.concatenate([train.x, test.x])
    assert np.array_equal(np.unique(rows, axis=0), np.unique(whole.x, axis=0))
    if name == "digits":
        counts = [np.bincount(part.labels, minlength=10) / part.m for part in (train, test)]
        assert abs(counts[0] - counts[1]).max() < 2e-3
        parts = whole.split(test_size=share, stratified=True)
        assert [part.sha256 for part in parts] == [train.sha256, test.sha256]
    for part in (train, test.first(1)):
        assert from_table(part.describe()).sha256 == part.sha256


@pytest.mark.parametrize("share", [0, 1, 1.5, "half", True])
def test_what_is_no_share_is_told(share):
    refused("held_out is .*; it has to be a share between 0 and 1", load, "iris", held_out=share)
    refused("teacher has a split of its own", load, "teacher", held_out=share)


def test_a_missing_shipped_file_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(_shipped, "_folder", lambda: tmp_path)
    refused("iris.csv cannot be read .*install it again", load, "iris")


def test_it_loads_from_any_folder(tmp_path):
    root = str(Path(data.__file__).parents[2])
    code = "import flownet.data as d; print(d.load('digits').sha256)"
    out = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={"PYTHONPATH": root}, capture_output=True
    )
    assert out.stdout.decode().strip() == SHA256["digits"]


# ---- made sets ------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [2, 3, 7])
def test_xor_of_p_values(p):
    d = load("xor-p", p=p)
    assert d.x.shape == (p * p, 2 * p) and d.y.shape == (p * p, p)
    assert (d.x[:, :p].sum(axis=1) == 1).all() and (d.x[:, p:].sum(axis=1) == 1).all()
    a, b = d.x[:, :p].argmax(axis=1), d.x[:, p:].argmax(axis=1)
    assert (a * p + b == np.arange(p * p)).all()
    assert (d.labels == [(i - j) % p for i, j in zip(a, b)]).all()
    assert (d.y.argmax(axis=1) == d.labels).all()
    if p == 2:
        assert (d.labels == (a != b)).all()
    assert data.from_table(d.describe()).sha256 == d.sha256


def test_elementary_functions():
    z = np.concatenate([np.linspace(-30, 30, 10_001), [0.0, 1e-300, 1e300]])
    np.testing.assert_allclose(tanh(z), np.tanh(z), rtol=0, atol=5e-16)
    u = np.linspace(-1, 1, 10_001)
    cosine, sine = cos_sin_turns(u)
    np.testing.assert_allclose(cosine, np.cos(2 * np.pi * u), rtol=0, atol=2e-15)
    np.testing.assert_allclose(sine, np.sin(2 * np.pi * u), rtol=0, atol=2e-15)
    exact = cos_sin_turns(np.array([0.0, 0.25, 0.5, 0.75, 1.0]))
    assert np.array(exact).T.tolist() == [[1, 0], [0, 1], [-1, 0], [0, -1], [1, 0]]


def test_spiral():
    d = data.spiral(m=300, classes=3, turns=1.5, seed=4)
    radius, angle = np.hypot(*d.x.T), np.arctan2(d.x[:, 1], d.x[:, 0]) / (2 * np.pi)
    assert d.y.shape == (300, 3) and np.bincount(d.labels).tolist() == [100, 100, 100]
    assert radius.max() < 1
    arm = angle - 1.5 * radius - d.labels / 3
    np.testing.assert_allclose(arm, np.rint(arm), atol=1e-12)


def test_spiral_noise_blurs_and_keeps_the_arms():
    blur = data.spiral(m=2000, noise=0.1).x - data.spiral(m=2000).x
    np.testing.assert_allclose(blur.std(axis=0), 0.1, rtol=0.1)


def test_more_samples_leave_the_first():
    np.testing.assert_array_equal(data.spiral(m=50, noise=0.1).x, data.spiral(noise=0.1).x[:50])
    np.testing.assert_array_equal(data.teacher(m=50).y, data.teacher().y[:50])


def test_teacher_is_its_equation():
    draw = data._made._normals
    W, b, U = draw(3, "weights", 7, 5), draw(3, "bias", 1, 7), draw(3, "readout", 2, 7)
    d = data.teacher(m=40, n_in=5, n_out=2, hidden=7, seed=3)
    y = np.tanh(d.x @ W.T / np.sqrt(5) + b) @ U.T / np.sqrt(7)
    assert d.x.shape == (40, 5)
    np.testing.assert_allclose(d.y, y, rtol=1e-13, atol=1e-14)


def test_teacher_split_asks_the_same_teacher():
    train, test = load("teacher", m=500, n_in=1), load("teacher", m=500, n_in=1, split="test")
    assert not np.intersect1d(train.x, test.x).size
    order = np.argsort(train.x[:, 0])
    answer = np.interp(test.x[:, 0], train.x[order, 0], train.y[order, 0])
    assert np.median(np.abs(answer - test.y[:, 0])) < 1e-3


def test_teacher_noise():
    noise = data.teacher(noise=0.3).y - data.teacher().y
    assert abs(noise.std() - 0.3) < 0.03


def test_seeds_differ():
    assert data.spiral(seed=1).sha256 != data.spiral().sha256
    assert data.teacher(seed=1).sha256 != data.teacher().sha256


@pytest.mark.parametrize(
    "name, option, line",
    [
        ("spiral", {"classes": 1}, "classes must be a whole number from 2 up, not 1"),
        ("spiral", {"m": 2, "classes": 3}, "m must be a whole number from 3 up, not 2"),
        ("spiral", {"noise": -0.1}, "noise must be a number from 0 up, not -0.1"),
        ("spiral", {"noise": float("nan")}, "noise must be a number"),
        ("spiral", {"turns": 0}, "turns must be a number above 0, not 0"),
        ("spiral", {"seed": 1.5}, "seed must be a whole number from 0 up, not 1.5"),
        ("teacher", {"m": 0}, "m must be a whole number from 1 up, not 0"),
        ("teacher", {"hidden": "many"}, "hidden must be a whole number"),
        ("teacher", {"noise": "loud"}, "noise must be a number"),
    ],
)
def test_made_set_mistakes(name, option, line):
    refused(line, load, name, **option)


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


def test_table_mistakes(tmp_path):
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


# ---- MNIST ----------------------------------------------------------------------------------

TEST_FILES = ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


@pytest.fixture
def fashion(tmp_path):
    """A folder with an uncompressed test split of the right form."""
    pixels = np.arange(10_000 * 784, dtype=np.int64) % 256
    write_idx(tmp_path / TEST_FILES[0], (0x803, 10_000, 28, 28), pixels)
    write_idx(tmp_path / TEST_FILES[1], (0x801, 10_000), np.arange(10_000) % 10)
    return tmp_path


def write_idx(path, header, values):
    path.write_bytes(struct.pack(f">{len(header)}I", *header) + values.astype("u1").tobytes())


def load_fashion(root):
    return load("fashion-mnist", split="test", root=root)


def test_idx_files(fashion):
    d = load_fashion(fashion)
    assert d.x.shape == (10_000, 784) and d.x.dtype == d.y.dtype == np.float32
    np.testing.assert_array_equal(d.x[0, :256], np.arange(256, dtype="f4") / np.float32(255))
    assert d.labels[:12].tolist() == [*range(10), 0, 1] and d.y.shape == (10_000, 10)
    assert d.describe() == {"name": "fashion-mnist", "split": "test", "root": str(fashion)}


def test_idx_folder_from_the_environment(fashion, monkeypatch):
    (fashion / "fashion-mnist").mkdir()
    for name in TEST_FILES:
        (fashion / name).rename(fashion / "fashion-mnist" / name)
    monkeypatch.setenv("FLOWNET_DATA", str(fashion))
    d = load("fashion-mnist", split="test", limit=20)
    assert d.describe() == {"name": "fashion-mnist", "split": "test", "limit": 20}
    assert load_fashion(fashion).m == 10_000


def test_idx_missing(tmp_path, monkeypatch):
    monkeypatch.delenv("FLOWNET_DATA", raising=False)
    wanted = "put train-images-idx3-ubyte.gz and train-labels-idx1-ubyte.gz .or the same"
    refused(f"{wanted}.*root= or in the variable FLOWNET_DATA", load, "mnist")
    refused(f"{wanted}.*into .*/mnist or ", load, "mnist", root=tmp_path)
    refused("put t10k-images.*nothing|nothing.*put t10k-images", load, "mnist", split="test")
    monkeypatch.setenv("FLOWNET_DATA", str(tmp_path))
    refused(r"/fashion-mnist or .*\(FLOWNET_DATA\)", load, "fashion-mnist")


def test_idx_damage(fashion):
    images, labels = (fashion / name for name in TEST_FILES)
    whole = labels.read_bytes()

    labels.write_bytes(whole[:-1])
    refused("t10k-labels.*expected 10008 bytes of content, found 10007", load_fashion, fashion)
    labels.write_bytes(whole + b"0")
    refused("expected 10008 bytes of content, found more", load_fashion, fashion)
    labels.write_bytes(whole[:5])
    refused("found only 5 bytes", load_fashion, fashion)
    labels.write_bytes(whole[:100] + b"\x0a" + whole[101:])
    refused("expected labels 0 .. 9, found 10 at row 92", load_fashion, fashion)
    labels.write_bytes(whole[:9] + b"\x02" + whole[10:])
    refused("expected 1000 of each class, found", load_fashion, fashion)
    labels.write_bytes(whole)

    write_idx(images, (0x801, 10_000, 28, 28), np.zeros(784))
    refused(r"expected the header \(2051, 10000, 28, 28\), found \(2049,", load_fashion, fashion)
    write_idx(images, (0x803, 60_000, 28, 28), np.zeros(784))
    refused(r"found \(2051, 60000, 28, 28\)", load_fashion, fashion)


def test_idx_compressed_files_must_be_the_published_ones(fashion):
    images = fashion / TEST_FILES[0]
    packed = fashion / f"{TEST_FILES[0]}.gz"
    whole = gzip.compress(images.read_bytes(), 1, mtime=0)
    packed.write_bytes(whole)
    expected = _idx._MD5["fashion-mnist"][packed.name]
    refused(f"gz is not the published file: expected the MD5 {expected}", load_fashion, fashion)
    packed.write_bytes(whole[:-100])
    refused("images-idx3-ubyte.gz .*found one cut short", load_fashion, fashion)
    packed.write_bytes(b"no gzip at all")
    refused("expected a gzip file, found damage", load_fashion, fashion)
    packed.write_bytes(whole[:2000] + b"\xff" * 50 + whole[2050:])
    refused("is not the published file", load_fashion, fashion)


def test_idx_uncompressed_mnist_is_checked_too(fashion):
    expected = _idx._MD5["mnist"][TEST_FILES[0]]
    refused(f"expected the MD5 {expected}", load, "mnist", split="test", root=fashion)


@needs_mnist
def test_mnist():
    train, test = load("mnist", root=MNIST), load("mnist", split="test", root=MNIST.parent)
    assert train.x.shape == (60_000, 784) and test.x.shape == (10_000, 784)
    assert train.labels[:5].tolist() == [5, 0, 4, 1, 9] and test.labels[:3].tolist() == [7, 2, 1]
    assert train.x.dtype == np.float32 and train.x.min() == 0 and train.x.max() == 1
    assert abs(train.x.mean(dtype=float) - 0.1306604762738429) < 1e-7


@needs_mnist
def test_mnist_uncompressed(tmp_path):
    for name in TEST_FILES:
        (tmp_path / name).write_bytes(gzip.decompress((MNIST / f"{name}.gz").read_bytes()))
    assert load("mnist", split="test", root=tmp_path).m == 10_000


@needs_mnist
def test_mnist_is_not_fashion():
    refused("found .*, the file of mnist", load, "fashion-mnist", root=MNIST)
