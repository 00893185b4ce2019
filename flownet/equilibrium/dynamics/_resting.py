"""How states of a law of motion come to rest, and what that says of W."""

import numpy as np

from .._relaxation import Relaxation, Relaxed

_PASSES = 3  # of the linear solve: the last ones refine what squares of J have lost


class Resting(Relaxation):
    """Of any law of motion, by what its class says of it."""

    def __init__(self, system, m, manner):
        self.system, self.m, self.manner = system, m, manner
        self._free = None

    def drive(self, W, x):
        """Take W (D,) and x (m, n_in) for what follows."""
        self.W, self.x, self._free = W, x, None

    def rest(self):
        """A state to come to rest from."""
        return self.system.rest(self.m)

    def outputs(self, s):
        """Outputs (m, n_out) of states."""
        return s[:, -self.system.n_out :]

    def layers(self, s):
        """One array (m, n) for all of the state."""
        return [s]

    def relax(self, s, pull, sweeps):
        """Step by step; without a pull the state is kept as the free one."""
        taken, change, system = 0, np.inf, self.system
        while taken < sweeps:
            new = system.settle(self.W, self.x, s, self._force(s, pull))
            change = float(np.abs(new - s).max(initial=0.0))
            s[...] = new
            taken += 1
            if change <= self.manner.tolerance or change != change:
                break
        if not pull.held.size:
            self._free = s.copy()
        return Relaxed(taken, change)

    def clamp(self, s, o, sweeps):
        """Step by step, with the outputs held at o (m, n_out)."""
        taken, change, none = 0, np.inf, np.zeros_like(s)
        while taken < sweeps:
            self.outputs(s)[...] = o
            new = self.system.settle(self.W, self.x, s, none)
            self.outputs(new)[...] = o
            change = float(np.abs(new - s).max(initial=0.0))
            s[...] = new
            taken += 1
            if change <= self.manner.tolerance or change != change:
                break
        return Relaxed(taken, change)

    def _force(self, s, pull):
        """What acts beside f: the cost, and (Jᵀ − J)(s − s₀)."""
        force = np.zeros_like(s)
        if not pull.held.size:
            return force
        force[:, -self.system.n_out :] = pull.drive - pull.held * self.outputs(s)
        if self.system.corrected:
            W, x, free, apart = self.W, self.x, self._free, s - self._free
            for part, unit in ((apart.real, 1), (apart.imag, 1j))[: 1 + np.iscomplexobj(s)]:
                turned = self.system.pullback(W, x, free, part)
                force += unit * (turned - self.system.pushforward(W, x, free, part))
        return force

    def yields(self, s, c):
        """v = −J⁻ᵀ·c, by conjugate gradients on the normal equations, each sample for itself."""
        b = np.zeros_like(s)
        b[:, -self.system.n_out :] = -c
        v, taken = np.zeros_like(s), 0
        begun = np.sqrt((b * b).sum(axis=1)).max(initial=0.0)
        for _ in range(_PASSES):
            more, steps = self._least_squares(s, b - self._back(s, v))
            v, taken = v + more, taken + steps
        left = b - self._back(s, v)
        left = float(np.sqrt((left * left).sum(axis=1)).max(initial=0.0))
        return v, Relaxed(taken, left / begun if begun > 0 else 0.0)

    def _least_squares(self, s, r):
        """v with ‖Jᵀv − r‖ least, and the steps taken."""
        v, g = np.zeros_like(r), self._forth(s, r)
        p, square, taken = g.copy(), (g * g).sum(axis=1), 0
        begun, eps = square.max(initial=0.0), float(np.finfo(r.dtype).eps)
        while taken < 4 * self.system.states and square.max(initial=0.0) > eps**2 * begun:
            q = self._back(s, p)
            bend = (q * q).sum(axis=1)
            along = np.divide(square, bend, out=np.zeros_like(square), where=bend > 0)[:, None]
            v, r = v + along * p, r - along * q
            g = self._forth(s, r)
            new = (g * g).sum(axis=1)
            share = np.divide(new, square, out=np.zeros_like(new), where=square > 0)[:, None]
            p, square, taken = g + share * p, new, taken + 1
        return v, taken

    def _back(self, s, u):
        return self.system.pullback(self.W, self.x, s, u)

    def _forth(self, s, u):
        return self.system.pushforward(self.W, self.x, s, u)

    def along(self, s, u, weight):
        """−Σ weight·⟨u, ∂f/∂W⟩ (D,)."""
        dL = -self.system.covector(self.W, self.x, s, u, weight).real
        return dL.astype(self.system.dtype)

    def difference(self, plus, minus, weight):
        """The same along s⁺ − s⁻, ∂f/∂W being that of the free state."""
        return self.along(self._free, plus - minus, weight)
