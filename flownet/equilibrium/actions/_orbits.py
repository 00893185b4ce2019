"""Orbits there and back: the loss on the way there, the covector on the way back.

In compiled loops where V is known to the kernels, else in NumPy, a moment at a time for all samples
at once. Nothing of an orbit is kept but where it ends.
"""

import numpy as np

from ...kernels.device import kernels_of
from ...kernels.layout import Moving, Orbit


class Orbits:
    """What a system does under a cost; see `Compiled` for the same in compiled loops."""

    def __init__(self, system, cost):
        self.system, self.cost = system, cost

    def forth(self, W, x, rows):
        """Ends q, p (m, d) of the orbits of inputs x, and the cost of each (m,)."""
        system = self.system
        q, p = system.beginning(x)
        u, total = system.signals(x), self._moment(0, q, rows)
        for n in range(system.steps):
            q, p = system.step(W, u, n, n + 1, q, p)
            total += self._moment(n + 1, q, rows)
        return q, p, total

    def back(self, W, x, rows, q, p, nudge, weight):
        """g (D,) of the echo under V + nudge·ℓ, and where it ends, q, p.

        g = Σ over moments and samples of weight·dt·∂V/∂W, half of it at the ends.
        """
        system, V = self.system, self.system.mechanical
        u, dt, g = system.signals(x), system.dt, 0.0
        p = -p
        for n in range(system.steps, -1, -1):
            share = self.share(n)
            if n < system.steps:  # the kick that ends the step before
                p = p - dt / 2 * self._pulled(W, u, n, q, nudge, rows)
            g = g + V.covector(W, q, u[:, n], share * weight)
            if n > 0:
                p = p - dt / 2 * self._pulled(W, u, n, q, nudge, rows)
                q = q + dt * p
        return g, q, -p

    def adjoint(self, W, x, rows, q, p, weight):
        """dL (D,): the echo's change by a nudge to first order, exactly."""
        system, V = self.system, self.system.mechanical
        u, dt, g = system.signals(x), system.dt, 0.0
        p, dq, dp = -p, np.zeros_like(q), np.zeros_like(p)
        for n in range(system.steps, -1, -1):
            slope = V.slope(W, q, u[:, n])
            bend = np.einsum("kij,kj->ki", V.curvature(W, q, u[:, n]), dq)
            for _ in range((n < system.steps) + (n > 0)):  # a kick ends a step, and begins one
                p = p - dt / 2 * slope
                dp = dp - dt / 2 * (bend + self._force(n, q, rows))
            g = g + V.along(W, q, u[:, n], dq, self.share(n) * weight)
            q, dq = q + dt * p, dq + dt * dp
        return g

    def share(self, n):
        """dt, half of it at the ends."""
        return self.system.dt * (0.5 if n in (0, self.system.steps) else 1.0)

    def _seen(self, n, q, rows):
        """Errors (m, observed) of what is seen at a moment."""
        k = self.system.observed
        return q[:, :k] - self.cost.y[rows][:, n * k : (n + 1) * k]

    def _gamma(self, n):
        k = self.system.observed
        return self.cost.gamma[n * k : (n + 1) * k]

    def _moment(self, n, q, rows):
        e = self._seen(n, q, rows).astype(np.float64)
        return self.share(n) / 2 * (e * e) @ self._gamma(n)

    def _force(self, n, q, rows):
        force = np.zeros_like(q)
        force[:, : self.system.observed] = self._gamma(n) * self._seen(n, q, rows)
        return force

    def _pulled(self, W, u, n, q, nudge, rows):
        slope = self.system.mechanical.slope(W, q, u[:, n])
        return slope + nudge * self._force(n, q, rows) if nudge else slope


class Compiled(Orbits):
    """The same in compiled loops, sample by sample; complex nudges go by NumPy."""

    def __init__(self, system, cost):
        super().__init__(system, cost)
        code, own = system.mechanical.compiled()
        self.moving = Moving(code, own, system.coordinates)
        gamma = cost.gamma.astype(np.float64)
        self.orbit = Orbit(system.steps, system.dt, system.observed, gamma)

    def forth(self, W, x, rows):
        """Ends q, p (m, d) of the orbits of inputs x, and the cost of each (m,)."""
        q, p = self.system.beginning(x)
        total = np.empty(len(x))
        u, y, room = self._told(W, x, rows)
        kernels_of("cpu").orbits_forth(self.moving, self.orbit, W, u, y, q, p, room, total)
        return q, p, total

    def back(self, W, x, rows, q, p, nudge, weight):
        """g (D,) of the echo under V + nudge·ℓ, and where it ends, q, p."""
        if np.iscomplexobj(nudge):
            return super().back(W, x, rows, q, p, nudge, weight)
        q, p, g = q.copy(), -p, np.zeros(len(W))
        u, y, room = self._told(W, x, rows)
        weight = np.ascontiguousarray(weight, np.float64)
        kernels_of("cpu").orbits_back(
            self.moving, self.orbit, W, u, y, q, p, room, float(nudge), weight, g
        )
        return g, q, -p

    def adjoint(self, W, x, rows, q, p, weight):
        """dL (D,): the echo's change by a nudge to first order, exactly."""
        q, p, g = q.copy(), -p, np.zeros(len(W))
        u, y, room = self._told(W, x, rows)
        change = np.empty((3, self.system.coordinates), W.dtype)
        weight = np.ascontiguousarray(weight, np.float64)
        kernels_of("cpu").orbits_adjoint(
            self.moving, self.orbit, W, u, y, q, p, change, room, weight, g
        )
        return g

    def _told(self, W, x, rows):
        """Signals, truth, and room for a slope and for units."""
        y = np.ascontiguousarray(self.cost.y[rows], W.dtype)
        room = np.empty(self.system.coordinates + 2 * self.moving.own, W.dtype)
        return self.system.signals(x), y, room
