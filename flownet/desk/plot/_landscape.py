"""The loss on a plane: its values on a grid, levels that tell of the paths, its minima."""

from dataclasses import dataclass

import numpy as np

from ..._errors import FlownetError, shown
from ..._progress import bar
from ...model._check import is_whole

_WORK = 1e11  # multiply-adds of a landscape, some ten seconds
_FINEST, _COARSEST = 81, 21
_DECADES = 6  # below the highest level, seen on a logarithmic axis
_LOWEST = 0.02  # of the grid may lie below the lowest level
_WIDE = 8  # highest over lowest level beyond which they are logarithmic
_CLEAR = 0.05, 0.07, 0.11  # of a number from border, paths, other numbers; part of the frame
_DEEP = 0.04  # of the range of levels: how deep a basin has to be to count


@dataclass(frozen=True)
class Landscape:
    """Loss at the points of a grid.

    Attributes
    ----------
    x : ndarray (n,)
    y : ndarray (n,)
    values : ndarray (n, n)
        values[j, i] at (x_i, y_j); infinite where the loss is no number.
    """

    x: np.ndarray
    y: np.ndarray
    values: np.ndarray


def landscape(plane, potential, borders, resolution=None):
    """`Landscape` of a potential on a plane, resolution² evaluations.

    By default as fine as some ten seconds allow, between 21 and 81 points a side.
    """
    n = _finest(potential) if resolution is None else resolution
    if not is_whole(n, 2, 1000):
        raise FlownetError(
            f"resolution is {shown(n)}; it has to be a whole number from 2 to 1000, points a side."
        )
    left, right, bottom, top = borders
    x, y = np.linspace(left, right, n), np.linspace(bottom, top, n)
    values = np.empty((n, n))
    dtype = potential.dtype or np.float64
    with bar(n, what="landscape") as show, np.errstate(all="ignore"):
        for j in range(n):
            grid = np.stack([x, np.full(n, y[j])], axis=1)
            values[j] = [potential.value(W) for W in plane.points(grid).astype(dtype)]
            show(j + 1)
    return Landscape(x, y, np.where(np.isnan(values), np.inf, values))


def levels(values, highest):
    """Ascending levels for values (n, n), up to somewhat above the highest loss of the paths.

    They go by factors where the values span more than a factor of 8.
    """
    finite = values[np.isfinite(values)]
    if not finite.size:
        raise FlownetError("the loss is no finite number anywhere on the plane of the paths.")
    high = min(finite.max(), max(1.5 * highest, np.quantile(finite, 0.3)))
    low = max(np.quantile(finite, _LOWEST), high * 10.0**-_DECADES, _unresolved(values))
    if finite.min() >= 0 and high > _WIDE * low:
        return _round_powers(low, high)
    low = finite.min()
    if not high > low:
        raise FlownetError(
            f"the loss is {low:g} everywhere on the plane of the paths: there is no landscape."
        )
    step = _round((high - low) / 10)
    return step * np.arange(np.ceil(low / step), np.floor(high / step) + 1)


def is_logarithmic(steps):
    """Whether levels go by factors."""
    return len(steps) > 2 and steps[0] > 0 and not np.allclose(np.diff(steps), steps[1] - steps[0])


def minima(landscape, steps):
    """Points (n, 2) of the plane's own minima, lowest first: bottoms of closed basins.

    A basin counts where the way to a lower place, or out of the frame, climbs by more than 4 % of
    the range of levels. On a logarithmic scale what the grid does not resolve is even ground.
    """
    if is_logarithmic(steps):
        even = np.clip(_unresolved(landscape.values), 0.01 * steps[0], steps[0])
        heights = np.log(np.clip(landscape.values, even, steps[-1]))
        deep = _DEEP * np.log(steps[-1] / steps[0])
    else:
        heights = np.clip(landscape.values, None, steps[-1])
        deep = _DEEP * (steps[-1] - heights.min())
    found = [place for place, depth in _basins(heights, landscape.values) if depth > deep]
    return np.array(
        [
            [
                landscape.x[i] + _shift(landscape.values[j, i - 1 : i + 2], landscape.x),
                landscape.y[j] + _shift(landscape.values[j - 1 : j + 2, i], landscape.y),
            ]
            for j, i in found
        ]
    ).reshape(-1, 2)


def inscriptions(lines, borders, paths):
    """Places [(x, y), …] for the numbers of level lines: beside the paths [(n, 2), …], not on them.

    Of each level's lines [(n, 2), …] the place nearest to the paths that is clear of them, of the
    borders and of the other numbers; none where no place is.
    """
    left, right, bottom, top = borders
    corner, size = np.array([left, bottom]), np.array([right - left, top - bottom])
    busy = np.concatenate([_evenly(np.clip((points - corner) / size, -1, 2)) for points in paths])
    places = []
    for pieces in lines:
        spots = [(np.asarray(piece) - corner) / size for piece in pieces if len(piece) > 9]
        if not spots:
            continue
        spots = np.concatenate(spots)
        free = np.min(np.concatenate([spots, 1 - spots], axis=1), axis=1) / _CLEAR[0]
        near = _nearest(spots, busy)
        free = np.minimum(free, near / _CLEAR[1])
        if places:
            free = np.minimum(free, _nearest(spots, np.array(places)) / _CLEAR[2])
        best = np.argmin(np.where(free >= 1, near, np.inf))
        if free[best] >= 1:
            places.append(spots[best])
    return [tuple(place * size + corner) for place in places]


def _evenly(points, count=200):
    """Points (count, 2) at equal distances along a polygon (n, 2)."""
    gone = np.append(0.0, np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1)))
    even = np.linspace(0, gone[-1], count)
    return np.stack([np.interp(even, gone, column) for column in points.T], axis=1)


def _nearest(spots, others):
    return np.min(np.linalg.norm(spots[:, None] - others, axis=2), axis=1)


def _basins(heights, values):
    """Bottoms (j, i) of a grid's basins, each with the climb to a lower place or to the border.

    Places join from the lowest up, equal heights by their values. Basins are numbered as they
    begin, and where two meet the later one ends; the border is number 0.
    """
    n, m = heights.shape
    basin = np.full((n, m), -1)
    basin[[0, -1]] = basin[:, [0, -1]] = 0
    joined, bottoms, climbs = [0], [None], [None]

    def root(b):
        while joined[b] != b:
            b = joined[b]
        return b

    for place in np.lexsort((values.ravel(), heights.ravel())):
        j, i = divmod(int(place), m)
        if basin[j, i] == 0:
            continue
        near = basin[j - 1 : j + 2, i - 1 : i + 2]
        roots = sorted({root(b) for b in near[near >= 0].tolist()})
        if not roots:
            roots = [len(joined)]
            joined.append(roots[0])
            bottoms.append((j, i))
            climbs.append(0.0)
        for later in roots[1:]:
            climbs[later] = heights[j, i] - heights[bottoms[later]]
            joined[later] = roots[0]
        basin[j, i] = roots[0]
    return list(zip(bottoms, climbs))[1:]


def _unresolved(values):
    """What the floor of a valley may hide between two points of the grid: bends of its rows."""
    hidden = [0.0]
    with np.errstate(invalid="ignore"):
        for rows in (values, values.T):
            left, middle, right = rows[:, :-2], rows[:, 1:-1], rows[:, 2:]
            floor = (middle <= left) & (middle <= right) & np.isfinite(left + right)
            hidden.extend((left - 2 * middle + right)[floor] / 4)
    return np.quantile(hidden, 0.98)


def _shift(three, axis):
    """From the middle of three values to the vertex of their parabola."""
    bend = three[0] - 2 * three[1] + three[2]
    return 0.5 * (three[0] - three[2]) / bend * (axis[1] - axis[0]) if bend > 0 else 0.0


def _finest(potential):
    data = potential.data
    work = 3 * potential.size * (1 if data is None else data.m)
    return int(np.clip(np.sqrt(_WORK / work), _COARSEST, _FINEST))


def _round_powers(low, high):
    """Powers of ten, with as many steps between as make about ten levels."""
    decades = np.log10(high / low)
    series = (
        (1, 1.5, 2, 3, 5, 7)
        if decades < 2.2
        else (1, 2, 5)
        if decades < 3.2
        else (1, 3)
        if decades < 5
        else (1,)
    )
    powers = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    steps = np.outer(powers, series).ravel()
    return steps[(steps >= low) & (steps <= high)]


def _round(step):
    """1, 2 or 5 times a power of ten, at least a step."""
    power = 10.0 ** np.floor(np.log10(step))
    return power * min(k for k in (1, 2, 5, 10) if k * power >= step * (1 - 1e-12))
