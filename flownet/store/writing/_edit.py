"""Changes to a file that no run is writing: made in a copy that takes its place when complete."""

import os
import shutil
import uuid

from ..._errors import FlownetError
from .._layout import check_space
from ..bytes import _attributes, _superblock, refuse_busy
from ..reading import Reader
from ._create import open_to_write
from ._writer import explain

LARGE = 300 << 20  # bytes of a run that are not copied for the sake of a small change


def in_copy(path, change, growth=0):
    """Change a file as if in one moment: killed before, it is the old one, after, the new one.

    Parameters
    ----------
    path : path
    change : callable
        Is given the open copy, an h5py.File.
    growth : int
        Bytes that the file will grow by.

    Raises
    ------
    FlownetError
        The disk is too small, or the file cannot be written.
    """
    folder, name = os.path.split(os.path.abspath(path))
    draft = os.path.join(folder, f".{name}.{os.getpid()}.{uuid.uuid4().hex[:8]}.part")
    try:
        check_space(path, os.path.getsize(path) + growth)
        try:
            shutil.copy2(path, draft)
            with open_to_write(draft) as file:
                change(file)
            with open(draft, "rb") as file:
                os.fsync(file.fileno())
            os.replace(draft, path)
        finally:
            if os.path.exists(draft):
                os.remove(draft)
    except OSError as error:
        raise FlownetError(f"cannot write {path}: {explain(error)}.") from None


def rewrite_experiment(path, text):
    """Replace the experiment that a run's file keeps, for a run that goes on under other words.

    Parameters
    ----------
    path : path
        Beyond 300 MB the file itself is changed, not a copy.
    text : str
        The experiment as TOML.

    Raises
    ------
    FlownetError
        The file is being written, damaged, not one of ours, or cannot be written.
    """
    Reader(path).close()
    refuse_busy(path)
    try:
        _superblock.repair(path)
        if os.path.getsize(path) > LARGE:
            with open_to_write(path) as file:
                _put_experiment(file, text)
        else:
            in_copy(path, lambda file: _put_experiment(file, text))
    except OSError as error:
        raise FlownetError(f"cannot write {path}: {explain(error)}.") from None


def _put_experiment(file, text):
    _attributes.write(file, {**_attributes.read(file, file.filename), "experiment": text})
