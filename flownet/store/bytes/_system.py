"""What an operating system is asked of an open file, and what instead where it has no such call."""

import os
import sys
from contextlib import suppress

BINARY = getattr(os, "O_BINARY", 0)  # there is no other way but on Windows
sync = getattr(os, "fdatasync", os.fsync)  # not on macOS and Windows


def begin_to_sync(file, offset, size):
    """Let the disk begin with bytes that were written, and do not wait for it.

    On other systems than Linux it begins when it likes.

    Parameters
    ----------
    file : int
        Descriptor.
    offset, size : int
    """
    if sys.platform == "linux":
        with suppress(OSError):  # a hint: of what is not wanted soon the kernel writes what is new
            os.posix_fadvise(file, offset, size, os.POSIX_FADV_DONTNEED)


def write(file, data, offset):
    """Write bytes at an offset, and say how many there was room for.

    Parameters
    ----------
    file : int
        Descriptor.
    data : buffer
    offset : int

    Returns
    -------
    int
    """
    if hasattr(os, "pwrite"):  # not on Windows, where one thread is all that has this file
        return os.pwrite(file, data, offset)
    os.lseek(file, offset, os.SEEK_SET)
    return os.write(file, data)


def read(file, size, offset):
    """At most so many bytes from an offset on.

    Parameters
    ----------
    file : int
        Descriptor.
    size, offset : int

    Returns
    -------
    bytes
    """
    if hasattr(os, "pread"):  # not on Windows either
        return os.pread(file, size, offset)
    os.lseek(file, offset, os.SEEK_SET)
    return os.read(file, size)
