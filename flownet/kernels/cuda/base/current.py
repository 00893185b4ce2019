"""The device that kernels run on now, and its two streams: of work, and of rows on their way back.

A device is one resource: one thread of Python speaks to it at a time.
"""

from contextlib import contextmanager
from threading import RLock, local

from ...._compile._cuda import cuda

_now, _lock, _streams = local(), RLock(), {}


@contextmanager
def on(index, products=None):
    """Let kernels run on a device, the `index`-th, within a `with` block.

    `products` names the library that multiplies matrices there; None: flownet's own kernels do.
    """
    with _lock:
        before = vars(_now).get("place")
        _now.place = index, products
        try:
            if before is not None and before[0] == index:
                yield  # its context is the one at hand, and must not be left within
            else:
                with cuda.gpus[index]:
                    yield
        finally:
            _now.place = before


def place():
    """Number of the device that kernels run on now, 0 where nobody said, and who multiplies."""
    return vars(_now).get("place") or (0, None)


def number():
    """Number of the device that kernels run on now."""
    return place()[0]


def _pair():
    if number() not in _streams:
        _streams[number()] = cuda.stream(), cuda.stream()
    return _streams[number()]


def stream():
    """The stream that kernels and their copies run in, in order."""
    return _pair()[0]


def side_stream():
    """The stream beside, in which rows come back while kernels go on."""
    return _pair()[1]
