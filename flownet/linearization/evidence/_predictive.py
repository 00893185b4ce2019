"""What the posterior says of outputs at other inputs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..._errors import FlownetError
from ...data import Dataset
from ...geometry.curvature import matrix
from ...model._check import matrix as table
from ...model.gauss_newton import pulled_rows
from ...model.potential import CrossEntropy, Potential, Quadratic
from ._spectrum import EXACT, MetricGaussNewton

_RTOL = 1e-10  # of what conjugate gradients leave


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
    rows = _jacobian_rows(net, x, operator)
    covariance = np.einsum("san,sbn->sab", rows, _solved(operator, found, rows))
    noise = None
    if likelihood.has_noise:
        gamma = loss.output_metric
        gamma = np.eye(net.sizes[-1]) if gamma is None else gamma
        weights, axes = np.linalg.eigh(np.diag(gamma) if gamma.ndim == 1 else gamma)
        noise = found.variance * (axes / weights) @ axes.T
    kT = loss.temperature if isinstance(loss, CrossEntropy) else 1.0
    return Predictive(net.forward(found.W, x), covariance, noise, 1 / kT)


def _solved(operator, found, rows):
    """(F_U + α)⁻¹ of rows (m, n_out, F): by eigenvectors of what is small, else by gradients."""
    scale, alpha = found.samples / found.variance, found.prior
    n, dual = operator.shape[0], operator.hessian.outputs
    count = dual.m * dual.count
    if min(n, count) > EXACT:
        return _by_conjugate_gradients(operator, scale, alpha, rows)
    h, U = _eigen(operator, n <= count)
    along = rows @ U  # (m, n_out, k)
    h = scale * h
    return (rows - (along * (h / (h + alpha))) @ U.T) / alpha


def _eigen(operator, direct):
    """Curvatures (k,) of Gauss–Newton that are not 0, and their directions (F, k)."""
    if direct:
        h, U = np.linalg.eigh(matrix(operator))
        return np.maximum(h, 0.0), U
    rows = np.stack(
        [
            operator.covector(row)
            for row in pulled_rows(operator.hessian.jacobian, operator.hessian.outputs)
        ]
    )
    h, V = np.linalg.eigh(rows @ rows.T)
    some = h > len(h) * np.finfo(np.float64).eps * h.max()
    return h[some], rows.T @ V[:, some] / np.sqrt(h[some])


def _by_conjugate_gradients(operator, scale, alpha, rows):
    """Of each row by itself, to ten digits."""
    from scipy.sparse.linalg import LinearOperator, cg

    A = LinearOperator(operator.shape, lambda x: scale * operator.matvec(x) + alpha * x)
    flat, solved = rows.reshape(-1, rows.shape[-1]), []
    for row in flat:
        x, left = cg(A, row, rtol=_RTOL, atol=0.0, maxiter=10 * len(row))
        if left:
            raise FlownetError("the predictive covariance does not settle: take a larger prior.")
        solved.append(x)
    return np.stack(solved).reshape(rows.shape)


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
