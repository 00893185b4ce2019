"""The path of a file as a user hands it in."""

import os

from ._errors import FlownetError, shown


def file_path(what, given):
    """A path as text, or the line that says why it is none.

    Parameters
    ----------
    what : str
        The subject of "… has to be the path of a file".
    given : object

    Returns
    -------
    str

    Raises
    ------
    FlownetError
        For what is no path, and for one that no file can have.
    """
    try:
        path = os.fspath(given)
        if isinstance(path, str) and path and b"\0" not in os.fsencode(path):
            return path
    except (TypeError, UnicodeError):
        pass
    raise FlownetError(f"{what} is {shown(given)}; it has to be the path of a file.")
