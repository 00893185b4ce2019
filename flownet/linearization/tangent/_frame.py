"""Lengths of displacements of a whole state, W and memories, in a metric."""

import numpy as np

from ..._errors import FlownetError
from ...geometry.metric import refuse_norm


class Raising:
    """g^♯ of covectors (k, D), one a row; what a diagonal metric divides by is asked for once."""

    def __init__(self):
        self._metric, self._inverse = None, None

    def __call__(self, metric, rows):
        """Displacements (k, D)."""
        if not metric.diagonal:
            return np.array([metric.sharp(row) for row in rows]).reshape(rows.shape)
        if metric is not self._metric:
            self._metric, self._inverse = metric, metric.sharp(np.ones(metric.size))
        return rows * self._inverse


class Frame:
    """Orthonormal coordinates (S·F, k) of displacements (S, k, D): those of W and each memory.

    A memory of ⟨F²⟩ is a square of vectors, and its root of the metric is taken twice; frozen
    parameters do not count.
    """

    def __init__(self, metric, remembers):
        refuse_norm(metric, "its descent jumps, so that a step has no tangent map")
        if metric.depends_on_point:
            raise FlownetError(
                f"{metric!r} depends on the point, and how it changes with it is not known to the "
                "tangent map: it wants a metric that is the same everywhere."
            )
        self.metric = metric
        self.powers = [1, *(2 if name == "square" else 1 for name in remembers)]
        self.free = metric.free
        self.size = int(self.free.sum())
        self._roots = {}
        if not self.size:
            raise FlownetError("the metric freezes every parameter: nothing moves.")

    @property
    def dimension(self):
        """S·F, coordinates of a state."""
        return len(self.powers) * self.size

    def coordinates(self, T):
        """Coordinates (S·F, k)."""
        return (
            self._through(self.metric.coordinates, T)[:, :, self.free]
            .transpose(0, 2, 1)
            .reshape(self.dimension, -1)
        )

    def displacements(self, x):
        """Displacements (S, k, D) of coordinates (S·F, k)."""
        slots = x.reshape(len(self.powers), self.size, -1).transpose(0, 2, 1)
        T = np.zeros((*slots.shape[:2], self.free.size))
        T[:, :, self.free] = slots
        return self._through(self.metric.displacement, T)

    def _through(self, root, T):
        found = np.empty(T.shape)
        if self.metric.diagonal:
            if root not in self._roots:
                self._roots[root] = root(np.ones(self.free.size))
            of_ones = self._roots[root]
            for slot, power in enumerate(self.powers):
                found[slot] = T[slot] * of_ones**power
            return found
        for slot, power in enumerate(self.powers):
            for i, row in enumerate(T[slot]):
                found[slot, i] = root(row) if power == 1 else root(root(row))
        return found
