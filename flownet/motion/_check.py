"""Checks of numbers and places, each with one line that says what would be right."""

import os

import numpy as np

from .._errors import FlownetError, shown
from ..kernels.device import kernels_of
from ..model._check import is_real, is_whole
from ..store._size import size_text


def whole(name, value, least=-np.inf):
    """A whole number not below `least`."""
    if not is_whole(value, least):
        up = f" from {least} up" if least > -np.inf else ""
        raise FlownetError(f"{name} is {value!r}; it has to be a whole number{up}.")
    return int(value)


def is_number(value):
    """Whether a value is one finite real number; True and False are none."""
    return is_real(value)


def positive(name, value):
    """A number above 0."""
    if not (is_number(value) and value > 0):
        raise FlownetError(f"{name} is {shown(value)}; it has to be a number above 0.")
    return float(value)


def threads(number):
    """Refuse a number of threads that cannot be had."""
    kernels = kernels_of()
    if number is not None and not 1 <= whole("threads", number, 1) <= kernels.most():
        why = (
            ": it was forked from one that had used threads; processes that multiprocessing "
            "starts by spawn or forkserver have no such limit"
            if kernels.forked()
            else ""
        )
        raise FlownetError(f"threads is {number}; this process may use 1 to {kernels.most()}{why}.")


def memory(size):
    """Refuse a run in memory that cannot fit there."""
    if not hasattr(os, "sysconf"):  # on Windows: nothing says how much there is
        return
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if size > there:
        raise FlownetError(
            f"the run would take {size_text(size)} of memory, and the machine has "
            f"{size_text(there)}: record less often (record_every=) or in a file "
            "(store=)."
        )
