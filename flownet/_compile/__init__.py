"""The compiler: the only folder that names its options, and its cache.

numba is taken by the parts of it that cost least: see `_kernels`, `_separate` and `_cache`.
"""

from . import _numba  # noqa: F401  refuses, or prepares, before anything is compiled
from ._bound import ROOM, bound, bound_at, call_bound, held
from ._cache import digest
from ._kernels import compiled, jit, part, spliced, stands_for
from ._separate import absent, by_crew, chosen, field, in_parallel, lacks, separate, with_crew

__all__ = [
    "ROOM",
    "absent",
    "bound",
    "bound_at",
    "by_crew",
    "call_bound",
    "chosen",
    "compiled",
    "digest",
    "field",
    "held",
    "in_parallel",
    "jit",
    "lacks",
    "part",
    "separate",
    "spliced",
    "stands_for",
    "with_crew",
]
