"""What pandas' frames hold, as arrays; pandas is not imported unless somebody else did."""

import sys

import numpy as np

from .._errors import FlownetError, shown
from .._registry import unknown


def is_frame(value):
    """Whether a value is a `pandas.DataFrame`."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, pandas.DataFrame)


def inputs_of(frame):
    """Numbers (m, n_in) of a frame; columns that hold none are refused by their names."""
    for name, kind in zip(frame.columns, frame.dtypes):
        if kind.kind not in "biufc":
            raise FlownetError(
                f"x: the column {name!r} holds {kind}, no numbers; leave it out, or make numbers "
                "of it, as pandas.get_dummies does."
            )
    array = frame.to_numpy()
    return array if array.dtype.kind != "O" else frame.to_numpy(np.float64, na_value=np.nan)


def parts_of(frame, target):
    """Inputs, truth, and names of classes (or None) of a frame; `target` names columns of it."""
    if not is_frame(frame):
        raise FlownetError(f"{shown(frame)} is no pandas.DataFrame; Dataset(x, y) takes arrays.")
    several = isinstance(target, (list, tuple))
    targets = list(target) if several else [target]
    for name in targets:
        if name not in frame.columns:
            raise FlownetError(unknown("column", name, list(frame.columns)))
    y = frame[targets if several and len(targets) > 1 else targets[0]]
    return frame.drop(columns=targets), y, None if is_frame(y) else _categories(y)


def _categories(column):
    """Names of a categorical column's categories, those without a sample too; else None."""
    kind = column.dtype
    if kind.name != "category" or not all(isinstance(name, str) for name in kind.categories):
        return None
    return list(kind.categories)
