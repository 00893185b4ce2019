"""Metrics with one stiffness for each range of the parameters, which kernels know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._as_reals import as_reals
from ._coupling import coupling
from ._metric import Metric

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike

    from ..._types import Vector


class Ranges(Metric):
    """A metric with one stiffness for each range bounds[i] … bounds[i+1] of the parameters.

    Raising the index divides by the stiffness; `inf` freezes, with 0·∞ = 0 (TM 7-10). In the
    coordinates x = g^{1/2}V the metric is plain: g(V, V) = x·x, and a covector is g^{-1/2}dL.
    """

    diagonal = is_compiled = True

    def __init__(self, bounds: ArrayLike, stiffness: ArrayLike) -> None:
        self.bounds = np.asarray(bounds, np.int64)
        self.size = int(self.bounds[-1])
        self.stiffness = np.asarray(stiffness, np.float64)
        self.inverse = np.where(np.isinf(self.stiffness), 0.0, 1.0 / self.stiffness)

    def sharp(self, dL: Vector) -> Vector:
        """Direction g^♯dL (D,): the index raised, the covector divided by the stiffness."""
        dL = self._vector("dL", dL)
        if (self.inverse == 1).all():
            return dL.copy()
        inverse = self._spread(self.inverse, dL)
        return inverse * np.where(inverse == 0, dL.dtype.type(0), dL)

    def flat(self, V: Vector) -> Vector:
        """Covector g♭V (D,): the index lowered; 0 where a frozen component does not move."""
        V = self._vector("V", V)
        parts = as_reals(V)
        stiffness = self._spread(self.stiffness, V)
        if V.dtype.kind == "c":
            stiffness = np.repeat(stiffness, 2)
        with np.errstate(invalid="ignore"):
            return np.where(parts == 0, parts.dtype.type(0), stiffness * parts).view(V.dtype)

    @property
    def own(self) -> Vector:
        """g_ii (D,), the stiffness of each parameter moved by itself."""
        return np.repeat(self.stiffness, np.diff(self.bounds))

    @property
    def free(self) -> Vector:
        """Mask (D,) of the components that may move."""
        return np.repeat(~np.isinf(self.stiffness), np.diff(self.bounds))

    def coordinates(self, V: Vector) -> Vector:
        """Orthonormal coordinates g^{1/2}V (D,) of a displacement; 0 for a frozen component."""
        V = self._vector("V", V)
        root = np.sqrt(np.where(np.isinf(self.stiffness), 0.0, self.stiffness))
        return self._spread(root, V) * V

    def displacement(self, x: Vector) -> Vector:
        """Displacement g^{-1/2}x (D,) of orthonormal coordinates; 0 for a frozen component."""
        x = self._vector("x", x)
        return self._spread(np.sqrt(self.inverse), x) * x

    def real_view(self) -> Metric:
        """The same metric of the 2D reals (re, im, re, im, …) that complex parameters are."""
        return Ranges(2 * self.bounds, self.stiffness)

    def compiled(self, dtype: DTypeLike) -> Any:
        """What kernels know of it: bounds, inverse stiffness and `Coupling` in a precision."""
        return self.bounds, self.inverse, coupling([], dtype)

    def _spread(self, per_range, like):
        return np.repeat(per_range, np.diff(self.bounds)).astype(like.real.dtype)
