"""The neural tangent kernel of a network on its data as an operator on outputs."""

import numpy as np

from ..hessian import Action
from ._dual import dual_diagonal, dual_of
from ._jacobian import Jacobian
from ._output_metric import OutputMetric


class TangentKernel(Action):
    """Neural tangent kernel (NTK) Θ = JJᵀ (m·n_out, m·n_out) at W, on the outputs of all samples.

    Under the flow the outputs of a quadratic loss move by dŶ/dt = −Θ·(Ŷ − Y)/m.
    """

    what = "the tangent kernel"

    def __init__(self, potential, W, state=None):
        self.jacobian = Jacobian(potential, W, state)
        super().__init__(self.jacobian.shape[0], self.jacobian.dtype)
        self._complex_outputs = potential.network.output_dtype.kind == "c"
        self._of = potential, W

    def __reduce__(self):
        return type(self), self._of

    @property
    def loss(self):
        """L(W)."""
        return self.jacobian.loss

    @property
    def dL(self):
        """Covector dL (D,)."""
        return self.jacobian.dL

    def action(self, V):
        """Θ·u of a vector on the outputs (m·n_out,), or of each row (R, m·n_out)."""
        J = self.jacobian
        rows = [J.pushforward(J.pullback(row)) for row in self._rows(V)]
        return np.array(rows, self.dtype).reshape(np.shape(V))

    def matrix(self):
        """Θ, dense."""
        return self._of_reals(self._of_reals(dual_of(self.jacobian, self._identity)).T)

    def diagonal(self):
        """Θ_ii (m·n_out,)."""
        return self._of_reals(dual_diagonal(self.jacobian, self._identity))

    def eigenvalues(self):
        """All m·n_out eigenvalues, descending."""
        return np.linalg.eigvalsh(self.matrix())[::-1]

    @property
    def _identity(self):
        return OutputMetric(self.jacobian.m, self.jacobian.n, self.dtype)

    def _of_reals(self, table):
        """The first axis, in the kernels' order of outputs, in that of (re, im, re, im, …)."""
        if not self._complex_outputs:
            return table
        m, n = self.jacobian.m, self.jacobian.n // 2
        parts = table.reshape(m, 2, n, -1)
        return np.ascontiguousarray(parts.transpose(0, 2, 1, 3)).reshape(table.shape)
