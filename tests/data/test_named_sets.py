"""Data sets by name: what is in them, which samples are taken, and what mistakes are told."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from basics_of_data import refused

from flownet import data
from flownet.data import _shipped, from_table, load

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
