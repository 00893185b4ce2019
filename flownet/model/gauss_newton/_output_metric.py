"""Metrics G of the outputs as G = R·Rᵀ, on outputs (m, n) as kernels lay them out.

Where samples do not know of each other R has for each of them a few columns of its own, `count` of
them, and column k of all samples is one cotangent (m, n) on the outputs.
"""

import numpy as np


class OutputMetric:
    """G = RRᵀ; by itself the identity, R = 1.

    Attributes
    ----------
    m, n : int
        Samples and outputs.
    count : int
        Columns of R for each sample.
    couples : bool
        Whether R mixes samples.
    """

    couples = False

    def __init__(self, m, n, dtype):
        self.m, self.n, self.count, self.dtype = m, n, n, dtype

    def column(self, k):
        """Column k of R of every sample: a cotangent (m, n)."""
        return self.root(np.broadcast_to(np.eye(self.count, dtype=self.dtype)[k], (self.m, self.n)))

    def root(self, u):
        """R·u (m, n) of u (m, count)."""
        return np.array(u)


class QuadraticMetric(OutputMetric):
    """G = Γ⊗γ/m of the quadratic loss; R = Γ^½⊗γ^½/√m.

    Parameters
    ----------
    loss, data : loss and data of the kernels
    """

    def __init__(self, loss, data, dtype):
        super().__init__(*data.y.shape, dtype)
        self.couples = bool(loss.coupling.size)
        self._outputs = _root(loss.gamma) if loss.gamma.size else None
        self._samples = _root(loss.coupling) if self.couples else None
        self._weights = np.sqrt(data.weights)[:, None] if data.weights.size else dtype.type(1)

    def root(self, u):
        """R·u (m, n) of u (m, n)."""
        u = u if self._outputs is None else u @ self._outputs
        u = u if self._samples is None else self._samples @ u
        return (self._weights / np.sqrt(self.dtype.type(self.m))) * u


class SoftmaxMetric(OutputMetric):
    """G_s = Σq_s·(diag P̂ − P̂P̂ᵀ)/(m kT²) of cross-entropy; R_bk = √(Σq/m)/kT·√P̂_k·(δ_bk − P̂_b).

    Parameters
    ----------
    p : ndarray (m, n)
        P̂.
    masses : ndarray (m,)
        Σq.
    inverse_temperature : float
        1/kT.
    """

    def __init__(self, p, masses, inverse_temperature):
        super().__init__(*p.shape, p.dtype)
        self._p = p
        self._factor = (np.sqrt(masses / len(p)) * inverse_temperature).astype(p.dtype)[:, None]

    def column(self, k):
        """Column k of R of every sample: a cotangent (m, n)."""
        p = self._p
        out = -p
        out[:, k] = np.delete(p, k, axis=1).sum(axis=1)  # 1 − P̂_k, where that would cancel
        return self._factor * np.sqrt(p[:, k : k + 1]) * out

    def root(self, u):
        """R·u (m, n) of u (m, n)."""
        u = np.sqrt(self._p) * u
        return self._factor * (u - self._p * u.sum(axis=1, keepdims=True))


class GradientMetric(OutputMetric):
    """G_s = ∂ℓ_s⊗∂ℓ_s/m of the samples' own covectors: R has one column for each sample.

    Parameters
    ----------
    covector : ndarray (m, n)
        ∂L/∂Ŷ, the rows ∂ℓ_s/m.
    """

    def __init__(self, covector):
        super().__init__(*covector.shape, covector.dtype)
        self.count, self._own = 1, np.sqrt(covector.dtype.type(self.m)) * covector

    def column(self, k):
        """Column 0 of R of every sample: a cotangent (m, n)."""
        return self._own.copy()

    def root(self, u):
        """R·u (m, n) of u (m, 1)."""
        return u * self._own


def _root(metric):
    """The symmetric root of a positive symmetric matrix."""
    values, vectors = np.linalg.eigh(metric)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
