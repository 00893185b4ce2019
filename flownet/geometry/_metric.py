"""Metrics on parameter space: what it costs to move, and which way is down."""

import numpy as np

from .._errors import FlownetError, shown
from .._kinds import kind


class Ranges:
    """A metric with one stiffness for each range bounds[i] … bounds[i+1] of the parameters.

    Raising the index divides by the stiffness; `inf` freezes, with 0·∞ = 0 (TM 7-10). In the
    coordinates x = g^{1/2}V the metric is plain: g(V, V) = x·x, and a covector is g^{-1/2}dL.
    """

    def __init__(self, bounds, stiffness):
        self.bounds = np.asarray(bounds, np.int64)
        self.stiffness = np.asarray(stiffness, np.float64)
        self.inverse = np.where(np.isinf(self.stiffness), 0.0, 1.0 / self.stiffness)

    @property
    def size(self):
        """D, the number of parameters."""
        return int(self.bounds[-1])

    def sharp(self, dL):
        """Direction g^♯dL (D,): the index raised, the covector divided by the stiffness."""
        dL = self._vector("dL", dL)
        inverse = self._spread(self.inverse, dL)
        return inverse * np.where(inverse == 0, dL.dtype.type(0), dL)

    def flat(self, V):
        """Covector g♭V (D,): the index lowered; 0 where a frozen component does not move."""
        V = self._vector("V", V)
        with np.errstate(invalid="ignore"):
            return np.where(V == 0, V.dtype.type(0), self._spread(self.stiffness, V) * V)

    def norm2(self, V):
        """Squared length g(V, V) of a displacement (D,); infinite if a frozen component moves."""
        return float(np.vdot(self.flat(V), V))

    @property
    def free(self):
        """Mask (D,) of the components that may move."""
        return np.repeat(~np.isinf(self.stiffness), np.diff(self.bounds))

    def coordinates(self, V):
        """Orthonormal coordinates g^{1/2}V (D,) of a displacement; 0 for a frozen component."""
        V = self._vector("V", V)
        root = np.sqrt(np.where(np.isinf(self.stiffness), 0.0, self.stiffness))
        return self._spread(root, V) * V

    def displacement(self, x):
        """Displacement g^{-1/2}x (D,) of orthonormal coordinates; 0 for a frozen component."""
        x = self._vector("x", x)
        return self._spread(np.sqrt(self.inverse), x) * x

    def _spread(self, per_range, like):
        return np.repeat(per_range, np.diff(self.bounds)).astype(like.dtype)

    def _vector(self, name, value):
        value = np.asarray(value)
        if value.shape != (self.size,):
            raise FlownetError(f"{name} has shape {value.shape}; the metric's is ({self.size},).")
        return value if value.dtype.kind == "f" else value.astype(np.float64)


@kind("metric", "euclidean")
class Euclidean(Ranges):
    """The plain metric of D parameters: sharp and flat change nothing."""

    def __init__(self, size):
        super().__init__([0, size], [1.0])

    def parameters(self):
        """What makes this metric again."""
        return {"size": self.size}

    def __repr__(self):
        return f"Euclidean({self.size})"


@kind("metric", "diagonal")
class DiagonalMetric(Ranges):
    """One stiffness for each parameter; `inf` freezes it.

    The metric of a preconditioner: for Adam at a fixed time the stiffness is √v̂ + ε.

    Parameters
    ----------
    stiffness : array (D,)
        Numbers above 0.

    Raises
    ------
    FlownetError
        When the numbers are not above 0, or not a row of them.
    """

    def __init__(self, stiffness):
        given = stiffness
        try:
            stiffness = np.array(given, np.float64)
        except (TypeError, ValueError):
            stiffness = np.zeros(0)
        if stiffness.ndim != 1 or not stiffness.size or not (stiffness > 0).all():
            raise FlownetError(f"stiffness is {shown(given)}; it has to be numbers above 0, one "
                               "for each parameter (inf freezes it).")
        super().__init__(np.arange(stiffness.size + 1), stiffness)

    def parameters(self):
        """What makes this metric again."""
        return {"stiffness": self.stiffness}

    def __repr__(self):
        return f"DiagonalMetric of {self.size} parameters"


@kind("metric", "layer")
class LayerMetric(Ranges):
    """One stiffness for each layer's weights and bias; `inf` freezes the layer (TM 8-10).

    Parameters
    ----------
    network : Network
    stiffness : sequence of float
        One number above 0 a layer; a layer of stiffness 100 moves a hundredth as fast.

    Raises
    ------
    FlownetError
        When the numbers are not one a layer, or not above 0.
    """

    def __init__(self, network, stiffness):
        if not hasattr(network, "layers"):
            raise FlownetError(f"network is a {type(network).__name__}; it has to be a "
                               "flownet.Network.")
        given = stiffness
        try:
            stiffness = np.array(given, np.float64)
        except (TypeError, ValueError):
            stiffness = np.zeros(0)
        if stiffness.shape != (network.layers,) or not (stiffness > 0).all():
            raise FlownetError(f"stiffness is {given!r}; it has to be {network.layers} numbers "
                               "above 0, one for each layer (inf freezes it).")
        super().__init__([0, *(end for _, end in network.ranges)], stiffness)

    def parameters(self):
        """What makes this metric again, beside its network."""
        return {"stiffness": self.stiffness.tolist()}

    def __repr__(self):
        return f"LayerMetric({self.stiffness.tolist()})"
