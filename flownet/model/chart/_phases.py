"""Weights of fixed modulus: complex numbers on circles, by their phases."""

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
    from ...model.network import Network


@kind("chart", "phases")
class Phases(AnyChart):
    """Chart W = ρ·e^{iθ}: complex weights of fixed modulus ρ (1: unitary), real coordinates θ.

    A covector dL = ∂L/∂x + i ∂L/∂y on W is one Re(conj(iW)·dL) on θ. The torus is flat: the metric
    of the plane seen there is ρ², constant, and a geodesic step is a plain step of θ. u holds the
    phases, then real and imaginary part of each parameter that is free.

    Parameters
    ----------
    modulus : float or array (D,)
        ρ, above 0.
    free : array (D,) of bool, optional
        Parameters of any modulus, such as biases: see `of`. None by default.

    Raises
    ------
    FlownetError
        When a modulus is not above 0, or `free` is no mask.
    """

    onto, diagonal = False, True

    def __init__(self, modulus: Positive | ArrayLike = 1.0, free: ArrayLike | None = None) -> None:
        self.modulus = _check.numbers_of("modulus", modulus)
        if self.modulus.ndim > 1 or not (np.isfinite(self.modulus) & (self.modulus > 0)).all():
            raise FlownetError(
                f"modulus is {shown(modulus)}; it has to be a number above 0, or "
                "one for each weight."
            )
        if self.modulus.ndim:
            self.size = self.size_W = self.modulus.size
        self.free: Vector | None = None
        if free is not None:
            self.free = np.asarray(free) != 0
            if self.free.ndim != 1 or self.size_W not in (None, self.free.size):
                raise FlownetError(
                    f"free is {shown(free)}; it has to be a mask, one entry for each parameter."
                )
            self.size_W = self.free.size
            self.size = self.size_W + int(self.free.sum())

    @classmethod
    def of(cls, network: Network, modulus: Positive | ArrayLike = 1.0) -> Phases:
        """All weights of a network on circles of one modulus, its other parameters free."""
        free = np.ones(network.size, bool)
        matrices = 1 + network.widely_linear  # that of the conjugate
        for (begin, _), n_in, n_out in zip(network.ranges, network.sizes, network.sizes[1:]):
            free[begin : begin + n_out * n_in * matrices] = False
        return cls(modulus, free)

    def parameters(self) -> dict[str, Any]:
        """What makes this chart again."""
        return {
            "modulus": self.modulus if self.modulus.ndim else float(self.modulus),
            "free": None if self.free is None else self.free.astype(np.int64),
        }

    def to_W(self, u: Vector) -> Vector:
        """Parameters W (…, D) of coordinates u (…, D_u)."""
        theta, rest = self._parts(np.asarray(u))
        return self._whole(self._rho * np.exp(1j * theta), rest)

    def to_u(self, W: Vector, near: Vector | None = None) -> Vector:
        """Coordinates (…, D_u): phases in (−π, π] or within π of `near`; ρ is not asked."""
        W = np.ascontiguousarray(W)
        turning, rest = (W, None) if self.free is None else (W[..., ~self.free], W[..., self.free])
        theta = np.angle(turning)
        if near is not None:
            turn = np.asarray(2 * np.pi, theta.dtype)
            theta = theta + turn * np.round((self._parts(near)[0] - theta) / turn)
        return self._joined(theta, rest)

    def series(self, u: Vector, v: Vector, order: int) -> Vector:
        """Taylor coefficients (order+1, D): ρe^{iθ}(iθ̇)ᵏ/k!; straight where free."""
        theta, rest = self._parts(u)
        along, moved = self._parts(v)
        W = self._rho * np.exp(1j * theta)
        rows = np.array([W * (1j * along) ** k / math.factorial(k) for k in range(order + 1)])
        if rest is not None:
            rest = np.concatenate([rest[None], moved[None], np.zeros((order, rest.size))])
            rest = rest[: order + 1]
        return self._whole(rows, rest).astype(self.dtype_of_W(u.dtype))

    def pullback_series(self, u: Vector, v: Vector, dL: Vector, order: int) -> Vector:
        """Taylor coefficients (order+1, D_u) of Re(conj(iW)·dL), and dL as it is where free."""
        theta, _ = self._parts(u)
        along, _ = self._parts(v)
        p, rest = (dL, None) if self.free is None else (dL[~self.free], dL[self.free])
        slope = np.conj(1j * self._rho * np.exp(1j * theta)) * p
        rows = np.array(
            [(slope * (-1j * along) ** k).real / math.factorial(k) for k in range(order + 1)]
        )
        if rest is not None:
            rest = np.concatenate([rest[None], np.zeros((order, rest.size))])
        return self._joined(rows, rest).astype(u.dtype)

    def stiffness(self, u: Vector, k: Vector) -> Vector:
        """k·ρ² of each phase, k of real and imaginary part each (D_u,)."""
        if self.free is None:
            return k * self._rho**2
        return np.concatenate([k[~self.free] * self._rho**2, np.repeat(k[self.free], 2)])

    def christoffel(self, u: Vector, v: Vector) -> Vector:
        """Nothing: the torus is flat."""
        return np.zeros_like(u)

    def lift(self, u: Vector, V: Vector) -> Vector:
        """Refused: weights of fixed modulus cannot move anywhere."""
        raise FlownetError(
            "weights of fixed modulus move along their circles alone: a "
            "displacement of W has no lift to their phases."
        )

    def drop(self, u: Vector, covector: Vector) -> Vector:
        """Refused, like `lift`."""
        return self.lift(u, covector)

    def dtype_of_u(self, dtype: np.dtype) -> np.dtype:
        """float32 of complex64, float64 of complex128."""
        return np.zeros(0, dtype).real.dtype

    def dtype_of_W(self, dtype: np.dtype) -> np.dtype:
        """complex64 of float32, complex128 of float64."""
        return np.result_type(dtype, np.complex64)

    @property
    def _rho(self):
        return (
            self.modulus
            if self.free is None or not self.modulus.ndim
            else (self.modulus[~self.free])
        )

    def _parts(self, u):
        """Phases, and what is free as complex numbers or None."""
        if self.free is None:
            return u, None
        n = self.size_W - int(self.free.sum())
        rest = np.ascontiguousarray(u[..., n:])
        return u[..., :n], rest.view(self.dtype_of_W(rest.dtype))

    def _whole(self, turning, rest):
        """W (…, D) of both."""
        if rest is None:
            return turning
        W = np.empty((*turning.shape[:-1], self.size_W), turning.dtype)
        W[..., ~self.free], W[..., self.free] = turning, rest
        return W

    def _joined(self, theta, rest):
        """Coordinates (…, D_u) of both."""
        if rest is None:
            return theta
        rest = np.ascontiguousarray(rest)
        return np.concatenate([theta, rest.view(rest.real.dtype)], axis=-1)

    def __repr__(self):
        if self.free is not None:
            return f"Phases of {int((~self.free).sum())} weights, {int(self.free.sum())} free"
        return (
            "Phases()"
            if (self.modulus == 1).all()
            else f"Phases({self.modulus:g})"
            if not self.modulus.ndim
            else f"Phases of {self.size} weights"
        )
