"""Box-counting dimension of the boundary in a map, with its error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

import numpy as np

from .._errors import FlownetError, shown
from .._table import Table, short
from ..model._check import array

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

Of = Literal["boundary", "set"]

_LEAST, _SHARE, _MANY = 2, 4, 20  # smallest box, largest as a share of the map, sizes in between
_SHIFTS = 32  # grids of each size
_GROUPS = 8  # of shifts, whose slopes say how far that of all is off
_PLASTIC = 1.32471795724474602596  # whose powers spread points evenly over a square


class BoxDimension(NamedTuple):
    """Box-counting dimension of what a map shows: −d log N/d log s.

    Attributes
    ----------
    dimension, error : float
    sizes : ndarray (n,)
        Sides s of the boxes, in pixels.
    counts : ndarray (n,)
        Mean numbers N of boxes that hold some of it.
    """

    dimension: float
    error: float
    sizes: np.ndarray
    counts: np.ndarray

    @property
    def decades(self) -> float:
        """Decades that the sizes span."""
        return float(np.log10(self.sizes[-1] / self.sizes[0]))

    def table(self) -> Table:
        """The dimension with its error, and the slope between sizes, as a `Table`."""
        slopes = np.gradient(np.log(self.counts), np.log(self.sizes))
        few = self.decades < 2
        return Table(
            f"Box-counting dimension {self.dimension:.3f} ± {self.error:.2g}",
            {
                "box, pixels": (short, self.sizes),
                "boxes": (short, self.counts),
                "slope here": (".3f", -slopes),
            },
            [
                f"boxes of {self.decades:.2g} decades"
                + few * ", fewer than two: a larger map says more"
            ],
        )

    def __str__(self):
        return str(self.table())

    def _repr_html_(self):
        return self.table()._repr_html_()


def box_dimension(
    map: ArrayLike, *, sizes: Sequence[int] | None = None, of: Of = "boundary"
) -> BoxDimension:
    """Box-counting dimension of the boundary between the values of a map, with its error.

    The boundary are the corners of pixels around which not all four pixels agree. Boxes of side s
    cover it, N(s) of them on the average over shifted grids. A map is a window onto something
    larger: a box that lies in part beyond it counts for its part within. What ends within the map,
    touching no side of it, is cut out first; a set then fills its window, and a boundary that
    closes within has boxes that count in full. The dimension is the slope of log N over −log s by
    least squares.

    Its error is made of the scatter about the straight line, of that between groups of shifts, of
    how far the slopes of small and of large boxes are apart, over √3, and, of what ends within the
    map, of how far both ways of counting its rim are, over √3.

    Parameters
    ----------
    map : array (n, m)
        Verdicts, such as whether a run converged.
    sizes : sequence of int, optional
        Ascending, in pixels; by default some 20 from 2 to a quarter of the shorter side: two
        decades from 800 pixels on.
    of : str
        "boundary", or "set": a map of True and False is itself what is covered.

    Returns
    -------
    BoxDimension
        `(dimension, error, sizes, counts)`.

    Raises
    ------
    FlownetError
        For a map with less than a decade of sizes (80 pixels), one without a boundary, and sizes
        that do not ascend from 1 to the map's shorter side.

    Examples
    --------
    >>> import flownet as fn
    >>> import numpy as np
    >>> y, x = np.mgrid[:400, :400]
    >>> found = fn.box_dimension((x - 200) ** 2 + (y - 200) ** 2 < 120**2)
    >>> print(f"{found.dimension:.1f}")
    1.0
    """
    covered = _covered(map, of)
    ends = not (covered[[0, -1]].any() or covered[:, [0, -1]].any())
    covered = _cut_out(covered) if ends else covered
    sizes = _sizes(sizes, min(covered.shape))
    found = [[_counts(covered, s, *shift) for shift in _shifts(s)] for s in sizes]
    by_parts, in_full = np.moveaxis(np.array(found), 2, 0)
    counts = in_full if ends and of == "boundary" else by_parts
    mean = counts.mean(axis=1)
    dimension, spread = _slope(sizes, mean)
    groups = counts.reshape(len(sizes), _GROUPS, -1).mean(axis=2)
    slopes = [_slope(sizes, group)[0] for group in groups.T]
    spread += np.var(slopes, ddof=1) / _GROUPS
    if ends:
        rims = [_slope(sizes, rim.mean(axis=1))[0] for rim in (by_parts, in_full)]
        spread += np.ptp(rims) ** 2 / 3
    return BoxDimension(float(dimension), float(np.sqrt(spread)), sizes, mean)


def _covered(map, of):
    """What is covered (n, m), as 0 and 1."""
    given = array("map", map)
    if given.ndim != 2:
        raise FlownetError(f"the map has shape {given.shape}; it has to have two axes.")
    if of not in get_args(Of):
        raise FlownetError(f"of is {shown(of)}; it has to be 'boundary' or 'set'.")
    if of == "set":
        if given.dtype != bool:
            raise FlownetError(f"the map holds {given.dtype}; a set is one of True and False.")
        found = given
    else:
        corner = given[:-1, :-1]
        found = (given[1:, :-1] != corner) | (given[:-1, 1:] != corner) | (given[1:, 1:] != corner)
    if not found.any():
        raise FlownetError("the map shows one value everywhere: it has no boundary.")
    return found.astype(np.uint8)


def _cut_out(covered):
    """The smallest part of the map that holds all of it."""
    rows, columns = (np.flatnonzero(covered.any(axis=axis)) for axis in (1, 0))
    return covered[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _sizes(sizes, side):
    """Sides of the boxes (n,), checked."""
    if sizes is None:
        if side // _SHARE < 10 * _LEAST - 1:
            raise FlownetError(
                f"what the map shows is {side} pixels wide or high: boxes span less than a decade "
                "there; 80 pixels are the least, and 800 hold two decades."
            )
        return np.unique(np.geomspace(_LEAST, side // _SHARE, _MANY).round().astype(int))
    found = np.asarray(sizes)
    if (
        found.ndim != 1
        or len(found) < 3
        or found.dtype.kind not in "iu"
        or not (np.diff(found) > 0).all()
        or not 1 <= found[0] < found[-1] <= side
    ):
        raise FlownetError(
            f"sizes is {shown(sizes)}; it has to be three or more whole numbers of pixels, "
            f"ascending, from 1 to {side}."
        )
    return found.astype(int)


def _shifts(size):
    """Shifts (32, 2) of a grid, evenly spread over a box."""
    along = np.arange(_SHIFTS)[:, None] / np.array([_PLASTIC, _PLASTIC**2])
    return np.floor(size * ((0.5 + along) % 1.0)).astype(int)


def _counts(covered, size, down, right):
    """Boxes of a shifted grid that hold something: each by its part within the map, and in full."""
    rows, shares = zip(*(_cut(n, size, shift) for n, shift in zip(covered.shape, (down, right))))
    strips = np.maximum.reduceat(covered, rows[0], axis=0)
    boxes = np.maximum.reduceat(strips, rows[1], axis=1)
    return float(shares[0] @ boxes @ shares[1]), float(boxes.sum())


def _cut(n, size, shift):
    """Where the boxes of n pixels begin, and their parts within, if the first one lacks `shift`."""
    begins = np.concatenate([[0], np.arange(size - shift, n, size)])
    return begins, np.diff(begins, append=n) / size


def _slope(sizes, counts):
    """Dimension, and the square of its error from residuals and from what the halves say."""
    x, y = np.log(sizes), np.log(counts)
    (slope, _), off = np.polyfit(x, y, 1), x - x.mean()
    rest = y - y.mean() - slope * off
    small = off < 0
    halves = [np.polyfit(x[part], y[part], 1)[0] for part in (small, ~small) if part.sum() > 1]
    drift = np.ptp(halves) / np.sqrt(3)
    return -slope, rest @ rest / max(1, len(x) - 2) / (off @ off) + drift**2
