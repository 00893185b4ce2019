"""The door to a device: one function that gives its kernels.

What a device has is a namespace of kernels and of the buffers they want; those of all devices have
the same entries. Nothing above this room knows which device it works on.
"""

from functools import cache

from .._errors import FlownetError

DEVICES = ("cpu",)


@cache
def kernels_of(device="cpu"):
    """Kernels of a device, "cpu"; a device that is not there is an error, never another one."""
    if device == "cpu":
        from . import cpu

        return cpu
    raise FlownetError(
        f"device {device!r} is not available; here there is: {', '.join(DEVICES)}."
        + (" Kernels for CUDA are not written yet." if str(device).startswith("cuda") else "")
    )
