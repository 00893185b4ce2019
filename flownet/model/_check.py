"""Checks of what a user hands in, each with one line that says what would be right."""

import math
import numbers

import numpy as np

from .._errors import FlownetError, shown

_HIGHEST = 10_000  # order of a jet
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


def numbers_in(name, value):
    """Array of plain numbers of what a user hands in."""
    value = array(name, value)
    if value.dtype.kind not in "biufc":
        raise FlownetError(f"{name} is {shown(value)}; it has to be numbers.")
    return value


def pair(name, value, other, more):
    """Two arrays of numbers of one shape."""
    value, more = numbers_in(name, value), numbers_in(other, more)
    if value.shape != more.shape:
        raise FlownetError(f"{other} has shape {more.shape}; {name} has {value.shape}.")
    return value, more


def time_of(name, value):
    """A time, a finite real number or an array of them (…, 1) beside rows of parameters."""
    value = numbers_in(name, value)
    if value.dtype.kind == "c" or (value.ndim and value.shape[-1] != 1):
        raise FlownetError(f"{name} is {shown(value)}; it has to be a real number.")
    return value


def yes_or_no(name, value):
    """True or False, and nothing else."""
    if not isinstance(value, (bool, np.bool_)):
        raise FlownetError(f"{name} is {shown(value)}; it has to be True or False.")
    return bool(value)


def vector(name, value, size, dtype):
    """Contiguous, writable (size,) array of a dtype: parameters, a displacement, a covector."""
    value = array(name, value)
    if value.shape != (size,):
        raise FlownetError(f"{name} has shape {value.shape}; the potential's is ({size},).")
    return in_precision(name, value, dtype)


def in_precision(name, value, dtype):
    """Contiguous, writable copy or view in a dtype; refused where its numbers are too large."""
    if value.dtype == dtype and value.flags.c_contiguous and value.flags.writeable:
        return value  # NumPy's own check takes a microsecond, a tenth of a small jet
    if value.dtype.kind == "c" and np.dtype(dtype).kind != "c":
        raise FlownetError(f"{name} is complex; the network's numbers are {np.dtype(dtype).name}.")
    if value.dtype.kind not in "biufc":
        raise FlownetError(f"{name} holds {value.dtype}; the network's are {np.dtype(dtype).name}.")
    with np.errstate(over="ignore"):  # it is told below
        made = np.require(value, dtype, ["C", "W"])
    if made.dtype.itemsize < value.dtype.itemsize and not np.isfinite(made).all():
        lost = ~np.isfinite(made) & np.isfinite(value)
        if lost.any():
            raise FlownetError(
                f"{name} holds {value[lost][0]:.3g}, which {made.dtype.name} has no number for."
            )
    return made


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
    given = value = array(name, value)
    if value.dtype.kind not in "iu" or value.ndim != 1 or not value.size:
        value = np.array([-1])
    if value.min() < 0 or value.max() >= m:
        raise FlownetError(f"{name} is {shown(given)}; it has to be numbers from 0 to {m - 1}.")
    return np.ascontiguousarray(value, np.int64)


def is_real(value):
    """Whether a value is one finite real number; True and False are none."""
    try:
        if isinstance(value, np.ndarray) and not value.ndim:
            value = value[()]  # what NumPy makes of a number
        is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
        return is_number and math.isfinite(value)
    except OverflowError:  # a whole number beyond them all
        return False


def is_whole(value, least, most=2**62):
    """Whether a value is a whole number from one to another; True and False are none."""
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    return whole and bool(least <= value <= most)


def numbers_of(name, value, dtype=np.float64):
    """Finite numbers in double precision, or the line that says they are none."""
    try:
        array = np.array(value)
        array = array.astype(dtype, casting="same_kind" if array.dtype.kind == "c" else "unsafe")
    except (TypeError, ValueError, OverflowError):
        array = np.array([])
    if not array.size or np.isnan(array).any():
        raise FlownetError(f"{name} has to be finite numbers, not {shown(value)}.")
    return array


def positive(name, value):
    """A number above 0."""
    if not (is_real(value) and value > 0):
        raise FlownetError(f"{name} is {shown(value)}; it has to be a number above 0.")
    return float(value)


def not_negative(name, value):
    """A number from 0 up."""
    if not (is_real(value) and value >= 0):
        raise FlownetError(f"{name} is {shown(value)}; it has to be a number from 0 up.")
    return float(value)


def network_dtype(name):
    """float64, float32, complex128 or complex64."""
    try:
        dtype = np.dtype(name)
    except Exception:  # NumPy takes many things for a type, and raises many for what is none
        dtype = np.dtype("V1")
    if name is None or dtype.name not in DTYPES:
        raise FlownetError(f"dtype is {shown(name)}; allowed are {', '.join(map(repr, DTYPES))}.")
    return dtype


def order(value):
    """Order of a jet, a whole number from 0 up."""
    if not is_whole(value, 0, _HIGHEST):
        raise FlownetError(
            f"order is {shown(value)}; it has to be a whole number from 0 to {_HIGHEST}."
        )
    return int(value)
