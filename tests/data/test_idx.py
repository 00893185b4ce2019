"""The files of MNIST and Fashion-MNIST: where they are looked for, and how damage is told."""

import gzip
import struct

import numpy as np
import pytest
from basics_of_data import refused
from checkout import SHARED

from flownet.data import _idx, load

MNIST = SHARED / "mnist"
needs_mnist = pytest.mark.skipif(not MNIST.is_dir(), reason="no MNIST files here")
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
