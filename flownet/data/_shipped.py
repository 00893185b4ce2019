"""The small data sets that come with flownet, read from their plain files."""

import gzip
from importlib import resources
from pathlib import Path

import numpy as np

from .._errors import FlownetError
from ._dataset import Dataset

# An installed flownet carries the files as this package; a plain checkout has them in `data/`.
_PACKAGE = "flownet.datasets"
_CHECKOUT = Path(__file__).resolve().parents[2] / "data"


def digits():
    """1797 images of 8 x 8 grey levels in [0, 1], ten digits; x (1797, 64), y (1797, 10)."""
    table = _table("digits.csv.gz")
    return _classified("digits", table[:, :-1] / 16, table[:, -1])


def iris():
    """150 flowers of three species, four lengths in cm; x (150, 4), y (150, 3)."""
    table = _table("iris.csv")
    return _classified("iris", table[:, :-1], table[:, -1])


def xor():
    """The truth table of the exclusive or; x (4, 2), y (4, 1) with values 0 and 1."""
    table = _table("xor.csv")
    x, y = table[:, :-1], table[:, -1:]
    return Dataset(x, y, labels=y[:, 0].astype(np.int64), name="xor", source=_source("xor"))


def _classified(name, x, label):
    return Dataset(x, label.astype(np.int64), name=name, source=_source(name))


def _source(name):
    return {"name": name, "split": "train"}


def _table(filename):
    """Numbers of a shipped file, float64 of shape (rows, columns)."""
    path = _folder() / filename
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FlownetError(
            f"{path} cannot be read ({error.strerror}); it comes with flownet, so install it again."
        ) from None
    text = gzip.decompress(content) if filename.endswith(".gz") else content
    return np.loadtxt(text.decode().splitlines(), delimiter=",", skiprows=1, ndmin=2)


def _folder():
    try:
        return resources.files(_PACKAGE)
    except ModuleNotFoundError:
        return _CHECKOUT
