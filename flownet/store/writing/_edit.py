"""Changes to a file that no run is writing: made in a copy that takes its place when complete."""

import os
import shutil

from .._failure import writing
from .._size import check_space
from ..bytes import _attributes, _superblock, refuse_busy
from ..reading import Reader
from ._create import draft_of, open_to_write

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
    with draft_of(path) as draft:
        check_space(path, os.path.getsize(path) + growth)
        shutil.copy2(path, draft)
        with open_to_write(draft) as file:
            change(file)
        with open(draft, "r+b") as file:  # Windows brings nothing to the disk that is only read
            os.fsync(file.fileno())


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
    with writing(path):
        _superblock.repair(path)
        if os.path.getsize(path) > LARGE:
            with open_to_write(path) as file:
                _put_experiment(file, text)
        else:
            in_copy(path, lambda file: _put_experiment(file, text))


def _put_experiment(file, text):
    _attributes.write(file, {**_attributes.read(file, file.filename), "experiment": text})
