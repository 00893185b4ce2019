"""A real energy of complex states, relaxed as one of their real and imaginary parts.

A nudge that is complex itself, as a contour has it, continues Re z and Im z as two complex numbers
each: z = a + ib and w = a − ib, which is conj z no longer. What a system says is therefore written
in z and w.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

import numpy as np

from ...model.network import in_complex
from .._energy import Energy
from .._relaxation import Numerical

if TYPE_CHECKING:
    from ..._types import Vector


class ComplexEnergy(Energy):
    """E(W, x, z), real, of complex states z and complex parameters W.

    A system of your own derives from this and writes `real_energy`, `fall` and `cogradient`, each
    with w in place of conj z, and never takes the conjugate of a state itself. Complex inputs x and
    outputs come as they are. By the library's rule dL = ∂L/∂Re W + i·∂L/∂Im W = 2∂L/∂W̄.

    Attributes
    ----------
    units : int
        n, complex numbers of one state; the last `n_out` are the outputs. `states` is 2n.
    """

    units: int
    dtype = np.dtype(np.complex128)

    @abstractmethod
    def real_energy(self, W: Vector, x: Vector, z: Vector) -> Vector:
        """E (m,) of states z (m, n)."""

    @abstractmethod
    def fall(self, W: Vector, x: Vector, z: Vector, w: Vector) -> Vector:
        """2∂E/∂z̄ (m, n): states fall against it."""

    @abstractmethod
    def cogradient(self, W: Vector, x: Vector, z: Vector, w: Vector, weight: Vector) -> Vector:
        """Σ weight·2∂E/∂W̄ (D,)."""

    # ---- the same of real and imaginary parts, hidden ones before outputs ----

    @property
    def columns(self) -> int:
        """Complex numbers of a sample's state: n."""
        return self.units

    def planes(self, z: Vector, w: Vector | None = None) -> Vector:
        """(z + w)/2 and (z − w)/2i (m, 2n), real and imaginary parts where w = conj z."""
        if w is None:
            a, b = z.real, z.imag
        else:
            a, b = (z + w) / 2, (z - w) / 2j
        k = self.units - self.n_out
        return np.concatenate([a[:, :k], b[:, :k], a[:, k:], b[:, k:]], axis=1)

    def pair(self, s: Vector) -> tuple[Vector, Vector]:
        """z = a + ib and w = a − ib (m, n) of planes (m, 2n)."""
        k = self.units - self.n_out
        a = np.concatenate([s[:, :k], s[:, 2 * k : -self.n_out]], axis=1)
        b = np.concatenate([s[:, k : 2 * k], s[:, -self.n_out :]], axis=1)
        return a + 1j * b, a - 1j * b

    def energy(self, W, x, s):
        """E of each sample (m,)."""
        return self.real_energy(W, x, self.pair(s)[0]).real

    def slope(self, W, x, s):
        """∂E/∂s (m, 2n)."""
        z, w = self.pair(s)
        if not np.iscomplexobj(s):
            return self.planes(self.fall(W, x, z, w))
        return self.planes(self.fall(W, x, z, w), self.fall(W, x, w.conj(), z.conj()).conj())

    def covector(self, W, x, s, weight):
        """Σ weight·∂E/∂W (2D,): by Re W and Im W, in turn."""
        z, w = self.pair(s)
        one = self.cogradient(W, x, z, w, weight)
        other = self.cogradient(W, x, w.conj(), z.conj(), np.conj(weight)).conj()
        return np.stack([(one + other) / 2, (one - other) / 2j], axis=1).ravel()

    def rest(self, m):
        """States (m, 2n) of 0."""
        return np.zeros((m, 2 * self.units), self.dtype.type(0).real.dtype)

    def relaxation(self, m, manner):
        """As any energy's, on planes."""
        return OnPlanes(self, m, manner)


class OnPlanes(Numerical):
    """Relaxations of real and imaginary parts."""

    def __init__(self, system, m, manner):
        super().__init__(system, m, manner)
        self.seen = 2 * system.n_out

    def difference(self, plus, minus, weight):
        """Σ weight·(2∂E/∂W̄(s⁺) − 2∂E/∂W̄(s⁻)) (D,), complex."""
        return in_complex(super().difference(plus, minus, weight)).astype(self.system.dtype)

    def layers(self, s):
        """Complex states (m, n)."""
        return [self.system.pair(s)[0]]

    def start_at(self, states):
        """Planes (m, 2n) of complex states (m, n)."""
        return self.system.planes(states)
