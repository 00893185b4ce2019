"""Sums of a function over the curvatures of a likelihood: exact, or in a certified bracket."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ...geometry.curvature import (
    NoSpectrum,
    eigenpairs,
    matrix,
    rademacher,
    standard_error,
    tridiagonal,
)
from ...geometry.curvature._metric_hessian import MetricHessian

EXACT = 4000  # rows up to which a matrix of curvature is stored
_BELOW = 4 * np.finfo(np.float64).eps  # of the largest: how far below its end rounding may put one
_RTOL = 1e-8  # of the least curvature of a Hessian


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
    end : float
        Where there are rules: below all curvatures.
    """

    size: int
    values: np.ndarray | None
    gauss: tuple = ()
    radau: tuple = ()
    end: float = 0.0

    @property
    def least(self):
        """The least of all curvatures, or what is known to be below it."""
        if self.values is None:
            return self.end
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


def hessian(potential, W, metric, samples, probes, steps, seed):
    """The spectrum of m·H: by itself, or of too many parameters by probes.

    Radau's node is then at the least curvature less its residual, or below it where a probe has
    seen less. None where the search for it does not converge.
    """
    operator = MetricHessian(potential, W, metric)
    n = operator.shape[0]
    if n <= EXACT:
        return Spectrum(n, samples * np.linalg.eigvalsh(matrix(operator)))
    try:
        pair = eigenpairs(potential, W, metric=metric, which="smallest", rtol=_RTOL)
    except NoSpectrum:
        return None
    seen = list(_seen(operator, probes, steps, seed))
    ritz = [np.linalg.eigvalsh(T)[0] for T, *_ in seen]
    return _by_rules(n, seen, samples, float(min(pair.values[0] - pair.residuals[0], *ritz)))


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
    return _by_rules(n, _seen(operator, probes, steps, seed), samples, 0.0)


def _seen(operator, probes, steps, seed):
    """Lanczos' matrix from each probe of signs, what is left of it, and whether that is nothing."""
    n = operator.shape[0]
    for k in range(probes):
        T, _, beta, exact = tridiagonal(operator, rademacher(seed, k, n) / np.sqrt(n), steps)
        yield T, beta, exact


def _by_rules(n, seen, samples, end):
    """`Spectrum` by Gauss's and Radau's rules of a spectrum that is not below `end`."""
    gauss, radau = [], []
    for T, beta, exact in seen:
        nodes, weights = _rule(T, n, samples)
        gauss.append((np.maximum(nodes, samples * end), weights))
        radau.append(gauss[-1] if exact else _rule(_with_node_below(T, beta, end), n, samples))
    return Spectrum(n, None, tuple(gauss), tuple(radau), samples * end)


def _with_node_below(T, beta, end):
    """T (k, k) with a row more, so that its least eigenvalue is at the lower end of the spectrum.

    And as far below it as rounding may have put a curvature (Golub 1973). The last pivot of
    T − end, which is positive, is all that its new corner wants.
    """
    k = len(T)
    end = end - _BELOW * np.abs(T).max()
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
