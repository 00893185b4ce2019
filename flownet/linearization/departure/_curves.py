"""Distance between curves, whatever the time at which they are where (TM 22)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..._errors import FlownetError, shown
from ...geometry.metric import Euclidean, Metric
from ...model._check import yes_or_no
from ...store.trajectory import Trajectory

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


_BLOCK = 1 << 24  # numbers of a block of points by segments
_CLOSE = 1e-9  # of the distance: where the search for the farthest point ends
_MOST_SPLITS = 60


def curve_distance(
    A: Trajectory | ArrayLike,
    B: Trajectory | ArrayLike,
    metric: Metric | None = None,
    *,
    directed: bool = False,
) -> float:
    """Hausdorff distance in the metric of two curves, each the polyline through its rows.

    How far the point of one curve that is farthest from the other is from it: points of equal
    time play no part, so that curves that differ by a reparametrisation η(t) have distance 0
    (TM 22). Of the polylines it is exact to 1e-9: between vertices the farthest point is found by
    bisection. Rows of a smooth curve of curvature κ, ds apart, miss it by κ·ds²/8.

    Parameters
    ----------
    A, B : Trajectory, or array (T, D)
    metric : LayerMetric, optional
        The plain one by default.
    directed : bool
        How far A goes from B only: of a part of a curve and the whole of it 0.

    Returns
    -------
    float
        Infinite where a frozen component differs.

    Raises
    ------
    FlownetError
        When a curve has no finite rows of the metric's size.
    """
    A, B = _rows("A", A), _rows("B", B)
    metric = Euclidean(A.shape[1]) if metric is None else metric
    if not isinstance(metric, Metric):
        raise FlownetError(f"metric is {shown(metric)}; it has to be one such as Euclidean(size).")
    yes_or_no("directed", directed)
    for name, curve in (("A", A), ("B", B)):
        if curve.shape[1] != metric.size:
            raise FlownetError(
                f"curve {name} has rows of {curve.shape[1]} parameters; the "
                f"metric's are {metric.size}."
            )
    frozen = ~metric.free
    if (A[:, frozen] != A[:1, frozen]).any() or (B[:, frozen] != A[:1, frozen]).any():
        return np.inf
    origin = A.mean(axis=0)  # near the curves, so that squared lengths keep their digits
    A, B = (np.stack([metric.coordinates(W - origin) for W in curve]) for curve in (A, B))
    there = _farthest(A, B)
    return there if directed else max(there, _farthest(B, A))


def _rows(name, curve):
    rows = curve.parameters[:] if isinstance(curve, Trajectory) else curve
    try:
        rows = np.asarray(rows, np.float64)
    except (TypeError, ValueError, OverflowError):
        rows = np.zeros(0)
    if rows.ndim != 2 or not rows.size or not np.isfinite(rows).all():
        raise FlownetError(
            f"curve {name} is {shown(curve)}; it has to be a Trajectory or an array "
            "(T, D) of finite rows."
        )
    return rows


def _farthest(A, B):
    """Largest distance of a point on the polyline A from the polyline B."""
    distance, nearest = _nearest(A, B)
    best = distance.max()
    pieces = (A[:-1], A[1:], distance[:-1], distance[1:], nearest[:-1], nearest[1:])
    for _ in range(_MOST_SPLITS):
        bound = _bound(pieces, B)
        open_ = bound > best * (1 + _CLOSE)
        if not open_.any():
            break
        a, b, da, db, ja, jb = (part[open_] for part in pieces)
        middle = (a + b) / 2
        dm, jm = _nearest(middle, B)
        best = max(best, dm.max())
        pieces = tuple(
            map(np.concatenate, ((a, middle), (middle, b), (da, dm), (dm, db), (ja, jm), (jm, jb)))
        )
    return float(best)


def _bound(pieces, B):
    """Upper bound of the distance from B on each piece of A.

    The distance from one segment is convex along a piece, and largest at an end; the distance from
    B is at most that, and changes by no more than one goes.
    """
    a, b, da, db, ja, jb = pieces
    lipschitz = (da + db + np.linalg.norm(b - a, axis=1)) / 2
    from_a = np.maximum(da, _to_segments(b, B, ja))
    from_b = np.maximum(db, _to_segments(a, B, jb))
    return np.minimum(lipschitz, np.minimum(from_a, from_b))


def _nearest(points, B):
    """Distance (P,) of points from the polyline B, and its segment (P,) that is nearest."""
    last = max(len(B) - 2, 0)
    chosen = np.empty(len(points), int)
    block = max(1, _BLOCK // len(B))
    for first in range(0, len(points), block):
        part = points[first : first + block]
        chosen[first : first + block] = _about_nearest(part, B)
    tries = np.clip(chosen[:, None] + np.array([0, -1, 1]), 0, last)
    distances = np.stack([_to_segments(points, B, tries[:, i]) for i in range(3)], axis=1)
    best = distances.argmin(axis=1)
    at = np.arange(len(points))
    return distances[at, best], tries[at, best]


def _about_nearest(points, B):
    """Nearest segment by matrix products, whose rounding may take a neighbour of it."""
    if len(B) == 1:
        return np.zeros(len(points), int)
    start, along = B[:-1], np.diff(B, axis=0)
    size2 = np.einsum("ij,ij->i", along, along)
    ahead = points @ along.T - np.einsum("ij,ij->i", start, along)
    part = np.clip(np.divide(ahead, size2, out=np.zeros_like(ahead), where=size2 > 0), 0, 1)
    square = np.einsum("ij,ij->i", start, start) - 2 * points @ start.T
    return (square + part * (part * size2 - 2 * ahead)).argmin(axis=1)


def _to_segments(points, B, segments):
    """Distance (P,) of each point from the segment of B beside it."""
    start = B[segments]
    along = B[np.minimum(segments + 1, len(B) - 1)] - start
    size2 = np.einsum("ij,ij->i", along, along)
    ahead = np.einsum("ij,ij->i", points - start, along)
    part = np.clip(np.divide(ahead, size2, out=np.zeros_like(ahead), where=size2 > 0), 0, 1)
    return np.linalg.norm(points - start - part[:, None] * along, axis=1)
