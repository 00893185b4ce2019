"""Other programs beside: how much they leave of a second processor, and one made on purpose."""

import subprocess
import sys
from contextlib import contextmanager

import numpy as np
from turns import seconds_of

_SIZE, _TRIES = 1024, 7
# as long as who started it lives: of one that is killed nobody else would know
_SPIN = """
import os
parent = os.getppid()
while os.getppid() == parent:
    for _ in range(100_000):
        pass
"""


@contextmanager
def busy_processor(wanted=True):
    """A process that keeps one processor busy within a `with` block."""
    spinning = subprocess.Popen([sys.executable, "-c", _SPIN]) if wanted else None
    try:
        yield
    finally:
        if spinning:
            spinning.kill()
            spinning.wait()


def two_beside_one(dtype):
    """How much quicker NumPy multiplies on two threads than on one, now."""
    from threadpoolctl import ThreadpoolController

    controller, a = ThreadpoolController(), np.ones((_SIZE, _SIZE), dtype)
    out, taken = np.empty_like(a), {1: [], 2: []}
    for _ in range(_TRIES):
        for threads, times in taken.items():
            with controller.limit(limits=threads, user_api="blas"):
                times.append(seconds_of(np.dot, a, a, out))
    return sorted(taken[1])[_TRIES // 2] / sorted(taken[2])[_TRIES // 2]
