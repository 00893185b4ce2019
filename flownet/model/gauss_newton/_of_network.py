"""Gauss-Newton and the Fishers of a network's loss, applied from the state at W, never stored."""

from functools import cached_property

import numpy as np

from ..._errors import FlownetError
from ..._memory import refuse_too_large
from ...kernels.layout import OF_GRADIENTS, OF_LOSS, QUADRATIC
from ..hessian import NetworkAction, diagonal_of_units
from ._dual import by_units, dual_of, units_of
from ._jacobian import Jacobian
from ._output_metric import GradientMetric, QuadraticMetric, SoftmaxMetric


class GaussNewton(NetworkAction):
    """F = JᵀGJ at W (D,), G = ∂²ℓ/∂Ŷ²: the Hessian of a loss whose map is taken as straight.

    Gauss-Newton (GGN). Positive semidefinite, of rank m·n_out at most, of a softmax m(n_out − 1).
    Quadratic: G = Γ⊗γ/m. Cross-entropy: G_s = Σq_s·(diag P̂ − P̂P̂ᵀ)/(m kT²), whatever metric of the
    classes spread q. A product costs about what a gradient does.
    """

    what, kind = "the Gauss-Newton operator", OF_LOSS

    @property
    def _weighed(self):
        """The state at W with the loss's own weights of the samples."""
        return self._at

    def _actions(self, rows):
        """F·V of rows (R, D) as kernels take them."""
        at, act = self._weighed, self._kernels.straight_actions

        def kernel(rows, out, buffers, workers, threads):
            act(*self._problem, self.W, rows, out, at, buffers, self.kind, workers, threads)

        return self._act(kernel, rows)

    @cached_property
    def jacobian(self):
        """J at W, a `LinearOperator` (m·n_out, D)."""
        return Jacobian(self._potential, self._given, self._state)

    @cached_property
    def outputs(self):
        """The metric G of the outputs."""
        _, loss, data = self._problem
        if loss.kind == QUADRATIC:
            return QuadraticMetric(loss, data, self.dtype)
        at = self._weighed
        p = np.array(at.p).reshape(data.y.shape)
        return SoftmaxMetric(p, np.array(at.mass), loss.inverse_temperature)

    def _units(self):
        """The cotangents of all units that each column of R makes."""
        return units_of(self.jacobian, self.outputs)

    def diagonal(self):
        """F_ii (D,), exact: n_out pullbacks, and where samples or complex numbers mix D actions."""
        if not by_units(self.jacobian, self.outputs):
            return diagonal_of_units(self)
        x, a = self._data.x, self._at.a
        return self._collect(sum(g * g for g in self._units()), x * x, a * a)

    def dual(self):
        """G^½JJᵀG^½ (m·n_out, m·n_out), dense: its eigenvalues are those of F but for zeros.

        By a root of G that is as good, RRᵀ = G, where a symmetric one is dearer.
        """
        known = self._units() if by_units(self.jacobian, self.outputs) else None
        return dual_of(self.jacobian, self.outputs, known)

    def dense(self):
        """F (D, D), dense."""
        D = self.shape[0]
        refuse_too_large(f"a matrix of {D} parameters", 2 * D**2 * self.dtype.itemsize)
        return self.action(np.eye(D, dtype=self.dtype))

    def eigenvalues(self):
        """Eigenvalues, descending, as many as the smaller of D and the dual has; the rest are 0."""
        size = self.outputs.m * self.outputs.count
        matrix = self.dual() if size <= self.shape[0] else self.dense()
        return np.linalg.eigvalsh((matrix + matrix.T) / 2)[::-1]


class Fisher(GaussNewton):
    """Fisher information of the outputs' model: Σ_s w_s·E_{y~P̂}[∂log P̂_y ⊗ ∂log P̂_y]/m at W (D,).

    Of the quadratic loss, Gaussian noise of covariance G⁻¹, it is Gauss-Newton. Of cross-entropy
    too, where the truth adds up to 1 and classes have no metric: the Fisher does not see the
    labels, and counts each sample by its weight in Γ alone.
    """

    what = "the Fisher operator"

    def __init__(self, potential, W, state=None):
        super().__init__(potential, W, state)
        if self._problem[1].kind != QUADRATIC and potential.loss.couples:
            raise FlownetError(
                "a full (m, m) sample_metric makes cross-entropy that of no model of samples: it "
                "has no Fisher; gauss_newton(W) is what it bends."
            )

    @cached_property
    def _weighed(self):
        if self._problem[1].kind == QUADRATIC:
            return self._at
        weights = self._potential.loss.sample_metric
        masses = np.ones(self._m) if weights is None else weights
        return self._kernels.with_masses(self._at, np.ascontiguousarray(masses, self.dtype))


class EmpiricalFisher(GaussNewton):
    """Empirical Fisher (1/m)Σ_s dℓ_s⊗dℓ_s of the samples' own gradients at W (D,).

    Not the Fisher: it wants the labels, and vanishes as the residual squared where a network
    interpolates. It is the covariance of the gradients about 0.
    """

    what, kind = "the empirical Fisher", OF_GRADIENTS

    def __init__(self, potential, W, state=None):
        super().__init__(potential, W, state)
        if potential.couples or potential.loss.couples:
            raise FlownetError(
                "a full (m, m) sample_metric couples samples: none has a gradient of its own, "
                "of which an empirical Fisher could be made."
            )

    @cached_property
    def outputs(self):
        """The metric of the outputs that their own covectors make."""
        return GradientMetric(np.array(self._at.covector).reshape(self._data.y.shape))

    def _units(self):
        """√m times the cotangents kept at W."""
        yield np.sqrt(self.dtype.type(self._m)) * self._at.g
