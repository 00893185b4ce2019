"""What is computed from a finished run: added to a copy that takes its place, or put beside it."""

import os

import numpy as np

from ..._errors import FlownetError
from ..._version import __version__
from .._format import ANALYSIS, COLUMNS
from .._layout import Layout, Quantity
from .._store import Store
from ..bytes import _attributes, _columns, beginning, refuse_busy
from ..reading import Reader, companion_path
from ._create import make
from ._edit import LARGE, in_copy


def append_analysis(run, name, iteration, time, value, attrs=None):
    """Add an analysis to a finished run as the quantity "analysis/<name>", replacing an older one.

    Parameters
    ----------
    run : path, or Store
        File of the run, or the store of an opened one, which the file has still to be of. Beyond
        300 MB it stays as it is, and `<stem>.analysis.h5` beside it is written.
    name : str
    iteration : (n,) int ndarray
    time : (n,) float ndarray
    value : (n, ...) ndarray
    attrs : dict, optional
        Numbers, strings, flat lists of them.

    Raises
    ------
    FlownetError
        Unless the run is finished, the file is its own still and can be written, and the arrays
        have one length n.
    """
    path, identity = (run.path, run.identity) if isinstance(run, Store) else (run, None)
    path, value = os.fspath(path), np.asarray(value)
    if not len(iteration) == len(time) == len(value):
        raise FlownetError(
            f"analysis {name!r}: iteration, time and value have {len(iteration)}, {len(time)} "
            f"and {len(value)} rows."
        )
    quantity = Quantity(f"analysis/{name}", value.shape[1:], value.dtype, rows=len(value))
    if "/" in name:
        raise FlownetError(f"analysis {name!r}: a name without / is needed.")
    with Reader(path, identity=identity) as reader:
        identity = reader.identity
        if not reader.finished:
            raise FlownetError(f"{path} is not finished; resume the run first.")
    attrs = {"flownet_version": __version__, **(attrs or {})}
    rows = {"iteration": np.asarray(iteration, "<i8"), "time": np.asarray(time, "<f8")}
    rows["value"] = np.asarray(value, quantity.dtype)
    with beginning(path):
        refuse_busy(path, replaced=True)
        Reader(path, identity=identity).close()  # nobody has put another run in its place
        beside = os.path.getsize(path) > LARGE
        target = companion_path(path) if beside else path
        if beside and not _belongs(target, identity):
            make(target, Layout(()), ANALYSIS, identity)
        in_copy(
            target,
            lambda file: _put(file, quantity, rows, attrs),
            sum(column.nbytes for column in rows.values()),
        )


def _belongs(path, identity):
    if not os.path.exists(path):
        return False
    try:
        with Reader(path, ANALYSIS) as reader:
            return reader.identity == identity
    except FlownetError as error:
        raise FlownetError(
            f"no analysis is stored in {path}, which another file has taken: {error} Move it away."
        ) from None


def _put(file, quantity, rows, attrs):
    """The group of one analysis, its rows and its state."""
    hdf5, file.live = file.hdf5, False  # of a finished run, whoever left it open
    for old in (
        quantity.name,
        f"state/checksum/{quantity.name}",
        f"state/committed/{quantity.name}",
    ):
        if old in hdf5:
            del hdf5[old]
    length = Layout((quantity,)).block_rows(quantity)
    _columns.create(file, quantity, length)
    _attributes.write(hdf5[quantity.name], attrs)
    appender = _columns.Appender(file, quantity.name)
    block = {name: np.zeros((length, *rows[name].shape[1:]), rows[name].dtype) for name in COLUMNS}
    count = len(rows["value"])
    for first in range(0, count, length):
        filled = min(length, count - first)
        for name, column in rows.items():
            block[name][:filled] = column[first : first + filled]
        appender.write(first // length, filled, block)
    appender.trim()
