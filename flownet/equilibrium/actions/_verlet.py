"""A mechanical system that moves from given beginnings, by velocity Verlet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..._registry import Named, describe, kind
from ._mechanical import mechanical_of
from ._times import check_times

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from ..._types import Count, MechanicalLike, Positive, Vector


@kind("system", "verlet")
class Verlet(Named):
    """An orbit by velocity Verlet (leapfrog), of H = ½|p|² + V(q, u): half a kick, drift, kick.

    p ← p − ½dt·∂V/∂q, q ← q + dt·p, p ← p − ½dt·∂V/∂q: the step is reversible, so that an orbit
    whose momenta are turned round comes back to where it began. That is what `Echo` learns by.

    Inputs x are the signals u_0 … u_N, moment by moment, and before them, of one that `begins`
    elsewhere than at rest at 0, the observed coordinates and their momenta at the beginning.
    Outputs are the observed coordinates at q_0 … q_N, moment by moment.

    Parameters
    ----------
    mechanical : Oscillators, NeuralForce, or a `Mechanical` of your own
        V.
    steps : int
        N.
    time : float
        Of the whole orbit.
    observed : int, optional
        The first so many coordinates are seen; by default all.
    begins : bool
        Whether inputs say where it begins.

    Raises
    ------
    FlownetError
        For numbers out of their range.
    """

    learner = "echo"

    def __init__(
        self,
        mechanical: MechanicalLike,
        *,
        steps: Count,
        time: Positive,
        observed: Count | None = None,
        begins: bool = False,
    ) -> None:
        self.mechanical = mechanical_of(mechanical)
        self.steps, self.time, self.observed = check_times(self.mechanical, steps, time, observed)
        self.begins, self.dt = bool(begins), self.time / self.steps
        self.size, self.dtype = self.mechanical.size, self.mechanical.dtype
        self.coordinates = self.mechanical.coordinates
        self._own = 2 * self.observed if self.begins else 0
        self.n_in = self._own + (self.steps + 1) * self.mechanical.n_in
        self.n_out = (self.steps + 1) * self.observed

    def beginning(self, x: Vector) -> tuple[Vector, Vector]:
        """q_0 and p_0 (m, d) of inputs x (m, n_in)."""
        q, p = np.zeros((2, len(x), self.coordinates), self.dtype)
        if self.begins:
            q[:, : self.observed] = x[:, : self.observed]
            p[:, : self.observed] = x[:, self.observed : self._own]
        return q, p

    def signals(self, x: Vector) -> Vector:
        """u (m, N+1, n_in) of inputs x (m, n_in)."""
        shape = len(x), self.steps + 1, self.mechanical.n_in
        return np.ascontiguousarray(x[:, self._own :].reshape(shape))

    def orbit(self, W: Vector, x: Vector) -> tuple[Vector, Vector]:
        """Coordinates and momenta (m, N+1, d) along the orbits of inputs x (m, n_in)."""
        q, p = self.beginning(np.asarray(x, self.dtype))
        u, found = self.signals(np.asarray(x, self.dtype)), [(q, p)]
        W = np.asarray(W, self.dtype)
        for n in range(self.steps):
            q, p = self.step(W, u, n, n + 1, q, p)
            found.append((q, p))
        return tuple(np.stack(each, axis=1) for each in zip(*found))  # type: ignore[return-value]

    def step(
        self, W: Vector, u: Vector, here: int, there: int, q: Vector, p: Vector
    ) -> tuple[Vector, Vector]:
        """One step from a moment to a neighbouring one."""
        p = p - self.dt / 2 * self.mechanical.slope(W, q, u[:, here])
        q = q + self.dt * p
        return q, p - self.dt / 2 * self.mechanical.slope(W, q, u[:, there])

    def project(self, W: Vector) -> None:
        """As the mechanical system does."""
        self.mechanical.project(W)

    def init(self, seed: int = 0) -> Vector:
        """Initial parameters (D,) of the mechanical system."""
        return self.mechanical.init(seed)

    def parameters(self) -> dict[str, Any]:
        """What makes this system again."""
        return {
            "mechanical": describe(self.mechanical),
            "steps": self.steps,
            "time": self.time,
            "observed": self.observed,
            "begins": self.begins,
        }

    def with_dtype(self, dtype: DTypeLike) -> Verlet:
        """The same system in another precision."""
        own = {**self.parameters(), "mechanical": self.mechanical.with_dtype(dtype)}
        return self if self.dtype == dtype else Verlet(**own)

    def __repr__(self):
        return f"Verlet({self.mechanical!r}, steps={self.steps}, time={self.time:g})"
