"""HDF5 files of somebody else's making, read with care: nothing outside of the file is followed.

HDF5 would follow a link to another file, take numbers from any file that a data set names, and
make room for whatever size is declared. All three are refused here, before anything is read.
"""

import math

from ._errors import FlownetError
from ._memory import refuse_too_large


def node_at(file, path, name):
    """Group or data set at a path, each step of it a hard link.

    Parameters
    ----------
    file : h5py.Group
    path : str
    name : str
        Of the file, for the error.

    Returns
    -------
    h5py.Group or h5py.Dataset

    Raises
    ------
    FlownetError
        It is missing, or a link to elsewhere.
    """
    import h5py

    found = id_at(file.id, path, name)
    return (h5py.Dataset if isinstance(found, h5py.h5d.DatasetID) else h5py.Group)(found)


def id_at(root, path, name, look=None, opened=None):
    """The same as HDF5 names it, without an object of h5py around each group on the way.

    Parameters
    ----------
    root : h5py.h5g.GroupID or h5py.h5f.FileID
    path : str
    name : str
        Of the file, for the error.
    look : callable, optional
        Is given where each header lies before it is opened.
    opened : dict, optional
        Groups that were opened before, by their paths: those on the way are taken from it, and
        kept in it.

    Returns
    -------
    h5py.h5g.GroupID or h5py.h5d.DatasetID
    """
    from h5py import h5g, h5l, h5o

    node, opened, place = root, {} if opened is None else opened, ""
    for step in filter(None, path.split("/")):
        place = f"{place}/{step}"
        if place in opened:
            node = opened[place]
            continue
        if not isinstance(node, h5g.GroupID) or not node.links.exists(step.encode()):
            raise FlownetError(f"{name} is damaged: /{path} is missing.")
        link = node.links.get_info(step.encode())
        if link.type != h5l.TYPE_HARD:
            raise FlownetError(f"{name}: /{path} is a link to elsewhere; flownet follows none.")
        if look is not None:
            look(link.u)
        node = h5o.open(node, step.encode())
        if isinstance(node, h5g.GroupID):
            opened[place] = node
    return node


def array_at(file, path, name, rows=None):
    """A data set whose numbers lie in the file itself, and fit into the memory.

    Parameters
    ----------
    file : h5py.Group
    path : str
    name : str
        Of the file, for the error.
    rows : int, optional
        How many of its rows are wanted; all by default.

    Returns
    -------
    h5py.Dataset

    Raises
    ------
    FlownetError
        It is missing, no data set, stored elsewhere, of references, or too large.
    """
    import h5py

    data = node_at(file, path, name)
    if not isinstance(data, h5py.Dataset):
        raise FlownetError(f"{name}: /{path} is no data set.")
    creation = data.id.get_create_plist()
    if data.is_virtual or creation.get_external_count():
        raise FlownetError(f"{name}: /{path} takes its numbers from other files; none are read.")
    if h5py.check_ref_dtype(data.dtype) is not None:
        raise FlownetError(f"{name}: /{path} holds references, and no numbers.")
    if data.shape is None:
        raise FlownetError(f"{name}: /{path} is empty.")
    wanted = data.shape
    if rows is not None and wanted:
        wanted = (min(rows, wanted[0]), *wanted[1:])
    for shape in (wanted, data.chunks or ()):
        size = math.prod(shape) * data.dtype.itemsize
        refuse_too_large(f"{name}: /{path} of the shape {data.shape}", size)
    return data
