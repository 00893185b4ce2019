"""Charts: other coordinates u of parameter space, and the map W(u) back to the parameters.

A chart carries a displacement v of u to one of W, and a covector dL on W back to one on u:

    W′(u)v = d/ds W(u + sv) at s = 0,    W′(u)ᵀdL,  with Re⟨conj(dL), W′v⟩ = ⟨W′ᵀdL, v⟩.

Both also come as Taylor series in s along the line u + sv: of the curve W(u + sv), and of the
pullback W′(u + sv)ᵀdL of a fixed covector. What is seen through a chart follows from these two.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError
from ..._registry import Named

if TYPE_CHECKING:
    from ..._types import Vector


class AnyChart(Named, ABC):
    """A map u ↦ W(u) from coordinates u (D_u,) to parameters W (D,).

    One has to have `to_W`, `series` and `pullback_series`; `pushforward` and `pullback` follow.
    `to_u`, `lift`, `drop`, `root`, `stiffness`, `christoffel` and `coefficients` may be left out,
    and then are refused: what asks for them says so in one line.

    Attributes
    ----------
    size, size_W : int or None
        D_u and D; None where any number will do, the same for both.
    linear : bool
        Whether W(u) is straight, all second derivatives 0.
    elementwise : bool
        Whether each parameter depends on its own coordinate alone.
    diagonal : bool
        Whether a diagonal metric is seen as one, by `stiffness(u, k)`, and `christoffel(u, v)`
        tells its geodesics.
    onto : bool
        Whether every displacement of W is that of some u: else W moves on a surface.
    invertible : bool
        Whether `to_u` is known.
    rooted : bool
        Whether `root` is known, and with it orthonormal coordinates of a metric seen there.
    kind : str or None
        Its name in files; None of a program of somebody's own.
    """

    size: int | None = None
    size_W: int | None = None
    linear = elementwise = diagonal = rooted = False
    onto = invertible = True

    @abstractmethod
    def to_W(self, u: Vector) -> Vector:
        """Parameters W (…, D) of coordinates u (…, D_u)."""

    def to_u(self, W: Vector, near: Vector | None = None) -> Vector:
        """Coordinates u (…, D_u) of parameters W (…, D); of several the ones beside `near`."""
        raise FlownetError(f"{self!r} has no inverse to_u.")

    def pushforward(self, u: Vector, v: Vector) -> Vector:
        """Displacement W′(u)v (D,) of the parameters."""
        return self.series(u, v, 1)[1]

    def pullback(self, u: Vector, dL: Vector) -> Vector:
        """Covector W′(u)ᵀdL (D_u,) on the coordinates."""
        return self.pullback_series(u, np.zeros_like(u), dL, 0)[0]

    @abstractmethod
    def series(self, u: Vector, v: Vector, order: int) -> Vector:
        """Taylor coefficients (order+1, D) of s ↦ W(u + sv)."""

    @abstractmethod
    def pullback_series(self, u: Vector, v: Vector, dL: Vector, order: int) -> Vector:
        """Taylor coefficients (order+1, D_u) of s ↦ W′(u + sv)ᵀdL, dL fixed."""

    def lift(self, u: Vector, V: Vector) -> Vector:
        """A displacement v (D_u,) of the coordinates that moves W by V: W′(u)v = V."""
        raise FlownetError(f"{self!r} has no lift of displacements of W.")

    def drop(self, u: Vector, covector: Vector) -> Vector:
        """The covector (D,) on W whose pullback is this one (D_u,): the adjoint of `lift`."""
        raise FlownetError(f"{self!r} has no drop of covectors.")

    def stiffness(self, u: Vector, k: Vector) -> Vector:
        """Stiffness (D_u,) of each coordinate, where k (D,) is that of each parameter."""
        raise FlownetError(f"seen in {self!r} a diagonal metric is not one.")

    def christoffel(self, u: Vector, v: Vector) -> Vector:
        """Γ(v, v) (D_u,) of a diagonal metric seen there."""
        raise FlownetError(f"{self!r} has no Christoffel symbols of its own.")

    def coefficients(self, u: Vector, order: int) -> Vector:
        """Taylor coefficients (order+1, D) of each parameter by its own coordinate."""
        raise FlownetError(f"{self!r} mixes parameters: none has a coordinate of its own.")

    def root(self, u: Vector, V: Vector, power: int) -> Vector:
        """g̃^{1/2}V (D_u,) in the plain metric of W, or with power −1 g̃^{−1/2}V."""
        raise FlownetError(f"seen in {self!r} a metric has no root that is known here.")

    def of_units(self, stiffness: Vector) -> Vector:
        """Stiffness (D_u,) of each coordinate beside what `root` makes of it."""
        raise FlownetError(f"seen in {self!r} a metric has no root that is known here.")

    def parameters(self) -> dict[str, Any]:
        """What makes this chart again, of one with a `kind`."""
        return {}

    def frees(self, free: Vector) -> Vector:
        """Mask (D_u,) of the coordinates that may move where these parameters (D,) may: all."""
        return np.ones(self.size or free.size, bool)

    def dtype_of_u(self, dtype: np.dtype) -> np.dtype:
        """Precision of the coordinates of parameters of a dtype."""
        return dtype

    def dtype_of_W(self, dtype: np.dtype) -> np.dtype:
        """Precision of the parameters of coordinates of a dtype."""
        return np.dtype(dtype)

    def __repr__(self):
        return f"{type(self).__name__}()"
