"""The only module that names the package with cuBLAS, so that it can be exchanged.

nvmath-python is NVIDIA's own; its bindings are cuBLAS's functions with addresses for pointers.
Matrices are cuBLAS's here: they lie column by column.
"""

from importlib import import_module

import numpy as np

from .._errors import FlownetError
from ._cuda import SIMULATED, cuda

LINE = "pip install 'flownet[cublas]'"  # the line that installs it
_BYTES = 1 << 25  # of room of its own: what NVIDIA recommends for its newer cards


def _bindings():
    try:
        return import_module("nvmath.bindings.cublas")
    except ImportError:
        raise FlownetError(f"cuBLAS needs nvmath-python: {LINE}.") from None


def why_not():
    """Why there is no cuBLAS, with what would help; None where its package is installed."""
    try:
        _bindings()
    except FlownetError as error:
        return str(error).rstrip(".")
    return None


def _address(array, at):
    """Of a number of a flat array of the device."""
    begin = array.ctypes.data if SIMULATED else array.__cuda_array_interface__["data"][0]
    return begin + at * array.dtype.itemsize


class Cublas:
    """cuBLAS on the device at hand, its products in one stream.

    They are as exact as their numbers: no TF32, nothing that stands in for float64. With room of
    its own it takes the same way each time, so that results have the same bits, and a product may
    be captured in a graph.
    """

    def __init__(self, stream):
        self._library = library = _bindings()
        self._room = cuda.device_array(_BYTES if not SIMULATED else 1, np.uint8)
        try:
            self._handle = library.create()
            library.set_stream(self._handle, 0 if SIMULATED else int(stream.handle))
            library.set_workspace(self._handle, _address(self._room, 0), self._room.size)
            library.set_math_mode(self._handle, int(library.Math.DEFAULT_MATH))
        except Exception as error:  # whatever it is: it says itself what is missing
            said = " ".join(str(error).split()).rstrip(".")
            raise FlownetError(f"cuBLAS does not start: {said}: {LINE}.") from None
        self._gemm = {"float32": library.sgemm, "float64": library.dgemm}
        self._numbers = {name: np.arange(2, dtype=name) for name in self._gemm}

    def gemm(self, c, a, b, transposed, m, n, k, add):
        """C (m, n) ← A·B for A (m, k) and B (k, n), or C + A·B with `add`.

        Parameters
        ----------
        c, a, b : (array, int)
            Flat arrays of the device, each from a place on; columns lie one behind the other.
        transposed : (bool, bool)
            Whether Aᵀ, Bᵀ is what lies there.
        """
        name = c[0].dtype.name
        zero = self._numbers[name].ctypes.data
        one = zero + c[0].dtype.itemsize
        self._gemm[name](
            self._handle,
            *map(int, transposed),
            *(m, n, k),
            one,
            *(_address(*a), k if transposed[0] else m),
            *(_address(*b), n if transposed[1] else k),
            one if add else zero,
            *(_address(*c), m),
        )
