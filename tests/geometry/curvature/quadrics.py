"""Potentials whose Hessians are known: small networks, and quadrics of given eigenvalues."""

import numpy as np
import twins
from scipy.sparse.linalg import aslinearoperator

import flownet as fn

CASES = {
    "tanh, quadratic": twins.case(
        71_000, [3, 4, 3], ["tanh"], "quadratic", gamma=np.array([1.0, 2.0, 0.5])
    ),
    "softplus, cross-entropy": twins.case(72_000, [3, 4, 3], ["softplus"], "cross-entropy"),
    "relu, quadratic": twins.case(73_000, [3, 4, 3], ["relu"], "quadratic"),
    "relu, cross-entropy": twins.case(74_000, [3, 4, 3], ["relu"], "cross-entropy"),
}
METRICS = {
    "plain": lambda net: None,
    "layers": lambda net: fn.LayerMetric(net, [0.3, 5.0]),
    "a frozen layer": lambda net: fn.LayerMetric(net, [np.inf, 2.0]),
    "diagonal": lambda net: fn.DiagonalMetric(some_frozen(net.size)),
}


def some_frozen(D):
    """Stiffnesses (D,) from 0.2 to 3, three of them infinite."""
    stiffness = twins.uniforms(75_000, D, low=0.2, high=3.0)
    stiffness[[0, 7, D - 2]] = np.inf
    return stiffness


def given(values, seed=76_000):
    """A potential ½W·HW whose Hessian has the eigenvalues `values`, in a skew basis."""
    Q = np.linalg.qr(twins.uniforms(seed, len(values), len(values)))[0]
    return Quadric((Q * values) @ Q.T)


class Quadric:
    """½W·HW for a given matrix; counts the actions of H."""

    def __init__(self, H):
        self.H, self.size, self.actions = (H + H.T) / 2, len(H), 0

    def differential(self, W):
        return W @ self.H @ W / 2, self.H @ W

    def hessian(self, W):
        operator = aslinearoperator(self.H)
        return Counting(self, operator.shape, operator.dtype)


class Counting(type(aslinearoperator(np.eye(1)))):
    """The matrix of a Quadric, its actions counted."""

    def __init__(self, owner, shape, dtype):
        super().__init__(owner.H)
        self.owner = owner

    def _matmat(self, X):
        self.owner.actions += X.shape[1]
        return self.owner.H @ X


def in_metric(H, metric):
    """g^{-1/2} H g^{-1/2} on the free components."""
    if metric is None:
        return H
    root = np.sqrt(metric.sharp(np.ones(len(H))))
    return (root[:, None] * H * root)[np.ix_(root > 0, root > 0)]
