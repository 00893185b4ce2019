"""Host arrays on the device: copies of what nobody writes are kept, of what changes made anew.

An array of the device takes the host a while to make: what is wanted again and again for a moment
has a place that stays.
"""

import weakref

import numpy as np

from ...._compile._cuda import cuda
from ...._compile._cuda_copy import download, upload
from .current import number, place, side_stream, stream

#: (device and who multiplies, identity of a host array) -> (weak reference to it, what is kept)
_kept = {}

#: (device, name, type) -> an array of the device, or one of the host that is quick to copy to
_lasting = {}
_LASTING = 1 << 26  # bytes up to which one stays


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
        upload(np.ascontiguousarray(array), out[at:] if at else out, stream())
        stream().synchronize()


def fetch(array, out, at=0):
    """Copy what a flat array of the device holds from a place on to that of a host array.

    As many numbers as the host array has from there on; it waits for what is under way.
    """
    if at:
        array[at : out.size].copy_to_host(out[at:], stream=stream())
    elif out.size:
        download(array, out, stream())
    stream().synchronize()


def fetch_beside(array, out, there):
    """Begin to copy a flat array of the device to a pinned one of the host, as it is after all that
    was launched until now; what is launched later goes on meanwhile.

    `there`, an event, tells when all of it is.
    """
    ready = cuda.event()
    ready.record(stream())
    ready.wait(side_stream())
    array.copy_to_host(out, stream=side_stream())
    there.record(side_stream())


def lasting(name, size, dtype):
    """A flat array of the device for at least so many numbers; who asks again by this name gets
    the same one, and anything in it."""
    return _stays(name, size, dtype, empty)


def lasting_of_host(name, size, dtype):
    """The same of the host, pinned: what it holds is to be taken away at once."""
    return _stays((name, "of host"), size, dtype, cuda.pinned_array)[:size]


def _stays(name, size, dtype, make):
    key = number(), name, np.dtype(dtype)
    found = _lasting.get(key)
    if found is None or found.size < size:
        room = 1 << max(size - 1, 0).bit_length()  # so that it is seldom too small
        if room * key[2].itemsize > _LASTING:
            return make(size, dtype)
        found = _lasting[key] = make(room, dtype)
    return found
