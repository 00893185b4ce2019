"""Host arrays on the device: copies of what nobody writes are kept, of what changes made anew."""

import weakref

import numpy as np

from ...._compile._cuda import cuda
from .current import place, stream

#: (device and who multiplies, identity of a host array) -> (weak reference to it, what is kept)
_kept = {}


def kept(array, make):
    """What `make()` gives, on the device, kept as long as a host array lives."""
    key = place(), id(array)
    there = _kept.get(key)
    if there is None or there[0]() is not array:
        forget = weakref.ref(array, lambda _: _kept.pop(key, None))
        there = _kept[key] = forget, make()
    return there[1]


def mirror(array):
    """The flat copy of a host array that nobody writes, kept as long as the array lives.

    What is empty is one number long: kernels get no null pointers.
    """
    return kept(array, lambda: fresh(array))


def fresh(array):
    """A new flat copy of a host array."""
    flat = np.ascontiguousarray(array).reshape(-1)
    there = cuda.to_device(flat if flat.size else np.zeros(1, flat.dtype), stream=stream())
    stream().synchronize()  # the host's own may change then
    return there


def empty(size, dtype):
    """A flat array of the device, of one number at least."""
    return cuda.device_array(max(int(size), 1), np.dtype(dtype), stream=stream())


def zeros(size, dtype):
    """The same, of zeros."""
    return fresh(np.zeros(max(int(size), 1), dtype))


def send(array, out, at=0):
    """Copy a flat host array into one of the device, from a place on; the array may change then."""
    if array.size:
        out[at : at + array.size].copy_to_device(np.ascontiguousarray(array), stream=stream())
        stream().synchronize()


def fetch(array, out, at=0):
    """Copy what a flat array of the device holds from a place on to that of a host array.

    As many numbers as the host array has from there on; it waits for what is under way.
    """
    if out.size > at:
        array[at : out.size].copy_to_host(out[at:], stream=stream())
    stream().synchronize()
