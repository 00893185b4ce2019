"""A user's data from an .npz or an HDF5 file."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .._errors import FlownetError
from .._file_path import file_path
from .._hdf5 import array_at
from .._memory import refuse_too_large
from ._check import whole
from ._dataset import Dataset

if TYPE_CHECKING:
    from .._types import Count, PathLike

_KEYS = ("x", "y", "labels")


def load_file(
    file: PathLike, *, limit: Count | None = None, root: PathLike | None = None
) -> Dataset:
    """Read a data set from a file that holds the arrays `x` and `y`, and `labels` if it likes.

    Parameters
    ----------
    file : path
        `.npz`, or HDF5 with the suffix `.h5` or `.hdf5`.
    limit : int, optional
        Keep the first samples only; an HDF5 file is then read no further.
    root : path, optional
        Folder that a relative `file` starts from; by default the current one.

    Returns
    -------
    Dataset
        Named after the file, its arrays treated as `Dataset` treats them.

    Raises
    ------
    FlownetError
        When the file is missing, is of another kind, cannot be read, lacks `x` or `y`, or holds
        arrays that are no data.
    """
    limit = None if limit is None else whole("limit", limit, 1)
    path = Path("." if root is None else file_path("root", root), file_path("file", file))
    if path.suffix.lower() not in _READERS:
        raise FlownetError(f"{path}: data files end in {', '.join(_READERS)}.")
    if not path.is_file():
        raise FlownetError(f"there is no data file {path}.")
    arrays = _read(path, limit)
    source = {"file": str(file)} | ({} if root is None else {"root": str(root)})
    try:
        data = Dataset(**arrays, name=path.stem, source=source)
        return data if limit is None else data.first(limit)
    except FlownetError as error:
        raise FlownetError(f"{path}: {error}") from None


def _read(path, limit):
    """Arrays of the file by their key."""
    try:
        return _READERS[path.suffix.lower()](path, limit)
    except FlownetError:
        raise
    except Exception as error:  # NumPy, zipfile and h5py raise a dozen types for a broken file
        reason = " ".join(str(error).split()) or type(error).__name__
        raise FlownetError(f"{path} cannot be read as {path.suffix}: {reason}") from None


def _npz(path, limit):
    file = np.load(path, allow_pickle=False)
    if not isinstance(file, np.lib.npyio.NpzFile):
        raise FlownetError(f"{path} holds a single array, not an .npz with x and y.")
    with file:
        keys = _present(path, file.files)
        for key in keys:
            _refuse_too_large(path, file.zip, key)
        return {key: _head(file[key], limit) for key in keys}


def _refuse_too_large(path, archive, key):
    """Refuse an array of an .npz that declares more than the memory holds, however it is packed."""
    packed = archive.getinfo(key if key in archive.namelist() else f"{key}.npy")
    with archive.open(packed) as file:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else None
        shape, _, dtype = (read or np.lib.format.read_array_header_2_0)(file)
    size = max(math.prod(shape) * dtype.itemsize, packed.file_size)
    refuse_too_large(f"{path}: {key} of the shape {shape}", size)


def _hdf5(path, limit):
    import h5py

    with h5py.File(path, "r") as file:
        keys = _present(path, list(file))
        return {key: _head(array_at(file, key, str(path), limit), limit) for key in keys}


def _head(array, limit):
    """First rows of an array in memory or on the disk."""
    return array[:limit] if array.ndim else array[()]


def _present(path, held):
    """Keys to read; x and y must be among those the file holds."""
    missing = [key for key in ("x", "y") if key not in held]
    if missing:
        known = ", ".join(held) or "nothing"
        raise FlownetError(f"{path} has no {' and no '.join(missing)}; it holds {known}.")
    return [key for key in _KEYS if key in held]


_READERS = {".npz": _npz, ".h5": _hdf5, ".hdf5": _hdf5}
