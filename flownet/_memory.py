"""How much memory there is: asked before something is made that may be larger."""

import os

from ._errors import FlownetError

try:
    import resource
except ImportError:  # on Windows
    resource = None  # type: ignore[assignment]

_UNITS = ("kB", "MB", "GB", "TB")
_MOST = 1e21  # that a person reads


def there():
    """Bytes that this process may have at most; None where nothing says how many."""
    known = []
    if hasattr(os, "sysconf"):  # not on Windows
        known.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    if resource is not None:
        soft, _ = resource.getrlimit(resource.RLIMIT_AS)
        known += [] if soft == resource.RLIM_INFINITY else [soft]
    return min(known, default=None)


def refuse_too_large(what, size, remedy=""):
    """Refuse to make what cannot fit into the memory.

    Parameters
    ----------
    what : str
        The subject of "… would take …".
    size : int
        Bytes.
    remedy : str
        What to do, behind a colon.

    Raises
    ------
    FlownetError
    """
    most = there()
    if most is not None and size > most:
        raise FlownetError(
            f"{what} would take {size_text(size)} of memory, and the machine has "
            f"{size_text(most)}{remedy and ': '}{remedy}."
        )


def size_text(size):
    """Number of bytes as a person reads it.

    Parameters
    ----------
    size : int

    Returns
    -------
    str
    """
    if size < 1000:
        return f"{size:.0f} bytes"
    if size >= _MOST:
        return f"more than {_MOST:g} bytes"
    size, units = float(size), list(_UNITS)
    while size >= 1e6 and len(units) > 1:
        size /= 1000
        units.pop(0)
    return f"{size / 1000:.1f} {units[0]}"
