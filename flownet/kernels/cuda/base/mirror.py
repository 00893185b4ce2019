"""Host arrays on the device: copies of what nobody writes are kept, of what changes made anew."""

import weakref

import numpy as np

from ...._compile._cuda import cuda
from .current import number, stream

_copies = {}  # (device, identity of a host array) -> (weak reference to it, its copy)


def mirror(array):
    """The flat copy of a host array that nobody writes, kept as long as the array is.

    What is empty is one number long: kernels get no null pointers.
    """
    key = number(), id(array)
    there = _copies.get(key)
    if there is None or there[0]() is not array:
        forget = weakref.ref(array, lambda _: _copies.pop(key, None))
        there = _copies[key] = forget, fresh(array)
    return there[1]


def fresh(array):
    """A new flat copy of a host array."""
    flat = np.ascontiguousarray(array).reshape(-1)
    return cuda.to_device(flat if flat.size else np.zeros(1, flat.dtype), stream=stream())


def empty(size, dtype):
    """A flat array of the device, of one number at least."""
    return cuda.device_array(max(int(size), 1), np.dtype(dtype), stream=stream())


def zeros(size, dtype):
    """The same, of zeros."""
    return fresh(np.zeros(max(int(size), 1), dtype))


def send(array, out):
    """Copy a flat host array to the first numbers of one of the device."""
    if array.size:
        out[: array.size].copy_to_device(np.ascontiguousarray(array), stream=stream())


def fetch(array, out):
    """Copy the first numbers of a flat array of the device to a flat host array, and wait."""
    if out.size:
        array[: out.size].copy_to_host(out, stream=stream())
    stream().synchronize()
