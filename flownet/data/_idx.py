"""MNIST and Fashion-MNIST from their four IDX files, which the user brings.

A compressed file must be the published one, byte for byte (MD5). So must the content of an
uncompressed MNIST file. Nobody publishes the MD5 of uncompressed Fashion-MNIST: there the header,
the size, the range of the labels and their balance (every class equally often) must be right.
"""

import hashlib
import os
import struct
import zlib
from gzip import BadGzipFile, GzipFile
from io import BytesIO
from pathlib import Path

import numpy as np

from .._errors import FlownetError
from ._dataset import Dataset

_FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
_MD5 = {
    "mnist": {
        "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
        "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
        "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
        "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
        "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
        "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
        "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
    },
    "fashion-mnist": {
        "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
        "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
        "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
    },
}
_IMAGES_MAGIC, _LABELS_MAGIC = 0x803, 0x801
_VARIABLE = "FLOWNET_DATA"


def images(name, *, split="train", root=None):
    """28 x 28 images in [0, 1] as float32, ten classes; x (m, 784), y (m, 10)."""
    image_path, label_path = _find(name, _FILES[split], root)
    m = {"train": 60000, "test": 10000}[split]
    pixels = _content(name, image_path, (_IMAGES_MAGIC, m, 28, 28))
    label = _content(name, label_path, (_LABELS_MAGIC, m))
    _check_labels(name, label_path, label)
    source = {"name": name, "split": split}
    if root is not None:
        source["root"] = str(root)
    # k / 255 rounded to float32: 60000 images take 188 MB, half of what doubles would.
    x = np.divide(pixels.reshape(m, 784), np.float32(255), dtype=np.float32)
    return Dataset(x, label, classes=10, name=name, source=source)


def _find(name, stems, root):
    """Paths of the files, each compressed or not, from the first folder that has them all."""
    place = root if root is not None else os.environ.get(_VARIABLE)
    folders = [Path(place) / name, Path(place)] if place else []
    for folder in folders:
        found = [_either(folder, stem) for stem in stems]
        if all(found):
            return found
    wanted = " and ".join(f"{stem}.gz" for stem in stems)
    where = (
        f"{folders[0]} or {folders[1]}"
        if folders
        else f"a folder, and name that folder in root= or in the variable {_VARIABLE}"
    )
    also = "" if root is not None or not folders else f" ({_VARIABLE})"
    raise FlownetError(
        f"{name} does not come with flownet and nothing is downloaded: put {wanted} (or the same "
        f"without .gz) into {where}{also}."
    )


def _either(folder, stem):
    """Path of a file, compressed first, for that one has a published checksum."""
    return next((p for p in (folder / f"{stem}.gz", folder / stem) if p.is_file()), None)


def _content(name, path, header):
    """Bytes after the header, checked on the way; `header` is what the header must say."""
    start = struct.pack(f">{len(header)}I", *header)
    size = len(start) + int(np.prod(header[1:], dtype=np.int64))
    raw = _read(path, size)
    content = _unpack(path, raw, size) if path.suffix == ".gz" else raw
    if content[: len(start)] != start:
        _refuse(path, f"the header {header}", _header(content, len(header)))
    if len(content) != size:
        more = "more" if len(content) > size else f"{len(content)}"
        _refuse(path, f"{size} bytes of content", more)
    _check_sum(name, path, raw)
    return np.frombuffer(content, np.uint8, offset=len(start))


def _read(path, size):
    """Bytes of a file; one more than `size` is enough to see that it is too long."""
    try:
        with open(path, "rb") as file:
            return file.read(size + 1)
    except OSError as error:
        raise FlownetError(f"{path} cannot be read: {error.strerror}.") from None


def _unpack(path, raw, size):
    try:
        return GzipFile(fileobj=BytesIO(raw)).read(size + 1)
    except EOFError:
        _refuse(path, f"a gzip file of {size} bytes", f"one cut short at {len(raw)} bytes")
    except (BadGzipFile, zlib.error) as error:
        _refuse(path, "a gzip file", f"damage ({error})")


def _header(content, fields):
    if len(content) < 4 * fields:
        return f"only {len(content)} bytes"
    return struct.unpack(f">{fields}I", content[: 4 * fields])


def _check_sum(name, path, raw):
    """The MD5 of the file as it lies on the disk, against the published one."""
    expected = _MD5[name].get(path.name)
    found = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    if expected and found != expected:
        twin = [other for other in _MD5 if _MD5[other].get(path.name) == found]
        _refuse(path, f"the MD5 {expected}", found + (f", the file of {twin[0]}" if twin else ""))


def _check_labels(name, path, label):
    """Ten classes, in Fashion-MNIST equally many of each."""
    if label.max() > 9:
        row = int(np.argmax(label > 9))
        _refuse(path, "labels 0 .. 9", f"{label[row]} at row {row}")
    counts = np.bincount(label, minlength=10)
    if name == "fashion-mnist" and (counts != len(label) // 10).any():
        _refuse(path, f"{len(label) // 10} of each class", f"{counts.tolist()}")


def _refuse(path, expected, found):
    raise FlownetError(f"{path} is not the published file: expected {expected}, found {found}.")
