"""The compiler: the only folder that names its options, and its cache.

numba is taken by the parts of it that cost least: see `_kernels`, `_separate` and `_cache`.
"""

import os

# Read by OpenMP when its threads start. By default a thread that waits spins for milliseconds; on a
# machine that does other work beside, it spins away the time the other thread needs: 21 ms a step
# of 0.4 ms were seen. A short spin, then sleep, costs microseconds at most.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

from ._cache import digest
from ._kernels import compiled, jit, part, spliced, stands_for
from ._separate import absent, chosen, field, in_parallel, lacks, separate

__all__ = [
    "absent",
    "chosen",
    "compiled",
    "digest",
    "field",
    "in_parallel",
    "jit",
    "lacks",
    "part",
    "separate",
    "spliced",
    "stands_for",
]
