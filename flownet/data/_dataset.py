"""The data set: inputs x and truth y, one sample a row, which nothing changes afterwards."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from .._errors import FlownetError, shown_name
from . import _arrays, _frame, _split
from ._check import whole
from ._classes import classes_of, weights_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike

    from .._types import Count, Vector


class Dataset:
    """Inputs and truth, one sample a row; read-only copies of what was given.

    Parameters
    ----------
    x : array (m, n_in), or pandas.DataFrame
        Inputs. float32, complex64 and complex128 are kept, every other number becomes float64.
    y : array (m, n_out) or (m,)
        Truth, with the same rule for its type. Whole numbers or words of shape (m,) are class
        labels and become one-hot rows of x's precision; floats of shape (m,) become one column.
    labels : array (m,), optional
        Class of each sample; by default read off y where it came as labels or is one-hot.
    classes : int or list of str, optional
        Number of classes, where the labels at hand do not show them all, or their names, in the
        order of y's columns; labels in words have theirs sorted.
    name : str
        For people: printed, and kept with a run.
    source : dict, optional
        The table that makes this data set again, where there is a shorter one than its arrays.

    Attributes
    ----------
    x : ndarray (m, n_in)
    y : ndarray (m, n_out)
    labels : ndarray (m,) of int64, or None
    classes : ndarray (n_out,), or None
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
    >>> Dataset([[0.0, 1.0], [1.0, 0.0]], ["on", "off"]).classes.tolist()
    ['off', 'on']
    """

    x: Vector
    y: Vector
    labels: Vector | None
    name: str
    source: dict[str, Any] | None
    _names: tuple[str, ...] | None
    _labels_are_read: bool

    def __init__(
        self,
        x: ArrayLike,
        y: ArrayLike,
        *,
        labels: ArrayLike | None = None,
        classes: Count | Sequence[str] | None = None,
        name: str = "user",
        source: Mapping[str, Any] | None = None,
    ) -> None:
        known = classes_of(classes)
        x = _arrays.inputs(x)
        y, given, known = _arrays.truth(y, x, known, "file" in (source or {}))
        label = read = _arrays.labels_of(y) if given is None else given
        if labels is not None:
            label, known = _arrays.apart(labels, read, y, known)
        vars(self).update(
            x=x,
            y=y,
            labels=label,
            name=shown_name(name),
            source=None if source is None else dict(source),
            _names=known.names,
            _labels_are_read=labels is None,
        )

    @classmethod
    def from_frame(
        cls,
        frame: Any,
        target: Any,
        *,
        classes: Count | Sequence[str] | None = None,
        name: str = "frame",
    ) -> Dataset:
        """Data set of a pandas.DataFrame: the columns `target` are the truth, all others inputs.

        Parameters
        ----------
        frame : pandas.DataFrame
        target : name of a column, or list of names
            One column of words, of categories or of whole numbers holds labels; floats and several
            columns are values.
        classes, name
            As of `Dataset`; by default the classes are a categorical column's categories.

        Returns
        -------
        Dataset

        Raises
        ------
        FlownetError
            For a column that is not there, and for inputs that are no numbers.
        """
        x, y, found = _frame.parts_of(frame, target)
        return cls(x, y, classes=found if classes is None else classes, name=name)

    def __setattr__(self, name, value):
        raise FlownetError(f"a Dataset does not change: make a new one to set its {name}.")

    def __setstate__(self, state):
        vars(self).update(state)
        _arrays.freeze(self.x, self.y, self.labels)  # pickled or copied they could be written to

    def __len__(self):
        return self.m

    def __repr__(self):
        n_in, n_out = self.x.shape[1], self.y.shape[1]
        return f"Dataset {self.name!r}: {self.m} samples, {n_in} inputs, {n_out} outputs"

    @property
    def m(self) -> int:
        """Number of samples."""
        return len(self.x)

    @property
    def classes(self) -> Vector | None:
        """Names of the classes in the order of y's columns, else their numbers; None without."""
        if self.labels is None or (self._names is None and self.y.shape[1] < 2):
            return None
        return np.arange(self.y.shape[1]) if self._names is None else np.array(self._names)

    def weights(self, classes: Any = "balanced") -> Vector:
        """Weight (m,) of each sample by its class: a `sample_metric` for a loss.

        Parameters
        ----------
        classes : "balanced", dict, or array (n_out,)
            "balanced": m/(C·m_c) for a sample of a class of m_c samples, with C classes that have
            some: all classes count alike, and the mean is 1. Numbers are taken as they are: one
            for each class, or by name those that are not 1.

        Raises
        ------
        FlownetError
            For data without classes, unknown names, and weights below 0.

        Examples
        --------
        >>> data = Dataset([[0.0], [1.0], [2.0]], ["rare", "often", "often"])
        >>> data.weights().tolist()
        [1.5, 0.75, 0.75]
        """
        if self.classes is None:
            raise FlownetError(f"weights: the data {self.name!r} have no classes.")
        return weights_of(self.labels, self.classes, classes)

    def split(
        self,
        fractions: Sequence[float] | None = None,
        *,
        test_size: float | None = None,
        stratified: bool = False,
        seed: int = 0,
    ) -> tuple[Dataset, ...]:
        """Parts of the data, shuffled: by default three quarters to train on and one to test.

        Parameters
        ----------
        fractions : list of float or of int, optional
            Share of each part, such as [0.6, 0.2, 0.2], or its samples; the rest is in no part.
        test_size : float or int, optional
            Share or number of samples of the second of two parts.
        stratified : bool
            Whether every part has its share of each class, to within one sample.
        seed : int
            Of the order, which is the same on every machine.

        Returns
        -------
        tuple of Dataset

        Raises
        ------
        FlownetError
            For sizes that do not fit, and where the data to be stratified have no labels.

        Examples
        --------
        >>> import flownet as fn
        >>> fn.data.load("iris").split(test_size=0.2, stratified=True, seed=1)
        (Dataset 'iris': 120 samples, 4 inputs, 3 outputs, Dataset 'iris': 30 samples, ...)
        """
        if _split.is_stratified(stratified) and self.labels is None:
            raise FlownetError(f"stratified: the data {self.name!r} have no labels.")
        sizes = _split.sizes_of(fractions, test_size, self.m)
        parts = _split.parts(self.m, sizes, self.labels if stratified else None, seed)
        return tuple(map(self.take, parts))

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
        try:
            if not isinstance(indices, slice) and not np.size(indices):
                raise FlownetError("take needs at least one row.")
            rows = np.atleast_1d(np.arange(self.m)[indices])
        except (IndexError, TypeError, ValueError, OverflowError) as error:
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
            file, `{"name": ..., "x": ..., "y": ...}` for any other, with `labels` where they were
            given apart, and `classes` where they have names.
        """
        if self.source is not None:
            return dict(self.source)
        table = {"name": self.name, "x": self.x, "y": self.y}
        if self._names is not None:
            table["classes"] = list(self._names)
        return table if self._labels_are_read else {**table, "labels": self.labels}

    def _rows(self, rows, source):
        labels = None if self._labels_are_read else self.labels[rows]
        kept = {"labels": labels, "classes": self._names, "name": self.name, "source": source}
        return Dataset(self.x[rows], self.y[rows], **kept)
