"""A new sweep's file, with a place for every number that is to come."""

import os
from datetime import UTC, datetime
from functools import partial

import numpy as np

from ..._errors import FlownetError
from ..._version import __version__
from ...store.bytes import StagedFile
from ...store.writing import draft_of
from . import _checks, _reading
from ._format import CHECKS, CONCLUDED, DONE, FORMAT, REST, TEXT, VERSION, is_sweep
from ._frames import attrs_of, coordinates_of, dims_of
from ._lock import refuse_written
from ._memory import size_of


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
    with draft_of(path) as draft:
        with StagedFile(draft, new=new) as staged:
            _fill(staged.hdf5, plan, columns, text, arrays)
        places = _reading.read(draft)[2]
        check = np.array(_checks.of_the_rest(draft, places.values()), np.uint32)
        with open(draft, "r+b") as file:
            file.seek(places[REST].offset)
            file.write(check.tobytes())


def _fill(file, plan, columns, text, arrays):
    """Everything that the file holds before the first member is done."""
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
        shape = size_of(column, plan.shape)
        data = _reserve(file, column.name, shape, column.dtype, column.filled)
        data.attrs.update(attrs_of(column))
        _name_axes(file, data, dims_of(plan, column), coordinates)
        count = plan.size if column.members is None else len(column.members)
        _reserve(file, CHECKS + column.name, (count,), np.uint32, 0)
    _reserve(file, DONE, (plan.size,), np.uint8, 0)
    _reserve(file, CONCLUDED, (1,), np.uint8, 0)
    _reserve(file, REST, (1,), np.uint32, 0)
    for name, (dim, _) in coordinates.items():
        if name != dim:
            file[name].dims[0].attach_scale(_scale(file, dim, len(file[name])))


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


def _reserve(file, path, shape, dtype, filled):
    """A data set in one piece, every number of it there from the beginning."""
    import h5py
    from h5py import h5d, h5p, h5s, h5t

    creation = h5p.create(h5p.DATASET_CREATE)
    creation.set_fill_time(h5d.FILL_TIME_ALLOC)
    creation.set_alloc_time(h5d.ALLOC_TIME_EARLY)
    creation.set_fill_value(np.array(filled, dtype))
    group, _, name = path.rpartition("/")
    kind = h5t.py_create(np.dtype(dtype), logical=True)
    at = file.require_group(group or "/").id
    space = h5s.create_simple(shape)
    return h5py.Dataset(h5d.create(at, name.encode(), kind, space, creation))
