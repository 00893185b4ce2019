"""Checks of what a user hands in, each with one line that says what would be right."""

import math
import numbers

import numpy as np

from .._errors import FlownetError, shown

DTYPES = ("float64", "float32", "complex128", "complex64")


def array(name, value):
    """Array of what a user hands in, or the line that says why it makes none."""
    if type(value) is np.ndarray:
        return value
    try:
        return np.asarray(value)
    except Exception as error:  # a tensor of another library may raise anything
        reason = " ".join(str(error).split()).rstrip(".")
        raise FlownetError(
            f"{name} is a {type(value).__name__} that makes no array of numbers: {reason}."
        ) from None


def vector(name, value, size, dtype):
    """Contiguous, writable (size,) array of a dtype: parameters, a displacement, a covector."""
    value = array(name, value)
    if value.shape != (size,):
        raise FlownetError(f"{name} has shape {value.shape}; the potential's is ({size},).")
    return in_precision(name, value, dtype)


def in_precision(name, value, dtype):
    """Contiguous, writable copy or view in a dtype."""
    if value.dtype.kind == "c" and np.dtype(dtype).kind != "c":
        raise FlownetError(f"{name} is complex; the network's numbers are {np.dtype(dtype).name}.")
    if value.dtype == dtype and value.flags.c_contiguous and value.flags.writeable:
        return value  # NumPy's own check takes a microsecond, a tenth of a small jet
    return np.require(value, dtype, ["C", "W"])


def matrix(name, value, columns, dtype, rows=None):
    """Contiguous, writable (m, columns) array of a dtype: inputs or outputs, one sample a row."""
    value = array(name, value)
    wanted = f"({'m' if rows is None else rows}, {columns})"
    if (
        value.ndim != 2
        or value.shape[1] != columns
        or not len(value)
        or rows not in (None, value.shape[0])
    ):
        raise FlownetError(f"{name} has shape {value.shape}; the network wants {wanted}.")
    return in_precision(name, value, dtype)


def rows(name, value, m):
    """Contiguous numbers (b,) of some of m samples, from 0 on: kernels read what they say."""
    value = np.ascontiguousarray(array(name, value), np.int64)
    if value.ndim != 1 or not value.size or value.min() < 0 or value.max() >= m:
        raise FlownetError(f"{name} is {shown(value)}; it has to be numbers from 0 to {m - 1}.")
    return value


def is_real(value):
    """Whether a value is one finite real number; True and False are none."""
    try:
        is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
        return is_number and math.isfinite(value)
    except OverflowError:  # a whole number beyond them all
        return False


def is_whole(value, least, most=np.inf):
    """Whether a value is a whole number from one to another; True and False are none."""
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    return whole and bool(least <= value <= most)


def numbers_of(name, value, dtype=np.float64):
    """Finite numbers in double precision, or the line that says they are none."""
    try:
        array = np.array(value)
        array = array.astype(dtype, casting="same_kind" if array.dtype.kind == "c" else "unsafe")
    except (TypeError, ValueError):
        array = np.array([])
    if not array.size or np.isnan(array).any():
        raise FlownetError(f"{name} has to be finite numbers, not {shown(value)}.")
    return array


def positive(name, value):
    """A number above 0."""
    if not (is_real(value) and value > 0):
        raise FlownetError(f"{name} is {value!r}; it has to be a number above 0.")
    return float(value)


def network_dtype(name):
    """float64, float32, complex128 or complex64."""
    try:
        dtype = np.dtype(name)
    except TypeError:
        dtype = np.dtype("V1")
    if name is None or dtype.name not in DTYPES:
        raise FlownetError(f"dtype is {name!r}; allowed are {', '.join(map(repr, DTYPES))}.")
    return dtype


def order(value):
    """Order of a jet, a whole number from 0 up."""
    if not is_whole(value, 0):
        raise FlownetError(f"order is {value!r}; it has to be a whole number from 0 up.")
    return int(value)
