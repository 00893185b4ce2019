"""What a run records: names, shapes and types of its quantities, and the room they will take."""

import os
import re
import shutil
from dataclasses import dataclass, field

import numpy as np

from .._errors import FlownetError

FORMAT = "flownet-trajectory"
ANALYSIS = "flownet-analysis"
VERSION = 1
COLUMNS = ("iteration", "time", "value")

# One entry a block: its committed rows, and the xxh3 of those rows in each column.
RECORD = np.dtype([("rows", "<i8"), *((column, "<u8") for column in COLUMNS)])
# One number of the state, with the xxh3 of its eight bytes.
NUMBER = np.dtype([("value", "<i8"), ("xxh3_64", "<u8")])
# First entry of a checkpoint: which one it is, where the run stood, and the xxh3 of the whole slot.
HEADER = np.dtype([("sequence", "<i8"), ("iteration", "<i8"), ("time", "<f8"), ("xxh3_64", "<u8")])
# SIGKILL can stop a write at the edge of a page: what is small enough never crosses one, neither
# a counter nor a piece of HDF5's own index, whose checksum half a write would break.
ALIGN = 1024
RECORDS = 128  # entries in a chunk of checksums: 4 kB, one page

_MOST_ROWS = 16384  # scalars: a block of a few hundred kB, not of half a million rows
_LARGEST_BLOCK = (4 << 30) - 1
_NAME = re.compile(r"[\w.+-]+(/[\w.+-]+)*", re.ASCII)


@dataclass(frozen=True)
class Quantity:
    """One recorded group: rows of one shape, each with its iteration and time.

    Parameters
    ----------
    name : str
        "parameters" or "observables/<name>".
    shape : tuple
        Of one row, () for a scalar.
    dtype : dtype
    rows : int, optional
        Rows expected; a short run gets small blocks.

    Raises
    ------
    FlownetError
        A name, type or shape that a file cannot hold.
    """

    name: str
    shape: tuple = ()
    dtype: np.dtype = np.dtype("f8")
    rows: int | None = None

    def __post_init__(self):
        object.__setattr__(self, "shape", tuple(int(n) for n in np.atleast_1d(self.shape)))
        object.__setattr__(self, "dtype", np.dtype(self.dtype).newbyteorder("<"))
        check_name(self.name)
        check_dtype(self.dtype, self.name)
        if any(n < 1 for n in self.shape):
            raise FlownetError(f"{self.name}: a row of shape {self.shape} holds nothing.")
        if self.row_bytes > _LARGEST_BLOCK:
            raise FlownetError(
                f"{self.name}: one row of {size_text(self.row_bytes)} is too large for a file "
                "(4 GB)."
            )

    @property
    def row_bytes(self):
        """Bytes of one row's value."""
        return self.dtype.itemsize * int(np.prod(self.shape, dtype=object))


@dataclass(frozen=True)
class Layout:
    """Everything a run's file is made of, known before the run starts.

    Parameters
    ----------
    quantities : sequence of Quantity
    checkpoint : dict
        Name to (shape, dtype) of the arrays that the next step needs.
    experiment : str
        The experiment as TOML text.
    arrays : dict
        Path to array, written whole once ("data/x").
    attrs : dict
        Path of a group ("" is the root) to its attributes: numbers, strings, flat lists of them.
    block_bytes : int
        Size of a block of rows.

    Raises
    ------
    FlownetError
        Two things of one name, or a name or type that a file cannot hold.
    """

    quantities: tuple
    checkpoint: dict = field(default_factory=dict)
    experiment: str = ""
    arrays: dict = field(default_factory=dict)
    attrs: dict = field(default_factory=dict)
    block_bytes: int = 1 << 20

    def __post_init__(self):
        object.__setattr__(self, "quantities", tuple(self.quantities))
        checkpoint = {
            name: (
                (shape,) if isinstance(shape, int) else tuple(shape),
                np.dtype(dtype).newbyteorder("<"),
            )
            for name, (shape, dtype) in self.checkpoint.items()
        }
        object.__setattr__(self, "checkpoint", checkpoint)
        for name in [*checkpoint, *self.arrays, *filter(None, self.attrs)]:
            check_name(name)
        if {"header", "rows"} & set(checkpoint):
            raise FlownetError(
                "a checkpoint keeps its own 'header' and 'rows'; name the arrays otherwise."
            )
        for name, (_, dtype) in checkpoint.items():
            check_dtype(dtype, f"checkpoint/{name}")
        if len(set(self.names)) < len(self.names):
            raise FlownetError(f"a quantity is recorded twice: {', '.join(self.names)}.")

    @property
    def names(self):
        """Names of the quantities."""
        return [quantity.name for quantity in self.quantities]

    def block_rows(self, quantity):
        """Rows in one block of a quantity.

        Parameters
        ----------
        quantity : Quantity

        Returns
        -------
        int
            At least 1.
        """
        rows = min(self.block_bytes // quantity.row_bytes, _MOST_ROWS)
        if quantity.rows is not None:
            rows = min(rows, quantity.rows)
        return max(rows, 1)


def check_name(name):
    """Refuse a name that cannot be a path in a file.

    Parameters
    ----------
    name : str

    Raises
    ------
    FlownetError
    """
    if not _NAME.fullmatch(name) or {".", ".."} & set(name.split("/")):
        raise FlownetError(
            f"{name!r} cannot name a quantity: letters, digits and _ . + - are allowed."
        )


def check_dtype(dtype, name):
    """Refuse a type that a file does not hold: only plain numbers are recorded.

    Parameters
    ----------
    dtype : dtype
    name : str
        Of what has this type, for the error.

    Raises
    ------
    FlownetError
    """
    if dtype.kind not in "iufc" or dtype.itemsize > 16 or dtype.name in ("float128", "longdouble"):
        raise FlownetError(
            f"{name}: {dtype} cannot be recorded; numbers of up to 64 bits (complex 128) can."
        )


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
        columns = (8, 8, quantity.row_bytes)
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
    folder = os.path.dirname(os.path.abspath(path))
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise FlownetError(f"cannot write {path}: {error.strerror}.") from None
    if size > free:
        raise FlownetError(
            f"{path} would take {size_text(size)}, and its disk has {size_text(free)} free."
        )


def size_text(size):
    """Number of bytes as a person reads it.

    Parameters
    ----------
    size : int

    Returns
    -------
    str
    """
    size = float(size)
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if size < 1000 or unit == "TB":
            return f"{size:.0f} bytes" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
