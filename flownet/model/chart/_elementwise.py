"""Charts that give each parameter a coordinate of its own, W_i = f(u_i)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError, shown
from ..._registry import kind
from .. import _check
from ._chart import AnyChart

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..._types import Positive, Vector


class Elementwise(AnyChart):
    """A chart W_i = f_i(u_i): all it does follows from the Taylor coefficients of f.

    A pulled-back metric is then diagonal where the metric is, and so on for curvatures.
    """

    elementwise = diagonal = True

    def coefficients(self, u: Vector, order: int) -> Vector:
        """Taylor coefficients f⁽ᵏ⁾(u)/k!, k = 0 … order: (order+1, D)."""
        raise NotImplementedError

    def to_W(self, u: Vector) -> Vector:
        """Parameters W (…, D) of coordinates u (…, D)."""
        return self.coefficients(np.asarray(u), 0)[0]

    def series(self, u: Vector, v: Vector, order: int) -> Vector:
        """Taylor coefficients (order+1, D) of s ↦ W(u + sv)."""
        return self.coefficients(u, order) * _powers(v, order)

    def pullback_series(self, u: Vector, v: Vector, dL: Vector, order: int) -> Vector:
        """Taylor coefficients (order+1, D) of s ↦ W′(u + sv)ᵀdL."""
        k = np.arange(1, order + 2, dtype=u.real.dtype)[:, None]
        slopes = k * self.coefficients(u, order + 1)[1:] * _powers(v, order)
        covector = np.conj(slopes) * dL
        return covector if u.dtype.kind == "c" else covector.real

    def slope(self, u: Vector) -> Vector:
        """W′(u) (D,)."""
        return self.coefficients(u, 1)[1]

    def stiffness(self, u: Vector, k: Vector) -> Vector:
        """k·|W′|² (D,), where k is that of each parameter."""
        return k * np.abs(self.slope(u)) ** 2

    def christoffel(self, u: Vector, v: Vector) -> Vector:
        """Γ(v, v) = (W″/W′)·v² (D,), of the real part where W is complex and u is not."""
        _, slope, bend = self.coefficients(u, 2)
        gamma = 2 * np.conj(slope) * bend / np.abs(slope) ** 2 * v**2
        return gamma if u.dtype.kind == "c" else gamma.real

    def lift(self, u: Vector, V: Vector) -> Vector:
        """V/W′(u) (D,)."""
        return V / self.slope(u)

    def drop(self, u: Vector, covector: Vector) -> Vector:
        """The covector over conj W′(u) (D,)."""
        return covector / np.conj(self.slope(u))


def _powers(v, order):
    """v⁰ … v^order: (order+1, D)."""
    return np.cumprod([np.ones_like(v)] + [v] * order, axis=0)


@kind("chart", "sinh")
class Sinh(Elementwise):
    """Chart W = scale·sinh u of every parameter: straight about 0, logarithmic far out.

    In the metric of W seen there, scale²·cosh²u, the Christoffel symbol is Γ = W″/W′ = tanh u: a
    finite step u + hV differs from the geodesic by ½h²·tanh(u)·V² and third order.

    Parameters
    ----------
    scale : float
        Size of a weight from which on the chart bends.

    Raises
    ------
    FlownetError
        When it is not above 0.
    """

    def __init__(self, scale: Positive = 1.0) -> None:
        self.scale = _check.positive("scale", scale)

    def parameters(self) -> dict[str, Any]:
        """What makes this chart again."""
        return {"scale": self.scale}

    def coefficients(self, u: Vector, order: int) -> Vector:
        """sinh u, cosh u, sinh u/2!, cosh u/3!, … times the scale."""
        even_odd = self.scale * np.sinh(u), self.scale * np.cosh(u)
        return np.array([even_odd[k % 2] / math.factorial(k) for k in range(order + 1)])

    def to_u(self, W: Vector, near: Vector | None = None) -> Vector:
        """Coordinates arsinh(W/scale) (…, D)."""
        return np.arcsinh(np.asarray(W) / self.scale)

    def __repr__(self):
        return "Sinh()" if self.scale == 1 else f"Sinh({self.scale:g})"


@kind("chart", "rescaling")
class Rescaling(Elementwise):
    """Chart W = factors·u: other units. There even finite steps agree, in the metric carried along.

    Parameters
    ----------
    factors : array (D,)
        Finite numbers other than 0.

    Raises
    ------
    FlownetError
        When they are not.
    """

    linear = True

    def __init__(self, factors: ArrayLike) -> None:
        self.factors = _check.numbers_of("factors", factors)
        if self.factors.ndim != 1 or not (np.isfinite(self.factors) & (self.factors != 0)).all():
            raise FlownetError(
                f"factors is {shown(factors)}; it has to be a row of finite numbers "
                "other than 0, one for each parameter."
            )
        self.size = self.size_W = self.factors.size

    def parameters(self) -> dict[str, Any]:
        """What makes this chart again."""
        return {"factors": self.factors}

    def coefficients(self, u: Vector, order: int) -> Vector:
        """Factors·u, factors, and zeros."""
        rows = np.zeros((order + 1, *u.shape), u.dtype)
        factors = self.factors.astype(u.real.dtype)
        rows[0] = factors * u
        if order:
            rows[1] = factors
        return rows

    def to_u(self, W: Vector, near: Vector | None = None) -> Vector:
        """Coordinates W/factors (…, D)."""
        W = np.asarray(W)
        return W / self.factors.astype(W.real.dtype)

    def __repr__(self):
        return f"Rescaling of {self.size} parameters"
