"""How many threads a kernel runs on."""

from contextlib import contextmanager

import numba

from .plan import WORTH_THREADS, flops


def worthwhile(net, rows):
    """Threads for a differential of `rows` samples: all that are allowed, or one if it is small."""
    return numba.get_num_threads() if flops(net, rows) >= WORTH_THREADS else 1


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
    return numba.config.NUMBA_NUM_THREADS
