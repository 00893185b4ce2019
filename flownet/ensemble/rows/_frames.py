"""A sweep as an `xarray.Dataset`, and as a `pandas.DataFrame`."""

import numpy as np

from ..._optional import optional


def xarray_of(sweep):
    """Every kept quantity with the names of its dimensions; keys as coordinates."""
    xarray = optional("xarray", "to_xarray")
    variables = {}
    coordinates = coordinates_of(sweep.plan, map(sweep.column, sweep.kept))
    for name in sweep.kept:
        column = sweep.column(name)
        variables[name] = (dims_of(sweep.plan, column), sweep[name], attrs_of(column))
    return xarray.Dataset(variables, coordinates)


def dims_of(plan, column):
    """Names of the dimensions of a column in a sweep."""
    outer = tuple(axis.name for axis in plan.axes)
    return (*(outer if column.members is None else (_members(column),)), *column.dims)


def attrs_of(column):
    """What the numbers of a column mean: netCDF's way to say so."""
    if not column.words:
        return {}
    values = np.arange(len(column.words), dtype=column.dtype)
    return {
        "flag_values": values,
        "flag_meanings": " ".join(w.replace(" ", "_") for w in column.words),
    }


def coordinates_of(plan, columns):
    """Coordinates by name: their dimension and their values."""
    found = {}
    for axis in plan.axes:
        own = axis.coordinates()
        if list(own) != [axis.name]:
            found[axis.name] = (axis.name, np.arange(len(axis)))
        found |= {key: (axis.name, values) for key, values in own.items()}
    for column in columns:
        found |= {dim: (dim, values) for dim, values in column.coordinates.items()}
        if column.members is not None:
            found[_members(column)] = (_members(column), column.members)
    return found


def _members(column):
    """The dimension of members of one shape, which a column's last dimension names."""
    return column.dims[-1].replace("parameter", "member")


def frame_of(sweep):
    """A row a member: the value of each key, and each number kept; arrays are left out."""
    pandas = optional("pandas", "to_pandas")
    places = np.unravel_index(np.arange(sweep.plan.size), sweep.shape)
    columns = {}
    for axis, place in zip(sweep.plan.axes, places):
        columns |= {key: values[place] for key, values in axis.coordinates().items()}
    for name in sweep.kept:
        if sweep.column(name).shape == ():
            columns[name] = sweep[name].reshape(-1)
    return pandas.DataFrame(columns)
