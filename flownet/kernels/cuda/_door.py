"""The entries of one device: those of the room, run on it; or the line that says why not."""

import inspect
from functools import cache, wraps
from importlib import import_module

from ..._compile import _cuda_blas
from ..._compile._cuda import described as described_alone, why_not
from ..._errors import FlownetError
from .base.current import on

__all__ = ["Entries", "at", "described"]


class Entries:
    """What every device has, of the `index`-th CUDA device, where `products` multiplies."""

    def __init__(self, index, products):
        self._place = index, products

    def __getattr__(self, name):
        """An entry, found once: functions run on this device, by one thread at a time."""
        if name.startswith("__"):
            raise AttributeError(name)
        room = import_module(__package__)
        if name in room.WITHOUT_TWIN:
            raise FlownetError(f"{room.WITHOUT_TWIN[name]}.")
        entry = getattr(room, name)  # by its name: the room loads it when it is first asked for
        if inspect.isfunction(entry):
            entry = self._here(entry)
        setattr(self, name, entry)
        return entry

    def _here(self, function):
        @wraps(function)
        def run(*args, **words):
            with on(*self._place):
                return function(*args, **words)

        return run


def described():
    """Of each device its name in `device=` and what there is of it, cuBLAS too.

    Raises
    ------
    FlownetError
        Where there is none: one line that says what would help.
    """
    found = described_alone()
    return [(*device, "cuBLAS") for device in found] if _cuda_blas.why_not() is None else found


@cache
def at(name):
    """`Entries` of the device of a name, "cuda", "cuda:1", "cuda:1+cublas".

    Raises
    ------
    FlownetError
        Where it is not there: one line that says what would help.
    """
    place, _, products = name.partition("+")
    index = int(place.partition(":")[2] or 0)
    why = (products and _cuda_blas.why_not()) or why_not(index)
    if why:
        raise FlownetError(f"device {name!r} is not available: {why}.")
    if products:
        with on(index, products):
            import_module(".base.cublas", __package__).cublas()  # which says why it does not start
    return Entries(index, products or None)
