"""Where runs and flows are kept: what their files say, and where they go on."""

import os

from .. import _progress
from .._errors import FlownetError, shown
from .._version import __version__
from ..store._layout import Layout
from ..store._size import check_space, estimate, size_text
from ..store._text import to_text
from ..store.trajectory import MemoryStore
from ..store.writing import HDF5Store
from . import _check

_ROWS = 1000  # for the size of a quantity whose rows nobody knows beforehand


def layout_of(quantities, arrays, tables, potential, seed=0):
    """`Layout` of a file: quantities, the arrays of a checkpoint, the experiment's tables."""
    text, kept = to_text(tables)
    attrs = {"": {"flownet_version": __version__, "seed": seed}}
    network = potential.network
    if network is not None:
        attrs["network"] = {
            "sizes": list(network.sizes),
            "dtype": network.dtype.name,
            "activations": [*network.activation, network.output],
        }
    attrs |= attrs_of_data(potential)
    return Layout(
        quantities=quantities,
        experiment=text,
        arrays=kept,
        attrs=attrs,
        checkpoint={name: (array.shape, array.dtype) for name, array in arrays.items()},
    )


def attrs_of_data(potential):
    """What a file says of a potential's data: attributes of /data; nothing without data."""
    data = potential.data
    return {} if data is None else {"data": {"name": data.name, "m": data.m, "sha256": data.sha256}}


def open_store(layout, path, overwrite):
    """A store in memory, or in a file where a path is given; refused where it cannot fit."""
    size = estimate(layout, {q.name: q.rows or _ROWS for q in layout.quantities})
    if path is None:
        _check.memory(size)
        return MemoryStore(layout)
    if not isinstance(path, (str, os.PathLike)):
        raise FlownetError(f"store is {shown(path)}; it has to be the path of a file.")
    check_space(path, size)
    _progress.note(f"{path}: {size_text(size)} to be written")
    return HDF5Store.create(path, layout, overwrite=overwrite)


def checkpoint_of(run):
    """Iteration, time and arrays where a stopped run or flow goes on."""
    latest = run.store.latest_checkpoint()
    if latest is None:
        raise FlownetError(
            f"{run.path} holds no checkpoint: it was stopped before its first step; run it anew."
        )
    return latest


def take_up(own, kept, name):
    """Fill arrays with those of a checkpoint, once all of them are of the shapes that they fill.

    Parameters
    ----------
    own, kept : dict
        Name to ndarray; each of `own` has to be among `kept`.
    name : str
        Of the run, for the error.
    """
    for which, array in own.items():
        found = kept.get(which)
        if found is None or (found.shape, found.dtype) != (array.shape, array.dtype):
            has = "none" if found is None else f"{found.dtype} of shape {found.shape}"
            raise FlownetError(
                f"{name} does not go on so: its next step wants {which!r}, {array.dtype} of shape "
                f"{array.shape}, and its checkpoint holds {has}."
            )
    for which, array in own.items():
        array[...] = kept[which]


def refuse_other_rows(store, quantities):
    """Refuse a store whose rows are of another shape or precision than those to be recorded."""
    for q in quantities:
        if (found := store.form(q.name)) != (q.shape, q.dtype):
            raise FlownetError(
                f"{store.label} does not go on so: a row of {q.name} is {q.dtype} of shape "
                f"{q.shape}, and it holds {found[1]} of shape {found[0]}."
            )
