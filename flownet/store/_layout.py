"""What a run records: names, shapes and types of its quantities, and how many go into a block."""

import re
from dataclasses import dataclass, field

import numpy as np

from .._errors import FlownetError
from .._memory import size_text
from ._format import BLOCKS

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
    clock : str, optional
        Quantity whose iteration and time are this one's too, row by row; its own by default.

    Raises
    ------
    FlownetError
        A name, type or shape that a file cannot hold.
    """

    name: str
    shape: tuple = ()
    dtype: np.dtype | str = "f8"
    rows: int | None = None
    clock: str | None = None

    def __post_init__(self):
        object.__setattr__(self, "shape", tuple(int(n) for n in np.atleast_1d(self.shape)))
        object.__setattr__(self, "dtype", np.dtype(self.dtype).newbyteorder("<"))
        object.__setattr__(self, "clock", self.clock or self.name)
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

    @property
    def has_clock(self):
        """Whether iteration and time are its own."""
        return self.clock == self.name


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
    first : dict
        Name to array of the first checkpoint, of a run that begins; a file has it from the moment
        it appears.

    Raises
    ------
    FlownetError
        Two things of one name, a name or type that a file cannot hold, or a clock that is not one
        of the quantities before.
    """

    quantities: tuple
    checkpoint: dict = field(default_factory=dict)
    experiment: str = ""
    arrays: dict = field(default_factory=dict)
    attrs: dict = field(default_factory=dict)
    block_bytes: int = 1 << 20
    first: dict = field(default_factory=dict)

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
        if {"header", "rows", BLOCKS} & set(checkpoint):
            raise FlownetError(
                "a checkpoint keeps its own 'header', 'rows' and 'blocks'; name the arrays "
                "otherwise."
            )
        for name, (_, dtype) in checkpoint.items():
            check_dtype(dtype, f"checkpoint/{name}")
        if len(set(self.names)) < len(self.names):
            raise FlownetError(f"a quantity is recorded twice: {', '.join(self.names)}.")
        wrong = wrong_clock(self.clocks)
        if wrong:
            raise FlownetError(
                f"{wrong}: its clock {self.clocks[wrong]!r} has to be a quantity before it that "
                "has iteration and time of its own."
            )

    @property
    def names(self):
        """Names of the quantities."""
        return [quantity.name for quantity in self.quantities]

    @property
    def clocks(self):
        """Name of each quantity to the name of its clock."""
        return {quantity.name: quantity.clock for quantity in self.quantities}

    def block_rows(self, quantity):
        """Rows in one block of a quantity; quantities of one clock have blocks of one length.

        Parameters
        ----------
        quantity : Quantity

        Returns
        -------
        int
            At least 1.
        """
        together = [q for q in self.quantities if q.clock == quantity.clock]
        rows = min(self.block_bytes // max(q.row_bytes for q in together), _MOST_ROWS)
        expected = together[0].rows  # of the clock, which has the most
        return max(rows if expected is None else min(rows, expected), 1)


def wrong_clock(clocks):
    """First quantity whose clock is not one of the quantities before it that have their own.

    Parameters
    ----------
    clocks : dict
        Name of each quantity to the name of its clock, in their order.

    Returns
    -------
    str or None
    """
    own = set()
    for name, clock in clocks.items():
        if name == clock:
            own.add(name)
        elif clock not in own:
            return name
    return None


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


def check_arrays(arrays, forms):
    """Refuse arrays that are not the ones a checkpoint is made of.

    Parameters
    ----------
    arrays : dict
        Name to ndarray.
    forms : dict
        Name to (shape, dtype).

    Raises
    ------
    FlownetError
    """
    if not forms or set(arrays) != set(forms):
        raise FlownetError(
            f"a checkpoint is made of {', '.join(forms) or 'nothing'}; got {', '.join(arrays)}."
        )
    for name, (shape, dtype) in forms.items():
        array = np.asarray(arrays[name])
        if (array.shape, array.dtype) != (shape, dtype):
            raise FlownetError(
                f"checkpoint {name!r} is {dtype} {shape}; got {array.dtype} {array.shape}."
            )
