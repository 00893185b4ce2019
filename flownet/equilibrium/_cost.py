"""What a cost does to a state: it pulls the outputs to the truth, by a spring or a steady force.

The nudged energy is F = E + βC. Of C = ½(o − y)·γ(o − y) the part that pulls is a spring βγ to y;
frozen at the free outputs o₀ it is the steady force −βγ(o₀ − y).
"""

import numpy as np

from .._errors import FlownetError
from ..kernels.layout import Pull
from ..model.potential import Quadratic


class SpringCost:
    """The quadratic cost of outputs, sample by sample, in a diagonal metric γ."""

    def __init__(self, loss, y, dtype):
        if type(loss) is not Quadratic:
            raise FlownetError(
                f"the cost is {loss!r}; a nudge is a spring to the truth: it has to be "
                "flownet.Quadratic()."
            )
        dtype = np.zeros(0, dtype).real.dtype
        compiled, y, weights = loss.compiled(y, dtype)
        if y.dtype.kind == "c":  # real and imaginary parts, as its metric has them
            y = np.concatenate([y.real, y.imag], axis=1)
        if compiled.coupling.size:
            raise FlownetError(
                "the cost has a full (m, m) sample_metric, which couples samples: each relaxes "
                "by itself; give one weight for each."
            )
        gamma = compiled.gamma
        if gamma.size and np.count_nonzero(gamma - np.diag(np.diag(gamma))):
            raise FlownetError(
                "the cost has an output_metric that is not diagonal: each output has a spring of "
                "its own; give one number for each."
            )
        self.y = np.ascontiguousarray(y, dtype)
        self.gamma = np.diag(gamma).copy() if gamma.size else np.ones(y.shape[1], dtype)
        self.weights = weights.astype(np.float64) if weights.size else np.ones(len(y))

    def values(self, o, rows):
        """C (m,) at outputs o."""
        e = (o - self.y[rows]).astype(np.float64)
        return 0.5 * (e * e) @ self.gamma

    def force(self, o, rows):
        """c = ∂C/∂o (m, n_out)."""
        return self.gamma * (o - self.y[rows])

    def spring(self, nudge, rows, dtype):
        """The pull of βC."""
        held = (nudge * self.gamma).astype(dtype)
        return Pull(held * self.y[rows], held)

    def steady(self, nudge, c, dtype):
        """The pull of β⟨c, o⟩, with c as it was."""
        return Pull((-nudge * c).astype(dtype), np.zeros(c.shape[1], dtype))

    def series(self, o, rows):
        """Taylor coefficients (m, K) of C, of those of the outputs, K arrays (m, n_out)."""
        e = [o[0] - self.y[rows], *o[1:]]
        return np.stack(
            [
                self.weights[rows] * sum(0.5 * (e[i] * e[k - i]) @ self.gamma for i in range(k + 1))
                for k in range(len(e))
            ],
            axis=1,
        )
