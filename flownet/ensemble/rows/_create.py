"""A new sweep's file, with a place for every number that is to come."""

import os
from datetime import UTC, datetime
from functools import partial

import numpy as np

from ..._errors import FlownetError
from ..._version import __version__
from ...store.bytes import StagedFile
from ...store.writing import draft_of
from ._frames import attrs_of, coordinates_of, dims_of
from ._lock import refuse_written
from ._memory import size_of

FORMAT, VERSION = "flownet-sweep", 1
DONE, TEXT = "state/done", "plan/toml"


def create(path, plan, columns, text, arrays, overwrite):
    """Make the file; it appears under its name when it is complete.

    Parameters
    ----------
    path : str
    plan : Plan
    columns : list of Column
    text : str
        What makes the plan again; `arrays` are what it refers to.
    overwrite : bool
        Whether another sweep's file may be replaced.

    Raises
    ------
    FlownetError
        There is such a file, or it cannot be made.
    """
    import h5py

    _refuse_existing(path, overwrite)
    new = partial(h5py.File, mode="w", libver=("earliest", "v110"))
    with draft_of(path) as draft, StagedFile(draft, new=new) as staged:
        file = staged.hdf5
        file.attrs.update(
            {
                "format": FORMAT,
                "format_version": VERSION,
                "flownet_version": __version__,
                "created": datetime.now(UTC).isoformat(timespec="seconds"),
            }
        )
        for name, array in {TEXT: text, **arrays}.items():
            file[name] = array
        coordinates = coordinates_of(plan, columns)
        for name, (_, values) in coordinates.items():
            _coordinate(file, name, values)
        for column in columns:
            data = _reserve(file, column.name, size_of(column, plan.shape), column)
            data.attrs.update(attrs_of(column))
            _name_axes(file, data, dims_of(plan, column), coordinates)
        done = column_of_done()
        _reserve(file, DONE, (plan.size,), done)
        for name, (dim, _) in coordinates.items():
            if name != dim:
                file[name].dims[0].attach_scale(_scale(file, dim, len(file[name])))


def column_of_done():
    """Whether each member is done, as a column."""
    from ..keep import Column

    return Column("done", (), np.uint8, filled=0)


def _refuse_existing(path, overwrite):
    if os.path.isdir(path):
        raise FlownetError(
            f"{path} is a folder; a sweep wants a file, such as {os.path.join(path, 'sweep.h5')}."
        )
    if not os.path.lexists(path):
        return
    ours = is_sweep(path)
    if not overwrite:
        more = "; flownet.Sweep.open(path).resume() goes on with one that is not finished"
        more = more if ours else ""
        raise FlownetError(
            f"{path} exists; overwrite=True (in the shell --overwrite) replaces a sweep's "
            f"file{more}."
        )
    if not ours:
        raise FlownetError(f"{path} is not the file of a sweep, and is not replaced: move it away.")
    refuse_written(path)


def is_sweep(path):
    """Whether there is a sweep's file at a path."""
    import h5py

    try:
        with h5py.File(path, "r", locking=False) as file:
            return says_sweep(file)
    except Exception:  # h5py raises half a dozen types for a broken structure
        return False


def says_sweep(file):
    """Whether an open file says that it is one of a sweep."""
    said = file.attrs.get("format")
    return isinstance(said, str) and said == FORMAT


def _coordinate(file, name, values):
    """Values along a dimension, or beside those of another."""
    import h5py

    if values.dtype == object:
        file.create_dataset(name, data=list(values), dtype=h5py.string_dtype())
    else:
        file[name] = values


def _name_axes(file, data, dims, coordinates):
    """Attach to each dimension what measures it, as netCDF does."""
    for i, dim in enumerate(dims):
        data.dims[i].attach_scale(_scale(file, dim, data.shape[i]))
    beside = [name for name, (dim, _) in coordinates.items() if dim in dims and name != dim]
    if beside:
        data.attrs["coordinates"] = " ".join(beside)


def _scale(file, dim, length):
    """What measures a dimension: its coordinate, or only its length."""
    if dim not in file:
        file[dim] = np.zeros(length, np.int8)
        file[dim].make_scale(f"This is a netCDF dimension but not a netCDF variable. {length:10d}")
    elif not file[dim].is_scale:
        file[dim].make_scale(dim)
    return file[dim]


def _reserve(file, path, shape, column):
    """A data set in one piece, every number of it there from the beginning."""
    import h5py
    from h5py import h5d, h5p, h5s, h5t

    creation = h5p.create(h5p.DATASET_CREATE)
    creation.set_fill_time(h5d.FILL_TIME_ALLOC)
    creation.set_alloc_time(h5d.ALLOC_TIME_EARLY)
    creation.set_fill_value(np.array(column.filled, column.dtype))
    group, _, name = path.rpartition("/")
    kind = h5t.py_create(np.dtype(column.dtype), logical=True)
    at = file.require_group(group or "/").id
    space = h5s.create_simple(shape)
    return h5py.Dataset(h5d.create(at, name.encode(), kind, space, creation))
