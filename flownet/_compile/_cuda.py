"""The only module that names CUDA, so that the package behind it can be exchanged.

`cuda` is numba's target. Kernels are made for one real type at a time: `device` gives the scalar
bodies of `kernels.scalar`, and the plain functions that they call, as functions of the device.
"""

import dis
import inspect
from importlib import import_module
from types import CellType, FunctionType
from typing import Any

import numba
import numpy as np

from .._errors import FlownetError

LINE = "pip install 'flownet[cuda]'"  # the line that installs what the device wants

try:
    import _numba_cuda_redirector  # noqa: F401  else numba's own, older target would answer

    cuda: Any = import_module("numba.cuda")
except ImportError:
    raise FlownetError(f"device 'cuda' needs numba-cuda: {LINE}.") from None

if not hasattr(np, "row_stack"):  # which numba-cuda 0.30 asks for, and numpy 2.5 has no more
    setattr(np, "row_stack", np.vstack)  # noqa: B010

SIMULATED = bool(numba.config.ENABLE_CUDASIM)  # kernels run as Python threads: for tests

_device = {}  # (plain function, real type) -> the function on the device


def stands_for_on_device(function, real, other):
    """Let bodies of a real type that name a plain function call another one instead."""
    _device[function, np.dtype(real)] = other


def device(function, real):
    """A plain function of numbers of a real type, with those that it calls, on the device."""
    real = np.dtype(real)
    if (function, real) not in _device:
        _device[function, real] = cuda.jit(device=True)(_copy(function, real))
    return _device[function, real]


def _copy(function, real):
    """The function, which names its like on the device where it names plain functions."""
    named = dict(function.__globals__)
    for line in dis.get_instructions(function):
        if line.opname == "LOAD_GLOBAL" and inspect.isfunction(named.get(line.argval)):
            named[line.argval] = device(named[line.argval], real)
    cells = tuple(
        CellType(device(cell.cell_contents, real))
        if inspect.isfunction(cell.cell_contents)
        else cell
        for cell in function.__closure__ or ()
    )
    return FunctionType(
        function.__code__, named, function.__name__, function.__defaults__, cells or None
    )
