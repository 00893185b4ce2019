"""Newton's method on a path: its H is block-tridiagonal, and one banded solve gives a step."""

import numpy as np
from scipy.linalg import solve_banded

from .._relaxation import Numerical, Relaxed

_HALVINGS = 30  # of a Newton step that does not bring a state closer to rest
_CLAMP = 2.0**60  # of a spring that holds
_SMALL = 1e-7  # relative to the path: a step that is judged by rounding
_ARRIVED = 1e-6  # relative to the path: a last step that is longer ends nowhere
_CLOSER = 0.99  # what is left of what was missed, where a step was worth its while


class Path(Numerical):
    """Newton's method on a path: one banded solve a step, of all samples at once."""

    def rest(self):
        """Straight from end to end."""
        begin, end = self.system.ends(self.x)
        share = np.linspace(0, 1, self.system.steps + 1, dtype=self.system.dtype)[1:-1, None]
        return self.system.as_states(begin + share * (end - begin))

    def relax(self, s, pull, sweeps):
        """Newton's steps, until none leads closer to rest; NaN where it is not reached."""
        taken, change, miss = 0, np.inf, self._miss(s, pull)
        least = _norms(miss)
        while taken < sweeps:
            step, beyond = self._step(s, pull, miss)
            s -= step
            miss, taken, change = beyond, taken + 1, float(np.abs(step).max(initial=0.0))
            left = _norms(miss)
            closer, least = left < _CLOSER * least, np.minimum(left, least)
            stops = change <= self.manner.tolerance or not closer.any()
            if change != change or (stops and self.manner.tolerance >= 0):
                if stops and sweeps > 1:  # one alone is part of a longer relaxation
                    s[_norms(step) > _ARRIVED * _norms(s)] = np.nan
                break
        return Relaxed(taken, change)

    def clamp(self, s, o, sweeps):
        """Newton's steps with the outputs held at o (m, n_out), by springs that do not give."""
        self.outputs(s)[...] = o
        held, taken, change = np.full(o.shape[1], _CLAMP, s.dtype), 0, np.inf
        while taken < sweeps:
            miss, last = self.system.slope(self.W, self.x, s), change
            self.outputs(miss)[...] = 0
            s -= self._solve(s, miss, held)
            self.outputs(s)[...] = o
            taken, change = taken + 1, float(np.sqrt((miss**2).sum(axis=1)).max(initial=0.0))
            if change <= self.manner.tolerance or not change < _CLOSER * last:
                break
        return Relaxed(taken, change)

    def _step(self, s, pull, miss):
        """A Newton step, each sample's halved while it leads away from rest; what is missed then.

        Newton's direction leads towards rest, a full step need not.
        """
        step, share = self._solve(s, miss, pull.held), np.ones((len(s), 1), miss.real.dtype)
        for _ in range(_HALVINGS):
            beyond = self._miss(s - share * step, pull)
            far = (_norms(beyond) > _norms(miss)) & (_norms(share * step) > _SMALL * _norms(s))
            if not far.any():
                break
            share[far] /= 2
        return share * step, beyond

    def yields(self, s, c):
        """v = H⁻¹·c by the same banded solve."""
        force = np.zeros_like(s)
        force[:, -self.system.n_out :] = c
        v = self._solve(s, force, np.zeros(0, s.dtype))
        left = self.system.curvature(self.W, self.x, s, v) - force
        size = float(np.abs(force).max(initial=0.0))
        return v, Relaxed(1, float(np.abs(left).max(initial=0.0)) / (size or 1.0))

    def along(self, s, u, weight):
        """Σ weight·Σ dt·(∂_q ∂_W V)·u."""
        system = self.system
        _, rows, signals = system._rows(self.x, s)
        v = system.path(u).reshape(rows.shape)
        each = np.repeat(system.dt * weight, system._inner)
        return system.mechanical.along(self.W, rows, signals, v, each).real

    def _miss(self, s, pull):
        slope = self.system.slope(self.W, self.x, s)
        if pull.held.size:
            slope[:, -self.system.n_out :] += pull.held * self.outputs(s) - pull.drive
        return slope

    def _solve(self, s, force, held):
        """H⁻¹·force (m, n), H block-tridiagonal with what the cost holds on its diagonal."""
        system, d = self.system, self.system.mechanical.coordinates
        q, rows, signals = system._rows(self.x, s)
        blocks = system.dt * system.mechanical.curvature(self.W, rows, signals)
        blocks = blocks - 2 / system.dt * np.eye(d)
        if held.size:
            own = np.arange(system.observed)
            blocks = blocks.astype(np.result_type(blocks, held))
            of_path = blocks.reshape(len(q), system._inner, d, d)
            of_path[:, :, own, own] += held.reshape(system._inner, system.observed)
        n = len(rows) * d
        bands = np.zeros((2 * d + 1, n), blocks.dtype)
        for i in range(d):
            for j in range(d):
                bands[d + i - j, j::d] = blocks[:, i, j]
        between = np.full(len(rows), 1 / system.dt)
        between[system._inner - 1 :: system._inner] = 0  # samples do not know each other
        bands[2 * d, :] = np.repeat(between, d)
        bands[0, d:] = np.repeat(between, d)[:-d]
        right = system.path(force).reshape(n)
        v = solve_banded((d, d), bands, right, check_finite=False).reshape(q.shape)
        return system.as_states(v).astype(force.dtype)


def _norms(rows):
    """Of each row (m,)."""
    return np.sqrt((np.abs(rows) ** 2).sum(axis=1))
