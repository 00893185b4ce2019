"""The spectral density of the Hessian in the metric, by stochastic Lanczos quadrature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..._encoding import printable
from ..._errors import FlownetError, shown
from ..._memory import refuse_too_large
from ..._origin import Made, with_origin
from ..._random import stream_key, words
from ...model._check import is_whole
from ._applied import metric_hessian
from ._lanczos import lanczos

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..._types import MetricLike, Vector
    from ...model.potential import AnyPotential

_AT_ONCE = 1 << 22  # numbers of a density's table of grid points by nodes


@dataclass(frozen=True)
class SpectralDensity(Made):
    """How the eigenvalues of a Hessian are spread: one Gauss rule a probe.

    The mean over probes of Σ w_i f(θ_i) estimates tr f(H)/F without bias for polynomials f up to
    degree 2·steps − 1, and its standard error is that of the probes.

    Attributes
    ----------
    nodes, weights : ndarray (probes, steps)
        A row a probe, weights of sum 1; a rule that ended early is filled up with weights 0.
    exact : ndarray (probes,)
        Whether a rule is all of its probe's measure.
    size : int
        F, the number of free parameters.
    """

    nodes: np.ndarray
    weights: np.ndarray
    exact: np.ndarray
    size: int

    def moment(self, k: int) -> tuple[float, float]:
        """Mean k-th power of the eigenvalues, tr H^k/F, and its standard error."""
        of_probe = (self.weights * self.nodes**k).sum(axis=1)
        return float(of_probe.mean()), standard_error(of_probe)

    @property
    def trace(self) -> float:
        """Σλ."""
        return self.size * self.moment(1)[0]

    @property
    def trace_error(self) -> float:
        """Standard error of the trace; nan for a single probe."""
        return self.size * self.moment(1)[1]

    def density(self, grid: ArrayLike, width: float) -> Vector:
        """Fraction of directions per unit of λ at the points of a grid, of integral 1.

        Parameters
        ----------
        grid : array (n,)
        width : float
            Standard deviation of the Gaussian that each node is spread over.

        Returns
        -------
        ndarray (n,)
        """
        if not (np.isfinite(width) and width > 0):
            raise FlownetError(f"width is {shown(width)}; it has to be a number above 0.")
        nodes, weights = self.nodes.ravel(), self.weights.ravel() / len(self.weights)
        grid = np.asarray(grid, np.float64)
        found = np.empty(grid.shape)
        stride = max(1, _AT_ONCE // nodes.size)
        for first in range(0, grid.size, stride):
            z = (grid[first : first + stride, None] - nodes) / width
            found[first : first + stride] = np.exp(-(z**2) / 2) @ weights
        return found / (np.sqrt(2 * np.pi) * width)

    def __repr__(self):
        probes, steps = self.nodes.shape
        return printable(
            f"SpectralDensity: {probes} probes of {steps} nodes from {self.nodes.min():.4g} to "
            f"{self.nodes.max():.4g}; trace {self.trace:.4g} ± {self.trace_error:.2g}"
        )


@with_origin
def spectral_density(
    potential: AnyPotential,
    W: ArrayLike,
    *,
    metric: MetricLike | None = None,
    probes: int = 8,
    steps: int = 64,
    seed: int = 0,
) -> SpectralDensity:
    """Density of the principal curvatures at W, in the metric, by stochastic Lanczos quadrature.

    Probes with entries ±1 (Rademacher, as in Hutchinson's trace), a Gauss rule of each (Ubaru,
    Chen & Saad 2017).

    Parameters
    ----------
    potential : Potential, or any with `.hessian(W)`
    W : array (D,)
    metric : LayerMetric or DiagonalMetric, optional
    probes, steps : int
        Vectors, and Hessian actions of each.
    seed : int
        Of the probes.

    Returns
    -------
    SpectralDensity

    Raises
    ------
    FlownetError
        Unless W and the metric have the potential's D parameters and `probes` and `steps` are whole
        numbers from 1 up.
    """
    for name, value in (("probes", probes), ("steps", steps)):
        if not is_whole(value, 1):
            raise FlownetError(f"{name} is {shown(value)}; it has to be a whole number from 1 up.")
    return density_of(metric_hessian(potential, W, metric), probes, steps, seed)


def density_of(operator, probes, steps, seed):
    """The spectral density of a symmetric operator (n, n)."""
    n = operator.shape[0]
    steps = min(steps, n)
    refuse_too_large(f"{probes} probes of {steps} steps", 16 * probes * steps)
    nodes, weights = np.empty((probes, steps)), np.zeros((probes, steps))
    exact = np.empty(probes, bool)
    for i in range(probes):
        rule = lanczos(operator, rademacher(seed, i, n), steps)
        found = len(rule.nodes)
        nodes[i, :found], weights[i, :found] = rule.nodes, rule.weights / n
        nodes[i, found:], exact[i] = rule.nodes[-1], rule.exact
    return SpectralDensity(nodes, weights, exact, n)


def rademacher(seed, counter, n):
    """Signs ±1 (n,), the top bit of each word of a stream."""
    return 1.0 - 2.0 * (words(seed, stream_key("probes", counter), n) >> np.uint64(63))


def standard_error(values):
    """Standard error of the mean of independent values; nan for one."""
    return float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else np.nan
