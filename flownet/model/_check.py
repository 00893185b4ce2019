"""Checks of what a user hands in, each with one line that says what would be right."""

import numpy as np

from .._errors import FlownetError


def vector(name, value, size, dtype):
    """Contiguous, writable (size,) array of a dtype: parameters, a displacement, a covector."""
    value = np.asarray(value)
    if value.shape != (size,):
        raise FlownetError(f"{name} has shape {value.shape}; the potential's is ({size},).")
    return in_precision(name, value, dtype)


def in_precision(name, value, dtype):
    """Contiguous, writable copy or view in a real dtype."""
    if value.dtype.kind == "c":
        raise FlownetError(f"{name} is complex; the network's numbers are {np.dtype(dtype).name}.")
    return np.require(value, dtype, ["C", "W"])


def matrix(name, value, columns, dtype, rows=None):
    """Contiguous, writable (m, columns) array of a dtype: inputs or outputs, one sample a row."""
    value = np.asarray(value)
    wanted = f"({'m' if rows is None else rows}, {columns})"
    if value.ndim != 2 or value.shape[1] != columns or rows not in (None, value.shape[0]):
        raise FlownetError(f"{name} has shape {value.shape}; the network wants {wanted}.")
    return in_precision(name, value, dtype)


def positive(name, value):
    """A number above 0."""
    if not (np.isscalar(value) and np.isfinite(value) and value > 0):
        raise FlownetError(f"{name} is {value!r}; it has to be a number above 0.")
    return float(value)


def real_dtype(name):
    """float32 or float64."""
    try:
        dtype = np.dtype(name)
    except TypeError:
        dtype = None
    if dtype not in (np.dtype("float32"), np.dtype("float64")):
        raise FlownetError(f"dtype is {name!r}; allowed are 'float64' and 'float32'.")
    return dtype
