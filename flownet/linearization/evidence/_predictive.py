"""What the posterior says of outputs at other inputs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..._errors import FlownetError
from ...data import Dataset
from ...geometry.curvature import matrix
from ...model._check import matrix as table
from ...model.potential import CrossEntropy, Potential, Quadratic
from ._spectrum import EXACT, MetricGaussNewton


@dataclass(frozen=True)
class Predictive:
    """Outputs and how far the posterior lets them be elsewhere.

    Attributes
    ----------
    mean : ndarray (m, n_out)
        Outputs at W.
    covariance : ndarray (m, n_out, n_out)
        Of the outputs by the posterior of W, noise left out.
    noise : ndarray (n_out, n_out) or None
        Covariance of the noise of a value, σ²·γ⁻¹; None of classes.
    inverse_temperature : float
        1/kT.
    """

    mean: np.ndarray
    covariance: np.ndarray
    noise: np.ndarray | None
    inverse_temperature: float = 1.0

    @property
    def deviation(self) -> np.ndarray:
        """Standard deviation (m, n_out) of values to come: posterior and noise."""
        variance = np.diagonal(self.covariance, axis1=1, axis2=2)
        return np.sqrt(variance + (0.0 if self.noise is None else np.diag(self.noise)))

    @property
    def p_hat(self) -> np.ndarray:
        """Probabilities (m, n_out) of classes, by the mean field of the probit (MacKay 1992)."""
        scale = self.inverse_temperature
        variance = scale**2 * np.diagonal(self.covariance, axis1=1, axis2=2)
        z = scale * self.mean / np.sqrt(1 + np.pi / 8 * variance)
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)


def predictive(found, x):
    """`Predictive` of an evidence at inputs x."""
    likelihood = found.likelihood
    net, loss = likelihood.potential.network, likelihood.potential.loss
    x = table("x", x, net.sizes[0], net.dtype)
    operator = MetricGaussNewton(likelihood.potential, found.W, found.metric)
    h, U = _eigen(operator, found)
    scale = found.samples / found.variance
    rows = _jacobian_rows(net, x, operator)
    along = rows @ U  # (m, n_out, k)
    h = scale * h
    prior = np.einsum("san,sbn->sab", rows, rows) / found.prior
    decided = np.einsum("sak,sbk->sab", along * (h / (h + found.prior)), along) / found.prior
    noise = None
    if likelihood.has_noise:
        gamma = loss.output_metric
        gamma = np.eye(net.sizes[-1]) if gamma is None else gamma
        noise = found.variance * np.linalg.inv(np.diag(gamma) if gamma.ndim == 1 else gamma)
    kT = loss.temperature if isinstance(loss, CrossEntropy) else 1.0
    return Predictive(net.forward(found.W, x), prior - decided, noise, 1 / kT)


def _eigen(operator, found):
    """Curvatures (k,) of Gauss–Newton that are not 0, and their directions (F, k)."""
    n, dual = operator.shape[0], operator.hessian.outputs
    count = dual.m * dual.count
    if n <= min(count, EXACT):
        h, U = np.linalg.eigh(matrix(operator))
        return np.maximum(h, 0.0), U
    if count > EXACT:
        raise FlownetError(
            f"a predictive covariance wants at most {EXACT} parameters, or as many numbers of the "
            f"truth; here they are {n} and {count}."
        )
    from ...model.gauss_newton._dual import pulled_rows  # JᵀR, the square root of F

    rows = pulled_rows(operator.hessian.jacobian, dual)
    rows = np.stack([operator.covector(row) for row in rows])
    h, V = np.linalg.eigh(rows @ rows.T)
    some = h > len(h) * np.finfo(np.float64).eps * h.max()
    return h[some], rows.T @ V[:, some] / np.sqrt(h[some])


def _jacobian_rows(net, x, operator):
    """∂Ŷ/∂W in orthonormal coordinates, (m, n_out, F)."""
    m, n = len(x), net.sizes[-1]
    there = Potential(net, Quadratic(), Dataset(x, np.zeros((m, n)))).jacobian(operator.W)
    rows = np.empty((m, n, operator.shape[0]))
    for i in range(m * n):
        C = np.zeros(m * n)
        C[i] = 1
        rows[i // n, i % n] = operator.covector(there.pullback(C))
    return rows
