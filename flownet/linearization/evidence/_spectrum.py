"""Sums of a function over the curvatures of a likelihood: exact, or in a certified bracket."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ...geometry.curvature import MetricHessian, matrix, rademacher, standard_error, tridiagonal

EXACT = 4000  # rows up to which a matrix of curvature is stored
_BELOW = 4 * np.finfo(np.float64).eps  # of the largest: how far below 0 rounding may put a 0


class Sum(NamedTuple):
    """Σ f(h): its value, bounds of it for the probes taken, and the probes' standard error."""

    value: float
    low: float
    high: float
    error: float


@dataclass(frozen=True)
class Spectrum:
    """Curvatures h̄ of m·L: eigenvalues, or for each probe a Gauss and a Gauss–Radau rule of them.

    Attributes
    ----------
    size : int
        F, how many there are; those that are not listed are 0.
    values : ndarray or None
        Those that are known exactly, ascending.
    gauss, radau : list of (nodes, weights)
        One rule for each probe; weights have the sum F.
    """

    size: int
    values: np.ndarray | None
    gauss: tuple = ()
    radau: tuple = ()

    @property
    def least(self):
        """The least of all curvatures that is known."""
        if self.values is None:
            return min(float(nodes.min()) for nodes, _ in self.gauss)
        fewer = len(self.values) < self.size
        return float(min(self.values.min(), 0.0 if fewer else np.inf))

    def sum(self, f):
        """Σ f(h̄) over all F, of an f whose odd derivatives are positive and even ones negative.

        Gauss's rule is an upper bound then, and Radau's, whose first node is at the lower end of
        the spectrum, a lower one (Golub & Meurant 2010, §6): log(1+h) and h/(h+1) are such.
        """
        if self.values is not None:
            total = float(f(self.values).sum() + (self.size - len(self.values)) * f(np.zeros(1))[0])
            return Sum(total, total, total, 0.0)
        high, low = (
            np.array([weights @ f(nodes) for nodes, weights in rules])
            for rules in (self.gauss, self.radau)
        )
        low, high = np.minimum(low, high), np.maximum(low, high)  # rounding may exchange them
        middle = (low + high) / 2
        return Sum(
            float(middle.mean()), float(low.mean()), float(high.mean()), standard_error(middle)
        )


class MetricGaussNewton(MetricHessian):
    """Gauss–Newton in the orthonormal coordinates of a metric, on what may move."""

    def __init__(self, potential, W, metric=None):
        super().__init__(potential, W, metric)
        self.hessian = self.potential.gauss_newton(self.W)


def exact_hessian(potential, W, metric, samples):
    """The spectrum of m·H; None of too many parameters."""
    operator = MetricHessian(potential, W, metric)
    n = operator.shape[0]
    return Spectrum(n, samples * np.linalg.eigvalsh(matrix(operator))) if n <= EXACT else None


def gauss_newton(potential, W, metric, samples, probes, steps, seed):
    """The spectrum of m·F: by its dual or itself where either is small, else by probes."""
    operator = MetricGaussNewton(potential, W, metric)
    n, dual = operator.shape[0], operator.hessian.outputs
    if metric is None and dual.m * dual.count <= min(n, EXACT):
        values = operator.hessian.eigenvalues()[::-1]
        return Spectrum(n, samples * np.maximum(values, 0.0))
    if n <= EXACT:
        values = np.linalg.eigvalsh(matrix(operator))
        return Spectrum(n, samples * np.maximum(values, 0.0))  # rounding alone is below 0
    rules = [_rules(operator, seed, k, steps, samples) for k in range(probes)]
    gauss, radau = zip(*rules)
    return Spectrum(n, None, gauss, radau)


def _rules(operator, seed, k, steps, samples):
    """Gauss's and Radau's rule of one probe of signs."""
    n = operator.shape[0]
    T, _, beta, exact = tridiagonal(operator, rademacher(seed, k, n) / np.sqrt(n), steps)
    nodes, weights = _rule(T, n, samples)
    gauss = np.maximum(nodes, 0.0), weights
    return gauss, (gauss if exact else _rule(_with_node_below(T, beta), n, samples))


def _with_node_below(T, beta):
    """T (k, k) with a row more, so that its least eigenvalue is at the lower end of the spectrum.

    That is 0, and as far below it as rounding may have put a curvature (Golub 1973). The last pivot
    of T − end, which is positive, is all that its new corner wants.
    """
    k = len(T)
    end = -_BELOW * np.abs(T).max()
    pivot = T[0, 0] - end
    for j in range(1, k):
        pivot = T[j, j] - end - T[j, j - 1] ** 2 / pivot
    grown = np.zeros((k + 1, k + 1))
    grown[:k, :k] = T
    grown[k, k - 1] = grown[k - 1, k] = beta
    grown[k, k] = end + beta**2 / pivot
    return grown


def _rule(T, n, samples):
    nodes, S = np.linalg.eigh(T)
    return samples * nodes, n * S[0] ** 2
