"""What the operating system refuses, as one line that a person can read."""

import errno
import os
import re
from contextlib import contextmanager

from .._errors import FlownetError


@contextmanager
def writing(path):
    """Turn an error of the operating system into a `FlownetError`: this path cannot be written.

    Parameters
    ----------
    path : path
    """
    try:
        yield
    except OSError as error:
        raise FlownetError(f"cannot write {path}: {explain(error)}.") from None


@contextmanager
def words_of(path, what):
    """Turn what is raised while something is made of a file's own words into one line.

    A file may say anything: sizes beyond the memory, words of other types, tables that lack some.

    Parameters
    ----------
    path : path or None
        None for a run in memory, whose words are ours: what is raised then is an error of ours.
    what : str
        What is made.
    """
    try:
        yield
    except Exception as error:
        if path is None:
            raise
        if isinstance(error, FlownetError):
            raise FlownetError(f"{path}: {error}") from None
        text = " ".join(str(error).split())[:200].rstrip(".")
        raise FlownetError(
            f"{path}: what the file says of its {what} makes no sense: "
            f"{type(error).__name__}{text and ' '}{text}."
        ) from error


def explain(error):
    """What the operating system said, out of what HDF5 made of it.

    Parameters
    ----------
    error : Exception

    Returns
    -------
    str
    """
    number = error.errno if isinstance(error, OSError) else None
    found = re.search(r"errno\s*=?\s*(\d+)", str(error), re.IGNORECASE)
    if number is None and found:
        number = int(found.group(1))
    if number == errno.ENOSPC:
        return "the disk is full"
    if number:
        return os.strerror(number)
    return str(error).splitlines()[0] if str(error) else type(error).__name__
