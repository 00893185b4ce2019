"""Paths between given ends that make the action stationary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..._errors import FlownetError
from ..._registry import describe, kind
from .._energy import Energy
from ._mechanical import mechanical_of
from ._newton import Path
from ._times import check_times

if TYPE_CHECKING:
    from ..._types import Count, MechanicalLike, Positive


@kind("system", "least-action")
class LeastAction(Energy):
    """The path between two ends whose action is stationary, S = Σ ½|q_{n+1} − q_n|²/dt − Σ dt·V.

    E = −S on the path q_1 … q_{N−1} between q_0 and q_N, so that ∂E/∂W = Σ dt·∂V/∂W. Where it is
    stationary, (q_{n+1} − 2q_n + q_{n−1})/dt² = −∂V/∂q: velocity Verlet, with both ends given. For
    this action of finite steps the theorem of equilibrium propagation holds as it stands. The path
    is found by Newton's method from the straight line on. Beyond a time π/√(curvature of V) there
    are several paths, or none near; where the method does not arrive, the loss is NaN.

    Inputs x are the ends of the observed coordinates, q_0 and q_N, and then the signals u_1 …
    u_{N−1}; outputs the observed coordinates at these times, moment by moment. Other coordinates
    begin and end at 0. A cost ∫½|q − y|²dt is `Quadratic(output_metric=dt)`, with one dt each.

    Parameters
    ----------
    mechanical : Oscillators, NeuralForce, or a `Mechanical` of your own
        V.
    steps : int
        N, two or more.
    time : float
        From end to end.
    observed : int, optional
        The first so many coordinates are seen; by default all.

    Raises
    ------
    FlownetError
        For numbers out of their range.

    References
    ----------
    Scellier, 2103.09985 (Lagrangian systems); 2506.06248.
    """

    def __init__(
        self,
        mechanical: MechanicalLike,
        *,
        steps: Count,
        time: Positive,
        observed: Count | None = None,
    ) -> None:
        self.mechanical = mechanical_of(mechanical)
        self.steps, self.time, self.observed = check_times(self.mechanical, steps, time, observed)
        if self.steps < 2:
            raise FlownetError(f"steps is {steps}; a path between two ends has two or more.")
        self.dt, self._inner = self.time / self.steps, self.steps - 1
        self.size, self.dtype = self.mechanical.size, self.mechanical.dtype
        self.states = self._inner * self.mechanical.coordinates
        self.n_in = 2 * self.observed + self._inner * self.mechanical.n_in
        self.n_out = self._inner * self.observed
        self.analytic = self.mechanical.analytic

    # ---- a row of states: coordinates that are hidden, then those observed, each by moments ----

    def path(self, s):
        """q (m, N−1, d) of states (m, n)."""
        m, hidden = len(s), self.states - self.n_out
        seen = s[:, hidden:].reshape(m, self._inner, self.observed)
        return np.concatenate([seen, s[:, :hidden].reshape(m, self._inner, -1)], axis=2)

    def as_states(self, q):
        """States (m, n) of q (m, N−1, d)."""
        seen, hidden = q[:, :, : self.observed], q[:, :, self.observed :]
        return np.concatenate([hidden.reshape(len(q), -1), seen.reshape(len(q), -1)], axis=1)

    def signals(self, x):
        """u (m·(N−1), n_in) of inputs x."""
        return x[:, 2 * self.observed :].reshape(len(x) * self._inner, -1)

    def ends(self, x):
        """q_0 and q_N (m, 1, d)."""
        made = np.zeros((2, len(x), 1, self.mechanical.coordinates), self.dtype)
        made[:, :, 0, : self.observed] = np.moveaxis(
            x[:, : 2 * self.observed].reshape(len(x), 2, -1), 1, 0
        )
        return made

    def _rows(self, x, s):
        q = self.path(s)
        return q, q.reshape(-1, q.shape[2]), self.signals(x)

    # ---- the energy ----

    def energy(self, W, x, s):
        """−S of each sample (m,)."""
        q, rows, u = self._rows(x, s)
        begin, end = self.ends(x)
        moved = np.diff(np.concatenate([begin, q, end], axis=1), axis=1)
        V = self.mechanical.energy(W, rows, u).reshape(len(q), -1)
        return self.dt * V.sum(axis=1) - (moved**2).sum(axis=(1, 2)) / (2 * self.dt)

    def slope(self, W, x, s):
        """∂E/∂s (m, n): dt·(∂V/∂q + acceleration)."""
        q, rows, u = self._rows(x, s)
        begin, end = self.ends(x)
        bend = np.diff(np.concatenate([begin, q, end], axis=1), 2, axis=1)
        V = self.mechanical.slope(W, rows, u).reshape(q.shape)
        return self.as_states(self.dt * V + bend / self.dt)

    def covector(self, W, x, s, weight):
        """Σ weight·Σ dt·∂V/∂W (D,)."""
        _, rows, u = self._rows(x, s)
        return self.mechanical.covector(W, rows, u, np.repeat(self.dt * weight, self._inner))

    def curvature(self, W, x, s, u):
        """E_ss·u (m, n)."""
        q, rows, signals = self._rows(x, s)
        blocks = self.mechanical.curvature(W, rows, signals)
        v = self.path(u)
        nothing = np.zeros_like(v[:, :1])
        bend = np.diff(np.concatenate([nothing, v, nothing], axis=1), 2, axis=1)
        bent = np.einsum("kij,kj->ki", blocks, v.reshape(len(rows), -1)).reshape(q.shape)
        return self.as_states(self.dt * bent + bend / self.dt)

    def project(self, W):
        """As the mechanical system does."""
        self.mechanical.project(W)

    def init(self, seed=0):
        """Initial parameters (D,) of the mechanical system."""
        return self.mechanical.init(seed)

    def relaxation(self, m, manner):
        """By Newton's method."""
        return Path(self, m, manner)

    def parameters(self):
        """What makes this system again."""
        return {
            "mechanical": describe(self.mechanical),
            "steps": self.steps,
            "time": self.time,
            "observed": self.observed,
        }

    def with_dtype(self, dtype):
        """The same system in another precision."""
        own = {**self.parameters(), "mechanical": self.mechanical.with_dtype(dtype)}
        return self if self.dtype == dtype else LeastAction(**own)

    def __repr__(self):
        return f"LeastAction({self.mechanical!r}, steps={self.steps}, time={self.time:g})"
