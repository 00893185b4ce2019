"""A file that somebody deletes, moves or replaces while a run is written to it."""

import os
from itertools import count

from ..._errors import FlownetError
from .._failure import explain
from ..bytes import _superblock


def refuse_gone(path, file):
    """Refuse to go on writing a file that is no longer what its path leads to.

    A file that was deleted lives on as long as it is open: what it holds is kept beside it.

    Parameters
    ----------
    path : str
    file : StagedFile

    Raises
    ------
    FlownetError
    """
    mine = file.status()
    try:
        found = os.stat(path)
    except OSError:
        found = None
    if found is not None and (found.st_dev, found.st_ino) == (mine.st_dev, mine.st_ino):
        return
    what = "deleted" if found is None else "replaced by another file"
    if mine.st_nlink:
        where = "it is in that file, wherever that was moved"
        what = "moved away" if found is None else what
    else:
        where = _kept(path, file)
    raise FlownetError(
        f"{path} was {what} while a run was written to it. The run has stopped; as for what it had "
        f"recorded, {where}."
    )


def _kept(path, file):
    """Keep what a file holds in one beside it: where it is, in words."""
    stem, ending = os.path.splitext(path)
    try:
        for number in count(1):
            kept = f"{stem}.recorded{'' if number == 1 else number}{ending}"
            try:
                file.copy(kept)
            except FileExistsError:
                continue
            _superblock.repair(kept)
            return f"it is in {kept}, and flownet resume goes on from there"
    except OSError as error:
        return f"it could not be kept: {explain(error)}"
