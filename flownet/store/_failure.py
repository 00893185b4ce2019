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
