"""A user's data from an .npz or an HDF5 file."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np

from .._errors import FlownetError
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
    path = Path(root or ".", file)
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
    except (OSError, ValueError, EOFError, BadZipFile, zlib.error) as error:
        raise FlownetError(f"{path} cannot be read as {path.suffix}: {error}") from None


def _npz(path, limit):
    file = np.load(path, allow_pickle=False)
    if not isinstance(file, np.lib.npyio.NpzFile):
        raise FlownetError(f"{path} holds a single array, not an .npz with x and y.")
    with file:
        keys = _present(path, file.files)
        return {key: _head(file[key], limit) for key in keys}


def _hdf5(path, limit):
    import h5py

    with h5py.File(path, "r") as file:
        keys = _present(path, [key for key in file if isinstance(file.get(key), h5py.Dataset)])
        return {key: _head(file[key], limit) for key in keys}


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
