"""Checks of numbers and places, each with one line that says what would be right."""

import numpy as np

from .._errors import FlownetError, shown
from ..kernels.device import kernels_of
from ..model._check import is_real, is_whole, yes_or_no

#: iterations, rows and seeds stay far below 2⁶³, so that sums of them are whole numbers still
MOST = 2**62


def whole(name, value, least=-np.inf):
    """A whole number not below `least`, and not beyond what a count in a file can be."""
    if not is_whole(value, least, MOST):
        up = f" from {least} up" if least > -np.inf else ""
        far = f", below {MOST:.2g}" if is_whole(value, MOST, np.inf) else ""
        raise FlownetError(f"{name} is {shown(value)}; it has to be a whole number{up}{far}.")
    return int(value)


def is_number(value):
    """Whether a value is one finite real number; True and False are none."""
    return is_real(value)


def positive(name, value):
    """A number above 0."""
    if not (is_number(value) and value > 0):
        raise FlownetError(f"{name} is {shown(value)}; it has to be a number above 0.")
    return float(value)


def threads(number, progress=True):
    """Refuse a number of threads that cannot be had, and a progress that is no yes or no."""
    yes_or_no("progress", progress)
    kernels = kernels_of()
    if number is not None and not 1 <= whole("threads", number, 1) <= kernels.most():
        why = (
            ": it was forked from one that had used threads; processes that multiprocessing "
            "starts by spawn or forkserver have no such limit"
            if kernels.forked()
            else ""
        )
        raise FlownetError(f"threads is {number}; this process may use 1 to {kernels.most()}{why}.")
