"""How large a run's file will be, and whether its disk has the space."""

import os
import shutil

import numpy as np

from .._errors import FlownetError
from .._memory import size_text
from ._failure import writing
from ._format import ALIGN, RECORD, RECORDS


def estimate(layout, rows):
    """Size of a run's file before the run.

    Parameters
    ----------
    layout : Layout
    rows : dict
        Name of a quantity to the rows it will have.

    Returns
    -------
    int
        Bytes.
    """
    total = 96 << 10
    for quantity in layout.quantities:
        block = layout.block_rows(quantity)
        blocks = -(-rows.get(quantity.name, 0) // block)
        columns = (8, 8, quantity.row_bytes) if quantity.has_clock else (quantity.row_bytes,)
        total += blocks * sum(-(-block * size // ALIGN) * ALIGN for size in columns)
        total += -(-blocks // RECORDS) * RECORDS * RECORD.itemsize + 40 * blocks + 4096
    for shape, dtype in layout.checkpoint.values():
        total += 2 * dtype.itemsize * int(np.prod(shape, dtype=object))
    total += sum(np.asarray(array).nbytes for array in layout.arrays.values())
    return total


def check_space(path, size):
    """Refuse a run whose file does not fit on the disk.

    Parameters
    ----------
    path : path
        Of the file to come.
    size : int
        Bytes.

    Raises
    ------
    FlownetError
        The disk has less free space than that, or there is no such folder.
    """
    with writing(path):
        free = shutil.disk_usage(os.path.dirname(os.path.abspath(path))).free
    if size > free:
        raise FlownetError(
            f"{path} would take {size_text(size)}, and its disk has {size_text(free)} free."
        )
