"""What stands in for cuBLAS in the simulator: its functions with its arguments, by NumPy.

From addresses, sizes and leading dimensions alone, checked as the library itself checks them:
columns lie one behind the other, `lda` numbers apart.
"""

import ctypes
import sys
from contextlib import contextmanager
from enum import IntEnum
from types import ModuleType

import numpy as np

NAME = "nvmath.bindings.cublas"


class Math(IntEnum):
    """As the library numbers them."""

    DEFAULT_MATH = 0
    TF32_TENSOR_OP_MATH = 3


def _numbers(address, count, kind):
    return np.ctypeslib.as_array(ctypes.cast(address, ctypes.POINTER(kind)), (count,))


def _matrix(address, rows, columns, apart, kind):
    """A matrix (rows, columns) in place, `apart` numbers from column to column."""
    assert apart >= max(1, rows), "parameter number of a leading dimension had an illegal value"
    flat = _numbers(address, apart * columns, kind)
    return flat.reshape(columns, apart)[:, :rows].T


class Library(ModuleType):
    """The module; `calls` has the names of its products and how they were transposed."""

    Math = Math

    def __init__(self):
        super().__init__(NAME)
        self.calls, self.told = [], {}

    def create(self):
        """A handle."""
        return 11

    def _tell(self, what, handle, *value):
        assert handle == 11
        self.told[what] = value

    def set_stream(self, handle, stream):
        """Which forgets the room."""
        self.told.pop("workspace", None)
        self._tell("stream", handle, stream)

    def set_workspace(self, handle, address, size):
        """Room of its own."""
        self._tell("workspace", handle, address, size)

    def set_math_mode(self, handle, mode):
        """How exact products are."""
        self._tell("math", handle, Math(mode))

    def _gemm(self, kind, handle, transa, transb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc):
        assert handle == 11 and {transa, transb} <= {0, 1} and min(m, n, k) > 0
        alpha, beta = (_numbers(address, 1, kind)[0] for address in (alpha, beta))
        A = _matrix(a, k, m, lda, kind).T if transa else _matrix(a, m, k, lda, kind)
        B = _matrix(b, n, k, ldb, kind).T if transb else _matrix(b, k, n, ldb, kind)
        C = _matrix(c, m, n, ldc, kind)
        before = beta * C if beta else 0  # what was there may be anything then
        C[:] = alpha * (A @ B) + before
        self.calls.append((transa, transb))

    def sgemm(self, *args):
        """Of float32."""
        self._gemm(ctypes.c_float, *args)

    def dgemm(self, *args):
        """Of float64."""
        self._gemm(ctypes.c_double, *args)


@contextmanager
def in_its_place(monkeypatch):
    """The stand-in, in place of the package, and no handle of another one."""
    from flownet.kernels import device
    from flownet.kernels.cuda import _door
    from flownet.kernels.cuda.base import cublas

    library = Library()
    parents = [ModuleType(NAME.rpartition(".")[0]), ModuleType(NAME.partition(".")[0])]
    for module in (library, *parents):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    for name in ("_handles", "_rooms"):
        monkeypatch.setattr(cublas, name, {})
    caches = device._kernels_of, _door.at
    try:
        for made in caches:
            made.cache_clear()
        yield library
    finally:  # with the handles of the stand-in
        for made in caches:
            made.cache_clear()
