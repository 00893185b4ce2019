"""The door to a device: one function that gives its kernels.

What a device has is a namespace of kernels and of the buffers they want; those of all devices have
the same entries. Nothing above this room knows which device it works on.
"""

import re
from functools import cache

from .._errors import FlownetError, shown

DEVICES = ("cpu", "cuda", "cuda:1", "cuda+cublas")  # and so on


def is_device(name):
    """Whether a word names a device, there or not: "cpu", "cuda", "cuda:1", "cuda:1+cublas"."""
    known = r"cpu|cuda(:\d{1,3})?(\+cublas)?"
    return isinstance(name, str) and re.fullmatch(known, name) is not None


def kernels_of(device="cpu"):
    """Kernels of a device; one that is not there is an error, never another one in its place.

    Parameters
    ----------
    device : str
        "cpu"; "cuda", the first CUDA device, or "cuda:1", the second one, and so on; or
        "cuda+cublas", "cuda:1+cublas", the same with matrix products by cuBLAS.

    Raises
    ------
    FlownetError
        For a device that does not exist or is not there: one line that says what would help.
    """
    if not is_device(device):
        raise FlownetError(
            f"device {shown(device)} is not available; there are: {', '.join(DEVICES)}, …."
        )
    return _kernels_of(device)


@cache
def _kernels_of(device):
    if device == "cpu":
        from . import cpu

        return cpu
    from . import cuda

    return cuda.at(device)


def described(kind):
    """Of each device of a kind, "cpu" or "cuda", its name in `device=` and what there is of it.

    Raises
    ------
    FlownetError
        Where there is none: one line that says what would help.
    """
    if kind == "cpu":
        threads = kernels_of().most()
        return [("cpu", f"{threads} thread{'s' * (threads > 1)}")]
    from . import cuda

    return cuda.described()
