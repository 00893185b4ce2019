"""The data set: inputs x and truth y, one sample a row, which nothing changes afterwards."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from .._errors import FlownetError
from . import _arrays
from ._check import whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

    from .._types import Count, Vector


class Dataset:
    """Inputs and truth, one sample a row; read-only copies of what was given.

    Parameters
    ----------
    x : array (m, n_in)
        Inputs. float32, complex64 and complex128 are kept, every other number becomes float64.
    y : array (m, n_out) or (m,)
        Truth, with the same rule for its type. Whole numbers of shape (m,) are class labels and
        become one-hot rows of x's precision; floats of shape (m,) become one column.
    labels : array (m,), optional
        Class of each sample; by default read off y where it came as labels or is one-hot.
    classes : int, optional
        Number of classes, where the labels at hand do not show them all.
    name : str
        For people: printed, and kept with a run.
    source : dict, optional
        The table that makes this data set again, where there is a shorter one than its arrays.

    Attributes
    ----------
    x : ndarray (m, n_in)
    y : ndarray (m, n_out)
    labels : ndarray (m,) of int64, or None
    name : str
    m : int
    sha256 : str

    Raises
    ------
    FlownetError
        When x or y hold no samples, do not hold numbers, hold nan or inf, or differ in their
        number of rows; when a label is no class.

    Examples
    --------
    >>> Dataset([[0.0, 1.0], [1.0, 0.0]], [1, 0]).y
    array([[0., 1.],
           [1., 0.]])
    """

    x: Vector
    y: Vector
    labels: Vector | None
    name: str
    source: dict[str, Any] | None
    _labels_are_read: bool

    def __init__(
        self,
        x: ArrayLike,
        y: ArrayLike,
        *,
        labels: ArrayLike | None = None,
        classes: Count | None = None,
        name: str = "user",
        source: Mapping[str, Any] | None = None,
    ) -> None:
        classes = classes if classes is None else whole("classes", classes, 1)
        x = _arrays.inputs(x)
        y, given = _arrays.truth(y, x, classes)
        read = _arrays.labels_of(y) if given is None else given
        vars(self).update(
            x=x,
            y=y,
            labels=read if labels is None else _agreed(labels, read, y, classes),
            name=str(name),
            source=None if source is None else dict(source),
            _labels_are_read=labels is None,
        )

    def __setattr__(self, name, value):
        raise FlownetError(f"a Dataset does not change: make a new one to set its {name}.")

    def __len__(self):
        return self.m

    def __repr__(self):
        n_in, n_out = self.x.shape[1], self.y.shape[1]
        return f"Dataset {self.name!r}: {self.m} samples, {n_in} inputs, {n_out} outputs"

    @property
    def m(self) -> int:
        """Number of samples."""
        return len(self.x)

    @cached_property
    def sha256(self) -> str:
        """Hex digest of the shapes, types and bytes of x and y, the same on any byte order."""
        digest = hashlib.sha256()
        for array in (self.x, self.y):
            array = array.astype(array.dtype.newbyteorder("<"), copy=False)
            digest.update(f"{array.dtype.str} {array.shape}\n".encode())
            digest.update(array.data)
        return digest.hexdigest()

    def take(self, indices: Any) -> Dataset:
        """Samples at the given rows.

        Parameters
        ----------
        indices : array of ints, mask (m,), or slice

        Returns
        -------
        Dataset
            Of the same name; its table holds its arrays.

        Raises
        ------
        FlownetError
            When an index is outside the rows, or none is left.
        """
        if not isinstance(indices, slice) and not np.size(indices):
            raise FlownetError("take needs at least one row.")
        try:
            rows = np.atleast_1d(np.arange(self.m)[indices])
        except (IndexError, TypeError) as error:
            raise FlownetError(f"take: rows are 0 .. {self.m - 1}; {error}.") from None
        return self._rows(rows.reshape(-1), None)

    def first(self, n: int) -> Dataset:
        """The first n samples; n above their number is a FlownetError.

        Parameters
        ----------
        n : int

        Returns
        -------
        Dataset
            Of the same name and source, with `limit=n` in its table.
        """
        n = whole("limit", n, 1)
        if n > self.m:
            raise FlownetError(f"limit={n}, but {self.name!r} holds {self.m} samples.")
        return self._rows(slice(n), self.source and {**self.source, "limit": n})

    def describe(self) -> dict[str, Any]:
        """Table that `from_table` turns back into this data set.

        Returns
        -------
        dict
            `{"name": ..., "split": ..., ...}` for a named set, `{"file": ...}` for one read from a
            file, `{"name": ..., "x": ..., "y": ...}` (and `labels` where they were given apart)
            for any other.
        """
        if self.source is not None:
            return dict(self.source)
        table = {"name": self.name, "x": self.x, "y": self.y}
        return table if self._labels_are_read else {**table, "labels": self.labels}

    def _rows(self, rows, source):
        labels = None if self._labels_are_read else self.labels[rows]
        return Dataset(self.x[rows], self.y[rows], labels=labels, name=self.name, source=source)


def _agreed(labels, read, y, classes):
    """Labels given apart, refused where a one-hot y says otherwise."""
    n_out = y.shape[1]
    labels = _arrays.labels(labels, len(y), classes or (n_out if n_out > 1 else None))
    if read is not None and (labels != read).any():
        row = int(np.argmax(labels != read))
        raise FlownetError(f"label {labels[row]} at row {row}, but y says class {read[row]}.")
    return labels
