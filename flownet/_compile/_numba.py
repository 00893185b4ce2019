"""What numba is told before it starts its threads, and whether it may compile at all."""

import os

import numba

from .._errors import FlownetError

# Read by GNU's OpenMP when it is loaded. By default a thread that waits spins for milliseconds; on
# a machine that does other work beside, it spins away the time the other thread needs: 21 ms a step
# of 0.4 ms were seen. A short spin, then sleep, costs microseconds at most.
_SPINS, _SHORT = "GOMP_SPINCOUNT", "1000"


def _load_openmp():
    """Load OpenMP with short spins, unless the environment says how long; it stays as it was."""
    if _SPINS in os.environ:
        return
    os.environ[_SPINS] = _SHORT
    try:
        from numba.np.ufunc import omppool  # noqa: F401
    except ImportError:  # numba has other threads, which know nothing of this
        pass
    finally:
        del os.environ[_SPINS]


if numba.config.DISABLE_JIT:
    raise FlownetError(
        "NUMBA_DISABLE_JIT is set, and there are no kernels without the compiler: unset it."
    )
_load_openmp()
