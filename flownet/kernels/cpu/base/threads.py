"""How many threads a kernel runs on.

GNU's OpenMP cannot start threads in a process that was forked from one in which it has: numba ends
such a process. Kernels run on one thread there, with the same bits; parallel loops are never begun.
"""

import math
import os
from contextlib import contextmanager, suppress
from functools import cache

import numba

from .plan import WORTH_THREADS, flops
from .quota import quota

_alone = False  # in a process forked from one whose OpenMP has started


def _forked():
    global _alone
    with suppress(ValueError):  # of a process in which no threads were started
        _alone = _alone or numba.threading_layer() == "omp"


if hasattr(os, "register_at_fork"):  # where there is no fork, as on Windows, it is missing
    os.register_at_fork(after_in_child=_forked)


def forked():
    """Whether this process was forked from one that had begun to use threads."""
    return _alone


def worthwhile(net, rows):
    """Threads for a differential of `rows` samples: all that are allowed, or one if it is small."""
    return 1 if flops(net, rows) < WORTH_THREADS else at_hand()


def at_hand():
    """Threads that kernels may use now: as many as are allowed, and as a container's share lets."""
    return 1 if _alone else min(numba.get_num_threads(), _allowed())


@cache
def _allowed():
    """Threads that a container's share of the processors lets run at once."""
    return max(1, math.ceil(min(quota(), numba.config.NUMBA_NUM_THREADS)))


@contextmanager
def limited(threads):
    """Allow kernels this many threads within a `with` block; None changes nothing."""
    before = numba.get_num_threads()
    if threads is not None:
        numba.set_num_threads(threads)
    try:
        yield
    finally:
        numba.set_num_threads(before)


def most():
    """Threads that this process may use at most."""
    return 1 if _alone else numba.config.NUMBA_NUM_THREADS


def allowed():
    """Threads that work begun here may use now, as `limited` says."""
    return 1 if _alone else numba.get_num_threads()
