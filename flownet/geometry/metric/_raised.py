"""A metric at a point that is an operator: what it costs to move is applied, never inverted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..._errors import FlownetError
from ._as_reals import as_reals
from ._krylov import conjugate_gradients, lanczos_function
from ._metric import Metric

_ROOT = 2000  # products at most for a root of the metric


@dataclass(frozen=True, eq=False)
class Raised:
    """The index of a covector raised by conjugate gradients, with what certifies it.

    Every iterate V is exact steepest descent in the metric restricted to its Krylov space, where
    ⟨dL, V⟩ = g(V, V). What an early stop breaks is covariance, not descent.

    Attributes
    ----------
    V : ndarray (D,)
        g^♯dL.
    products : int
        Times that the metric was applied, without the one that measured the defect.
    residual : float
        ‖dL − gV‖/‖dL‖, of the components that may move. It says little of the direction: a
        residual of 1e-2 may leave V wrong by half where it has the promise to a percent.
    defect : float
        |⟨dL, V⟩ − g(V, V)|/⟨dL, V⟩, what rounding has left of the identity.
    """

    V: np.ndarray = field(repr=False)
    products: int
    residual: float
    defect: float


class OperatorMetric(Metric):
    """g = A + μ·g₀ at a point: A a symmetric operator, g₀ a constant metric.

    Parameters
    ----------
    operator : LinearOperator (D, D), of complex parameters (2D, 2D)
        A ⪰ 0.
    damping : float
        μ.
    base : Metric
        g₀ of the reals; what it freezes stays.
    tolerance, iterations
        As of `FisherMetric`.
    size : int
        D, of parameters as they are given.
    """

    certified = True

    def __init__(self, operator, damping, base, tolerance, iterations, size):
        self.operator, self.damping, self.base, self.size = operator, damping, base, size
        self.tolerance, self.iterations = tolerance, iterations
        self._free = base.free

    @property
    def free(self):
        """Mask (D,) of the components that may move."""
        return self._free if len(self._free) == self.size else self._free[::2]

    def raised(self, dL: np.ndarray) -> Raised:
        """`Raised`: the index of a covector (D,) raised, with its residual and defect."""
        b = self._numbers("dL", dL)
        solved = self.solved(b)
        V = solved.x
        promise, own = float(b @ V), float(V @ self._applied(V))
        b = np.where(self._free, b, 0)
        off = np.linalg.norm(b - self._applied(V)) / (np.linalg.norm(b) or 1.0)
        defect = abs(promise - own) / promise if promise else 0.0
        return Raised(self._like(V, dL), solved.products, float(off), defect)

    def sharp(self, dL: np.ndarray) -> np.ndarray:
        """Direction g^♯dL (D,), by conjugate gradients from 0."""
        return self._like(self.solved(self._numbers("dL", dL)).x, dL)

    def flat(self, V: np.ndarray) -> np.ndarray:
        """Covector g♭V (D,)."""
        X = self._numbers("V", V)
        low = np.where(self._free, self.operator.action(np.where(self._free, X, 0)), 0)
        return self._like(low + self.damping * self.base.flat(X) if self.damping else low, V)

    def norm2(self, V: np.ndarray) -> float:
        """Squared length g(V, V) of a displacement (D,); infinite if a frozen component moves."""
        X = self._numbers("V", V)
        if X[~self._free].any():
            return np.inf
        return float(X @ self._applied(X))

    @property
    def own(self):
        """g_ii (D,), the stiffness of each parameter moved by itself."""
        base = np.where(self._free, self.base.own, 0.0)
        own = np.where(self._free, self.operator.diagonal() + self.damping * base, np.inf)
        return own if len(own) == self.size else own.reshape(-1, 2).mean(axis=1)

    def coordinates(self, V: np.ndarray) -> np.ndarray:
        """Orthonormal coordinates g^{1/2}V (D,) of a displacement, by Lanczos."""
        return self._root("V", V, lambda values: np.sqrt(np.maximum(values, 0)))

    def displacement(self, x: np.ndarray) -> np.ndarray:
        """Displacement g^{-1/2}x (D,) of orthonormal coordinates, by Lanczos; 0 where g is."""

        def function(values):
            least = len(values) * np.finfo(values.dtype).eps * np.abs(values).max()
            kept = np.maximum(values, least)
            return np.where(values > least, 1 / np.sqrt(kept), 0)

        return self._root("x", x, function)

    def bend(self, V: np.ndarray) -> np.ndarray:
        """Γ(V, V) = g^♯(first kind) (D,): how far a straight line is from a geodesic."""
        bent = self.operator.christoffel(self._numbers("V", V))
        return self._like(self.solved(bent).x, V)

    def real_view(self) -> Metric:
        """The same metric of the 2D reals (re, im, re, im, …) that complex parameters are."""
        if len(self._free) == self.size:
            return super().real_view()
        return OperatorMetric(
            self.operator, self.damping, self.base, self.tolerance, self.iterations, len(self._free)
        )

    def solved(self, b):
        """`Solved` of a covector in reals (D,), in the coordinates of the base: there damping is a
        number."""
        base, free = self.base, self._free

        def act(y):
            image = self.operator.action(base.displacement(y))
            return base.displacement(np.where(free, image, 0)) + self.damping * y

        b = base.displacement(np.where(free, b, 0))
        solved = conjugate_gradients(act, b, self.tolerance, self.iterations)
        return solved._replace(x=base.displacement(solved.x))

    def _applied(self, X):
        """g♭X of what may move."""
        low = self.operator.action(X)
        if self.damping:
            low = low + self.damping * self.base.flat(X)
        return np.where(self._free, low, 0)

    def _root(self, name, V, function):
        X = np.where(self._free, self._numbers(name, V), 0)
        if X.dtype != np.float64:  # a root is half the digits dearer
            X = X.astype(np.float64)
        found, settled = lanczos_function(self._applied, X, function, _ROOT, 1e-13)
        if not settled:
            raise FlownetError(
                f"a root of {self!r} has not settled after {_ROOT} products: a larger damping, "
                "or a constant metric, has one."
            )
        return self._like(found, V)

    def _numbers(self, name: str, V: Any):
        """A vector in the operator's reals and precision."""
        V = as_reals(self._vector(name, V))
        if len(V) != len(self._free):
            raise FlownetError(
                f"{name} is real, and {self!r} is one of complex parameters: its reals have a "
                "metric of their own, real_view()."
            )
        return V.astype(self.operator.dtype)

    def _like(self, X, V):
        """Reals as what was given is."""
        given = np.asarray(V).dtype
        given = given if given.kind in "fc" else np.dtype(np.float64)
        real = np.zeros(0, given).real.dtype
        return np.ascontiguousarray(X, real).view(given)

    def __repr__(self):
        return f"{type(self.operator).__name__} + {self.damping:g}·{self.base!r} at a point"
