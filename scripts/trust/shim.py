"""The shim that sees every write, compiled where it is needed: `shim.c`."""

import ctypes
import errno
import os
import shutil
import struct
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

SOURCE = Path(__file__).with_name("shim.c")
CREATE, WRITE, TRUNCATE, RENAME, UNLINK, SYNC = range(1, 7)
ERRORS = {"the disk is full": errno.ENOSPC, "Input/output error": errno.EIO}

#: a change of a file, as the shim writes it down: for a renaming, `data` is the new path
Change = namedtuple("Change", "kind path offset data")


def why_not():
    """Why there can be no shim here, or None."""
    if not sys.platform.startswith("linux"):
        return "writes are caught by LD_PRELOAD, as Linux has it"
    if _compiler() is None:
        return "there is no C compiler (cc, gcc, clang)"
    return None


def _compiler():
    return next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)


def environment(folder):
    """Variables of a process whose writes are caught; the shim is compiled into a folder."""
    library = Path(folder, "shim.so")
    words = [_compiler(), "-shared", "-fPIC", "-O1", "-w", "-o", library, SOURCE, "-ldl"]
    subprocess.run(list(map(str, words)), check=True)
    return {**os.environ, "LD_PRELOAD": str(library)}


class Shim:
    """The shim of this process, which was started with `environment`."""

    def __init__(self, folder):
        self._library = ctypes.CDLL(None)
        self._library.trust_count.restype = ctypes.c_long
        self._library.trust_folder(os.fsencode(os.path.realpath(folder)))

    def log(self, path):
        """Write changes down from now on; None ends it."""
        self._library.trust_log(None if path is None else os.fsencode(path))

    def fail(self, first, howmany, error, part=0):
        """Let changes fail from the one of a number on, counted from now."""
        words = ctypes.c_long(first), ctypes.c_long(howmany), error, part
        self._library.trust_fail(*words)

    def still(self):
        """Let nothing fail."""
        self.fail(-1, 0, 0)

    @property
    def count(self):
        """Changes since `fail`."""
        return self._library.trust_count()


def changes(log):
    """All changes that a log tells of."""
    with open(log, "rb") as file:
        while head := file.read(32):
            kind, length, offset, size = struct.unpack("<4Q", head)
            path = os.fsdecode(file.read(length))
            yield Change(kind, path, offset, file.read(size))
