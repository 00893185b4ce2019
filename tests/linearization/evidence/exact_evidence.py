"""A linear network on random data, whose evidence is a closed form."""

import numpy as np
from scipy.stats import multivariate_normal

import flownet as fn

ALPHA, SIGMA = 0.7, 0.4


def linear(m=20, n_in=4, n_out=1, seed=0, **metrics):
    """A linear network on random data, what its posterior is largest at, and its design matrix."""
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(m, n_in)), rng.normal(size=(m, n_out))
    net = fn.Network([n_in, n_out])
    potential = fn.Potential(net, fn.Quadratic(**metrics), fn.Dataset(x, y))
    G = np.asarray(metrics.get("output_metric", np.eye(n_out)))
    S = np.asarray(metrics.get("sample_metric", np.ones(m)))
    precision = np.kron(np.diag(S) if S.ndim == 1 else S, G) / SIGMA**2
    J = np.stack([net.pushforward(W, x, V).ravel() for V in np.eye(net.size) for W in [0 * V]], 1)
    A = J.T @ precision @ J + ALPHA * np.eye(net.size)
    W = np.linalg.solve(A, J.T @ precision @ y.ravel())
    covariance = np.linalg.inv(precision) + J @ J.T / ALPHA
    return potential, W, multivariate_normal(cov=covariance).logpdf(y.ravel())
