"""The plane that holds most of some paths: its directions, its points, what lies outside it."""

from dataclasses import dataclass

import numpy as np

from ..._errors import FlownetError

_MOST_ROWS = 400  # of a path that take part in the search of the plane
_MOST_NUMBERS = 2e7
_FLAT = 1e-6  # second singular value over the first: below it, a line
_THREAD, _LINE = 8, 1e-6  # length over width of what has to be stretched; width of a mere line


@dataclass(frozen=True)
class Plane:
    """A plane in parameter space, with directions that are orthonormal in the metric.

    Attributes
    ----------
    metric : metric
    origin : ndarray (D,)
    directions : ndarray (2, D)
        Displacements e₁, e₂ with g(e_i, e_j) = δ_ij.
    shares : ndarray (2,)
        Of the variance of all paths, along each.
    """

    metric: object
    origin: np.ndarray
    directions: np.ndarray
    shares: np.ndarray

    def coordinates(self, rows):
        """Coordinates (…, 2) of points (…, D): x_i = g(e_i, W − origin)."""
        forms = np.stack([self.metric.flat(e) for e in self.directions])
        return (np.asarray(rows, np.float64) - self.origin) @ forms.T

    def points(self, x):
        """Points (…, D) of the plane at coordinates (…, 2)."""
        return self.origin + np.asarray(x) @ self.directions

    def outside(self, rows):
        """Share of the variance of one path (T, D) that lies outside the plane."""
        moved = orthonormal(self.metric, rows - rows.mean(axis=0))
        inside = self.coordinates(rows)
        whole, seen = np.sum(moved**2), np.sum((inside - inside.mean(axis=0)) ** 2)
        return float(max(0.0, 1 - seen / whole)) if whole > 0 else 0.0


def principal_plane(paths, metric):
    """`Plane` of the two leading principal directions of paths [(T, D), …], through their centre.

    Each path weighs the same, however many rows it has. The directions are right singular vectors
    of the thin matrix of all rows in orthonormal coordinates x = g^{1/2}(W − centre). The first
    path begins on the left and above.

    Raises
    ------
    FlownetError
        When fewer than two parameters are free, or nothing moves.
    """
    if metric.free.sum() < 2:
        raise FlownetError(
            f"a plane takes two parameters that may move; here there is {metric.free.sum()}."
        )
    most = min(_MOST_ROWS, max(20, int(_MOST_NUMBERS / (len(paths) * metric.size))))
    paths = [rows[_odd_stride(len(rows), most)] for rows in paths]
    centre = np.mean([rows.mean(axis=0) for rows in paths], axis=0)
    thin = np.concatenate(
        [orthonormal(metric, rows - centre) / np.sqrt(len(rows)) for rows in paths]
    )
    _, sizes, right = np.linalg.svd(thin, full_matrices=False)
    if not sizes[0] > 1e-13 * max(np.abs(rows).max() for rows in paths):
        raise FlownetError("nothing moves: every row of the run and of its flows is the same.")
    if len(sizes) < 2 or sizes[1] < _FLAT * sizes[0]:
        right = np.stack([right[0], _beside(right[0], metric.free)])
        sizes = np.array([sizes[0], 0.0])
    start = right[:2] @ orthonormal(metric, paths[0][:1] - centre)[0]
    signs = np.where(start * [-1, 1] < 0, -1.0, 1.0)
    directions = np.stack([metric.displacement(sign * e) for sign, e in zip(signs, right)])
    return Plane(metric, centre, directions, sizes[:2] ** 2 / np.sum(sizes**2))


def orthonormal(metric, rows):
    """Orthonormal coordinates g^{1/2}V (T, D) of displacements (T, D)."""
    return np.stack([metric.coordinates(V) for V in rows])


def frame(points, wide):
    """Borders (left, right, bottom, top) around points (n, 2), and by what the height is stretched.

    `wide` is the width of the panel over its height. Both directions have the same scale, except
    where that would make a thread of the paths.
    """
    low, high = points.min(axis=0), points.max(axis=0)
    centre, size = (low + high) / 2, 1.3 * (high - low)
    if _LINE * size.max() < size.min() < size.max() / _THREAD:
        stretch = size[0] / (wide * size[1])
    else:
        height = max(size[1], size[0] / wide)
        size, stretch = np.array([wide * height, height]), 1.0
    (left, bottom), (right, top) = centre - size / 2, centre + size / 2
    return (left, right, bottom, top), stretch


def _odd_stride(count, most):
    return slice(None, None, max(1, -(-count // most)) | 1)


def _beside(direction, free):
    """A unit vector orthogonal to a direction, as near as can be to an axis of the free ones."""
    axis = np.zeros_like(direction)
    axis[np.argmin(np.where(free, np.abs(direction), np.inf))] = 1.0
    axis -= (axis @ direction) * direction
    return axis / np.linalg.norm(axis)
