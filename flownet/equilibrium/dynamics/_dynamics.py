"""What a system without an energy is: a law of motion ṡ = f(W, x, s) that comes to rest."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

import numpy as np

from .._energy import System
from ._resting import Resting

if TYPE_CHECKING:
    from ..._types import Vector


class Dynamics(System):
    """ṡ = f(W, x, s): a law of motion whose Jacobian J = ∂f/∂s need not be symmetric.

    The cost nudges a state to where f(s) + (Jᵀ − J)(s − s₀) = β·∂C/∂s, with J at the free state s₀
    (2602.03670). The extra term makes it move by δ = β·J⁻ᵀ·∂C/∂s to first order, so that

        dL = −⟨δ/β, ∂f/∂W(s₀)⟩.

    Without it (`corrected` false: what a nudged vector field does by itself) δ = β·J⁻¹·∂C/∂s, and
    the estimate tends to something else than dL unless J is symmetric. With a symmetric J this is
    equilibrium propagation.

    A system of your own derives from this and writes `rate`, `pullback` and `covector`. Its other
    attributes are those of `System`; s ← s + step·(f + force), unless it says by `settle` how it
    comes to rest.
    """

    conservative = False
    corrected = True

    @abstractmethod
    def rate(self, W: Vector, x: Vector, s: Vector) -> Vector:
        """f (m, n)."""

    @abstractmethod
    def pullback(self, W: Vector, x: Vector, s: Vector, u: Vector) -> Vector:
        """Jᵀ·u (m, n)."""

    @abstractmethod
    def covector(self, W: Vector, x: Vector, s: Vector, u: Vector, weight: Vector) -> Vector:
        """Σ over samples of weight·⟨u, ∂f/∂W⟩ (D,), one weight (m,) a sample."""

    def pushforward(self, W: Vector, x: Vector, s: Vector, u: Vector) -> Vector:
        """J·u (m, n); by central differences of `rate` unless a system says it exactly."""
        size = np.abs(u).max(axis=1, keepdims=True)
        h = np.cbrt(np.finfo(self.dtype).eps) / np.where(size > 0, size, 1)
        return (self.rate(W, x, s + h * u) - self.rate(W, x, s - h * u)) / (2 * h)

    def settle(self, W: Vector, x: Vector, s: Vector, force: Vector) -> Vector:
        """The state (m, n) a step nearer to where f + force = 0."""
        return s + self.step * (self.rate(W, x, s) + force)

    def relaxation(self, m, manner):
        """How m states come to rest."""
        return Resting(self, m, manner)
