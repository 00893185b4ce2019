"""What a user's arrays must be before they are data: finite numbers, one sample a row."""

import numpy as np

from .._errors import FlownetError
from .._memory import refuse_too_large
from ._classes import Classes, coded, is_text
from ._frame import inputs_of, is_frame

# Whole numbers are more likely measurements than classes where they reach this,
_MOST_CLASSES = 1000
# where they leave out more than they name, and this many columns would be made of them,
_MANY_COLUMNS = 10
# or where most samples would have a class of their own, and so many there are.
_MANY_CLASSES = 20


def inputs(x):
    """Inputs as a new read-only (m, n_in) array."""
    x = numbers("x", inputs_of(x) if is_frame(x) else x)
    if x.ndim == 1:
        raise FlownetError(
            f"x must have one sample a row, (m, n_in), not the shape {x.shape}: x.reshape(-1, 1) "
            "makes samples of one feature each, x.reshape(1, -1) makes a single sample."
        )
    if x.ndim != 2:
        raise FlownetError(
            f"x must have one sample a row, (m, n_in), not the shape {x.shape}"
            + ("; x.reshape(len(x), -1) flattens each sample." if x.ndim > 2 else ".")
        )
    _refuse_empty("x", x)
    return frozen("x", x)


def truth(y, x, classes, of_file=False):
    """Truth as a new read-only (m, n_out) array, labels it was given as (or None), and classes.

    Whole numbers of a file, in which nobody can say how many classes there are, are labels as long
    as they can be.
    """
    y = plain("y", y)
    if is_text(y):
        _refuse_other_length("y", y, len(x))
        y, classes = coded(y, classes)
    y = numbers("y", y)
    if y.ndim not in (1, 2):
        raise FlownetError(f"y must have the shape (m, n_out) or (m,), not {y.shape}.")
    _refuse_other_length("y", y, len(x))
    if y.ndim == 1 and y.dtype.kind in "biu":
        label = labels(y, len(x), classes.number)
        width = _width(label, classes.number, of_file)
        return one_hot(label, width, x.real.dtype), label, classes
    if y.ndim == 1:
        y = y.reshape(-1, 1)
    _refuse_empty("y", y)
    if classes.number is not None and y.shape[1] not in (1, classes.number):
        raise FlownetError(f"y has {y.shape[1]} columns, but classes={classes.number}.")
    return frozen("y", y), None, classes


def apart(label, read, y, classes):
    """Labels given apart from y, refused where a one-hot y says otherwise, and the classes."""
    n_out = y.shape[1]
    if classes.number is None and n_out > 1:
        classes = Classes(n_out)
    label = plain("labels", label)
    if is_text(label):
        _refuse_other_length("labels", label, len(y))
        label, classes = coded(label, classes)
    label = labels(label, len(y), classes.number)
    if read is not None and (label != read).any():
        row = int(np.argmax(label != read))
        raise FlownetError(f"label {label[row]} at row {row}, but y says class {read[row]}.")
    return label, classes


def labels(label, m, classes):
    """Class labels as a new read-only (m,) array of int64, each in 0 .. classes - 1."""
    label = numbers("labels", label)
    if label.ndim != 1 or label.dtype.kind not in "biu":
        raise FlownetError(
            f"labels must be whole numbers of the shape (m,), not {label.dtype} {label.shape}."
        )
    _refuse_other_length("labels", label, m)
    wrong = label < 0 if classes is None else (label < 0) | (label >= classes)
    if wrong.any():
        row = int(np.argmax(wrong))
        allowed = "0, 1, 2 and so on" if classes is None else f"0 .. {classes - 1}"
        raise FlownetError(
            f"label {label[row]} at row {row} is not a class; classes are {allowed}."
        )
    return frozen("labels", label, np.int64)


def labels_of(y):
    """Labels of a one-hot y, by argmax; None where y is not one-hot."""
    if y.shape[1] < 2 or y.dtype.kind == "c":
        return None
    if not (((y == 0) | (y == 1)).all() and (np.count_nonzero(y, axis=1) == 1).all()):
        return None
    return frozen("labels", y.argmax(axis=1), np.int64)


def one_hot(label, classes, dtype):
    """Read-only (m, classes) array with a 1 in the column of each label."""
    size = np.dtype(dtype).itemsize * len(label) * classes
    refuse_too_large(f"{len(label)} samples of {classes} classes", size)
    y = np.zeros((len(label), classes), dtype)
    y[np.arange(len(label)), label] = 1
    y.flags.writeable = False
    return y


def plain(what, values):
    """Array of the values; one of Python's objects with the type that they have in common."""
    if np.ma.isMaskedArray(values):
        raise FlownetError(f"{what} is a masked array; fill or drop what is masked first.")
    try:
        array = np.asarray(values)
    except Exception as error:  # a tensor of another library may raise anything
        reason = " ".join(str(error).split())
        raise FlownetError(f"{what} does not make an array of numbers: {reason}") from None
    if array.dtype.kind != "O":
        return array
    common = np.array(array.tolist())  # pandas gives objects where numbers could be missing
    return common if common.dtype.kind in "biufc" else array


def numbers(what, values):
    """Array of the values, refused unless it holds plain numbers."""
    array = plain(what, values)
    if array.dtype.kind not in "biufc":
        raise FlownetError(f"{what} must hold numbers, not {array.dtype}.")
    return array


def freeze(*arrays):
    """Make arrays read-only, those that are there."""
    for array in arrays:
        if array is not None:
            array.flags.writeable = False


def frozen(what, array, dtype=None):
    """Read-only copy in row-major order; a number that is not finite is refused, with its place."""
    with np.errstate(over="ignore"):  # a long double too large turns to inf and is refused below
        copy = np.array(array, dtype or _precision(array), order="C", copy=True)
    finite = np.isfinite(copy)
    if not finite.all():
        row, column = np.argwhere(~finite)[0]
        raise FlownetError(
            f"{what} is {copy[row, column]} at row {row}, column {column} (counted from 0); "
            "drop or fill what is not finite."
        )
    copy.flags.writeable = False
    return copy


def _precision(array):
    """The four types of the library stay as they are; every other real or complex one is double."""
    native = array.dtype.newbyteorder("=")
    if native in (np.float32, np.float64, np.complex64, np.complex128):
        return native
    return np.complex128 if array.dtype.kind == "c" else np.float64


def _width(label, classes, of_file):
    """Number of columns of the one-hot truth."""
    if classes is not None:
        return classes
    columns, different = int(label.max()) + 1, len(np.unique(label))
    many = columns > max(_MANY_COLUMNS, 2 * different)
    many_of_them = different > max(_MANY_CLASSES, len(label) / 2)
    if columns > _MOST_CLASSES or (not of_file and (many or many_of_them)):
        raise FlownetError(
            f"y holds whole numbers up to {columns - 1}, {different} different ones in "
            f"{len(label)} samples, read as class labels: give floats if they are values to fit, "
            f"or classes={columns} if they are labels."
        )
    return columns


def _refuse_other_length(what, array, m):
    if not array.ndim or len(array) != m:
        rows = len(array) if array.ndim else "no"
        raise FlownetError(f"{what} has {rows} rows, but x has {m}.")


def _refuse_empty(what, array):
    if 0 in array.shape:
        raise FlownetError(f"{what} is empty: its shape is {array.shape}.")
