"""What moves: a mechanical system of unit masses, by its potential energy V(q, u)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError, shown
from ..._registry import Named, build
from ...model import _check

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from ..._types import Vector


class Mechanical(Named, ABC):
    """V(W, q, u): the potential energy of coordinates q under inputs u, masses being 1.

    A system of your own derives from this and writes `energy`, `slope` and `covector`; with
    `curvature` and `along` it says exactly what differences make else. Every row of q (k, d) and of
    u (k, n_in) is a moment of some path by itself.

    Attributes
    ----------
    size : int
        D, the number of parameters.
    coordinates : int
        d.
    n_in : int
        Inputs at each moment; 0 of a system that nothing drives.
    dtype : dtype
    analytic : bool
        Whether V is that of complex q too, as a contour of nudges wants.
    """

    size: int
    coordinates: int
    n_in: int = 0
    dtype: np.dtype = np.dtype(np.float64)
    analytic = False

    @abstractmethod
    def energy(self, W: Vector, q: Vector, u: Vector) -> Vector:
        """V of each row (k,)."""

    @abstractmethod
    def slope(self, W: Vector, q: Vector, u: Vector) -> Vector:
        """∂V/∂q (k, d): the force is minus it."""

    @abstractmethod
    def covector(self, W: Vector, q: Vector, u: Vector, weight: Vector) -> Vector:
        """Σ over rows of weight·∂V/∂W (D,), one weight (k,) a row."""

    def curvature(self, W: Vector, q: Vector, u: Vector) -> Vector:
        """∂²V/∂q² (k, d, d); by central differences of `slope` unless a system says it exactly."""
        h = np.cbrt(np.finfo(self.dtype).eps)
        columns = [
            (self.slope(W, q + h * e, u) - self.slope(W, q - h * e, u)) / (2 * h)
            for e in np.eye(self.coordinates, dtype=self.dtype)
        ]
        return np.stack(columns, axis=2)

    def along(self, W: Vector, q: Vector, u: Vector, v: Vector, weight: Vector) -> Vector:
        """Σ weight·(∂_q ∂_W V)·v (D,): by central differences of `covector` unless said exactly."""
        size = np.abs(v).max(initial=0.0)
        h = np.cbrt(np.finfo(self.dtype).eps) / (size or 1.0)
        weight = weight / (2 * h)
        return self.covector(W, q + h * v, u, weight) - self.covector(W, q - h * v, u, weight)

    def project(self, W: Vector) -> None:
        """Bring parameters that a step took where none may be back, in place: none by default."""

    def init(self, seed: int = 0) -> Vector:
        """Initial parameters (D,)."""
        raise FlownetError(f"{type(self).__name__} has no rule for initial parameters: pass W0.")

    def parameters(self) -> dict[str, Any]:
        """What makes this system again."""
        return {}

    def with_dtype(self, dtype: DTypeLike) -> Any:
        """The same system in another precision; one that cannot be made again so says so."""
        if self.dtype == dtype:
            return self
        made = self.parameters()
        if "dtype" not in made:
            raise FlownetError(f"{type(self).__name__} has {self.dtype.name} parameters alone.")
        return type(self)(**{**made, "dtype": np.dtype(dtype).name})

    def compiled(self) -> Any:
        """What compiled loops want of it, (code, numbers); None of one that is a program."""
        return None

    def groups(self) -> dict[str, tuple[int, ...]]:
        """Shapes of its parameters by name, in the order in which they lie in W."""
        return {"W": (self.size,)}

    def unpack(self, W: Vector) -> dict[str, Vector]:
        """Views of W (D,) by name."""
        views, at = {}, 0
        for name, shape in self.groups().items():
            size = prod(shape)
            views[name] = W[at : at + size].reshape(shape)
            at += size
        return views


def mechanical_of(given: Any) -> Mechanical:
    """A mechanical system, itself or of its table."""
    if isinstance(given, Mechanical):
        return given
    if isinstance(given, dict) and "kind" in given:
        return build("mechanical", given)
    raise FlownetError(
        f"mechanical is {shown(given)}; it has to be one such as flownet.Oscillators, a table of "
        "one, or a Mechanical of your own."
    )


def real_dtype(dtype: DTypeLike) -> np.dtype:
    """float64 or float32."""
    made = _check.network_dtype(dtype)
    if made.kind == "c":
        raise FlownetError("a mechanical system has real parameters: float64 or float32.")
    return made
