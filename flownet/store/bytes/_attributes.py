"""Attributes of a group: plain numbers and fixed strings, with one checksum over all of them."""

import math

import numpy as np
import xxhash

from ..._errors import FlownetError

CHECKSUM = "attrs_xxh3_64"
_LARGEST = 64 << 20


def write(group, values):
    """Write attributes and their checksum.

    Parameters
    ----------
    group : h5py.Group
    values : dict
        Name to number, string, boolean, or a flat list or array of one of them.

    Raises
    ------
    FlownetError
        A value of another kind.
    """
    import h5py

    coded = {name: _encode(name, value) for name, value in values.items()}
    for name, value in coded.items():
        dtype = (
            h5py.string_dtype("utf-8", value.dtype.itemsize)
            if value.dtype.kind == "S"
            else value.dtype
        )
        group.attrs.create(name, value, dtype=dtype)
    group.attrs.create(CHECKSUM, np.uint64(_digest(coded)))


def read(group, where):
    """Attributes of a group, checked.

    Parameters
    ----------
    group : h5py.Group
    where : str
        File and group, for the error.

    Returns
    -------
    dict
        Python numbers, strings, booleans and lists.

    Raises
    ------
    FlownetError
        The checksum is wrong, or there is something that flownet does not write.
    """
    coded = {name: read_one(group, name, where) for name in group.attrs}
    stored = coded.pop(CHECKSUM, None)
    if stored is None and not coded:
        return {}
    if stored is None or stored.dtype != np.uint64 or stored.shape or int(stored) != _digest(coded):
        raise FlownetError(f"{where}: the attributes are damaged, their checksum is wrong.")
    return {name: _decode(value) for name, value in coded.items()}


def read_one(group, name, where):
    """One attribute as it is in the file, not checked against the checksum.

    Parameters
    ----------
    group : h5py.Group
    name : str
    where : str
        File and group, for the error.

    Returns
    -------
    ndarray

    Raises
    ------
    FlownetError
        An attribute of a type or size that flownet does not write.
    """
    from h5py import h5a, h5t

    attribute = h5a.open(group.id, name.encode())
    kind, shape = attribute.get_type(), attribute.shape
    plain = isinstance(kind, (h5t.TypeIntegerID, h5t.TypeFloatID, h5t.TypeEnumID)) or (
        isinstance(kind, h5t.TypeStringID) and not kind.is_variable_str()
    )
    size = math.prod(shape or ()) * kind.get_size()
    dtype = attribute.dtype if plain and shape is not None and size <= _LARGEST else None
    if dtype is None or dtype.kind not in "biufS":
        raise FlownetError(f"{where}: attribute {name!r} is not one that flownet writes.")
    value = np.zeros(shape, dtype)
    if value.size:
        attribute.read(value)
    return value


def text(value):
    """String of an attribute as it is in the file; another type gives "".

    Parameters
    ----------
    value : ndarray

    Returns
    -------
    str
    """
    return str(_decode(value)) if value.dtype.kind == "S" and not value.shape else ""


def _encode(name, value):
    array = np.asarray(value)
    if array.dtype.kind == "U" and array.ndim < 2:
        if any("\0" in item for item in array.ravel().tolist()):
            raise FlownetError(f"attribute {name!r} holds a null character.")
        return np.char.encode(array, "utf-8")
    if array.dtype.kind not in "biuf" or array.ndim > 1 or array.dtype.itemsize > 8:
        raise FlownetError(
            f"attribute {name!r} cannot be recorded: {value!r} is no number, string "
            "or flat list of them."
        )
    return array


def _decode(value):
    if value.dtype.kind == "S":
        value = np.char.decode(value, "utf-8", "replace")
    return value.tolist()


def _digest(coded):
    digest = xxhash.xxh3_64()
    for name in sorted(coded):
        value = coded[name]
        digest.update(f"{name}\0{value.dtype.kind}{value.dtype.itemsize}{value.shape}\0".encode())
        digest.update(value.tobytes())
    return digest.intdigest()
