"""How many directions bend down, how many are flat, how many bend up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..._errors import FlownetError, shown
from ..._origin import Made, with_origin
from ...model._check import is_real
from ._applied import metric_hessian
from ._density import density_of, standard_error

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..._types import MetricLike
    from ...model.potential import AnyPotential

EXACT = 2500  # free parameters up to which the matrix is made, for these counts alone

_TOL = 1e-10  # |λ| of a flat direction, relative to the largest, where the spectrum is known
_BLOCK = 256  # columns of the matrix made at a time
_ROUNDING = 1e3 * np.finfo(np.float64).eps  # a gradient that is nothing but rounding


@dataclass(frozen=True)
class Inertia(Made):
    """Numbers of negative, flat and positive directions of a Hessian in the metric.

    Attributes
    ----------
    negative, zero, positive : int, or float where they are estimates
    error : tuple of 3 floats
        0 for an exact count.
    threshold : float
        |λ| up to which a direction counts as flat.
    """

    negative: float
    zero: float
    positive: float
    error: tuple = (0.0, 0.0, 0.0)
    threshold: float = 0.0

    @property
    def exact(self) -> bool:
        """Whether these are counts of eigenvalues, not estimates."""
        return not any(self.error)


@with_origin
def inertia(
    potential: AnyPotential,
    W: ArrayLike,
    *,
    metric: MetricLike | None = None,
    tol: float | None = None,
    probes: int = 16,
    steps: int = 128,
    seed: int = 0,
) -> Inertia:
    """Numbers of directions along which a potential bends down, is flat, or bends up at W.

    Anywhere, critical point or not; which directions bend down does not depend on the metric's
    finite part (Sylvester), only the width of "flat" does. Up to 2500 free parameters the matrix is
    made and its eigenvalues are counted; beyond, the counts come from the spectral density.

    Parameters
    ----------
    potential : Potential, or any with `.hessian(W)`
    W : array (D,)
    metric : LayerMetric or DiagonalMetric, optional
    tol : float, optional
        |λ| ≤ tol·max|λ| counts as flat; by default 1e-10 for exact counts, and 2/steps, the
        spacing of a Gauss rule's nodes, for estimates.
    probes, steps, seed : int
        Of the density, as in `spectral_density`.

    Returns
    -------
    Inertia
        An estimate's `error` is the standard error over the probes, and half the interval that
        the Gauss rules leave open (Chebyshev-Markov-Stieltjes).

    Raises
    ------
    FlownetError
        Unless W and the metric have the potential's D parameters, and `tol` is from 0 to below 1.
    """
    _check_tol(0 if tol is None else tol)
    operator = metric_hessian(potential, W, metric)
    if operator.shape[0] <= EXACT:
        return _count(np.linalg.eigvalsh(matrix(operator)), _TOL if tol is None else tol)
    return estimate(operator, 2 / steps if tol is None else tol, probes, steps, seed)


def index(
    potential: AnyPotential, W: ArrayLike, *, metric: MetricLike | None = None, tol: float = 1e-6
) -> int:
    """Index of a critical point: its number of negative directions.

    With λ_i the eigenvalues and p_i the components of g^{-1/2}dL on their directions, W counts as
    critical when its gradient is small and Newton's equation can be solved for it nearby:

    1. ‖p‖ ≤ tol·(max|λ|·‖g^{1/2}W‖ + √(2·max|λ|·|L|)), free of units;
    2. the part of p in the flat directions, |λ| ≤ tol·max|λ|, which is what Newton's step −p_i/λ_i
       leaves of the gradient, is less than half of it, and that step is shorter than √tol of the
       length ‖g^{1/2}W‖ + √(2|L|/max|λ|).

    Without the second a merely gradient-flat point, its gradient (nearly) in the kernel of the
    Hessian, would pass for a critical one (Frye et al. 2003.10397). A gradient of the size of
    rounding errors is none. Flat directions do not count: at a distance of tol from the critical
    point nothing can be said of their sign.

    Parameters
    ----------
    potential : Potential, or any with `.hessian(W)`
    W : array (D,)
    metric : LayerMetric or DiagonalMetric, optional
    tol : float

    Returns
    -------
    int

    Raises
    ------
    FlownetError
        When W is not a critical point, or has more than 2500 free parameters: `inertia` counts
        the negative directions anywhere.
    """
    _check_tol(tol)
    operator = metric_hessian(potential, W, metric)
    if operator.shape[0] > EXACT:
        raise FlownetError(
            f"an index is a count of eigenvalues: of up to {EXACT} free parameters, "
            f"not {operator.shape[0]}; inertia estimates their numbers."
        )
    values, U = np.linalg.eigh(matrix(operator))
    loss, dL = operator.potential.differential(operator.W)
    _check_critical(
        values,
        U.T @ operator.covector(dL),
        abs(loss),
        np.linalg.norm(operator.coordinates(operator.W)),
        tol,
    )
    return _count(values, tol).negative


def _check_tol(tol):
    if not (is_real(tol) and 0 <= tol < 1):
        raise FlownetError(f"tol is {shown(tol)}; it has to lie between 0 and 1.")


def _check_critical(values, p, loss, length, tol):
    """Refuse a point whose gradient is not small, or lies where there is no curvature."""
    radius, size = np.abs(values).max(), np.linalg.norm(p)
    natural = radius * length + np.sqrt(2 * radius * loss)
    if size > tol * natural:
        raise FlownetError(
            f"an index belongs to a critical point; here ‖dL‖ is {size:.3g}, and "
            f"a critical point of this curvature and loss would have less than "
            f"{tol * natural:.1e}. inertia counts anywhere."
        )
    if size <= _ROUNDING * natural:
        return
    flat = np.abs(values) <= tol * radius
    left = np.linalg.norm(p[flat]) / size
    step = np.linalg.norm(p[~flat] / values[~flat])
    reach = np.sqrt(tol) * natural / radius
    if left > 0.5 or step > reach:
        raise FlownetError(
            f"an index belongs to a critical point; here ‖dL‖ = {size:.3g} is small "
            f"but merely gradient-flat: Newton's step, {step:.3g} long (at most "
            f"{reach:.3g}), leaves {100 * left:.0f} % of it. inertia counts "
            "anywhere."
        )


def matrix(operator):
    """The (F, F) matrix of a symmetric operator: the one place where a Hessian is stored."""
    n = operator.shape[0]
    H = np.empty((n, n))
    for first in range(0, n, _BLOCK):
        columns = np.zeros((n, min(_BLOCK, n - first)))
        columns[range(first, first + columns.shape[1]), range(columns.shape[1])] = 1.0
        H[:, first : first + _BLOCK] = operator.matmat(columns)
    return (H + H.T) / 2


def _count(values, tol):
    threshold = tol * np.abs(values).max()
    negative, positive = (int(np.sum(side > threshold)) for side in (-values, values))
    return Inertia(
        negative, len(values) - negative - positive, positive, threshold=float(threshold)
    )


def estimate(operator, tol, probes, steps, seed):
    """Inertia of a symmetric operator from its spectral density."""
    spectrum = density_of(operator, probes, steps, seed)
    threshold = float(tol * np.abs(spectrum.nodes).max())
    below, open_below = _mass_below(spectrum, -threshold)
    upto, open_upto = _mass_below(spectrum, threshold)
    shares = np.array([below, upto - below, 1 - upto])
    opened = np.array([open_below, open_below + open_upto, open_upto])
    error = [standard_error(share) + half.mean() for share, half in zip(shares, opened)]
    negative, zero, positive = spectrum.size * shares.mean(axis=1)
    return Inertia(
        float(negative),
        float(zero),
        float(positive),
        tuple(float(spectrum.size * e) for e in error),
        threshold,
    )


def _mass_below(spectrum, t):
    """Mass of each probe's measure below t (probes,), and half the interval that is left open.

    With C_i the sum of the weights up to node θ_i, and θ_i < t ≤ θ_{i+1}, the mass lies between
    C_{i−1} and C_{i+1}.
    """
    at = (spectrum.nodes < t).sum(axis=1)
    rows, columns = np.arange(len(at)), spectrum.weights.shape[1]
    C = np.concatenate([np.zeros((len(at), 1)), np.cumsum(spectrum.weights, axis=1)], axis=1)
    half = (C[rows, np.minimum(at + 1, columns)] - C[rows, np.maximum(at - 1, 0)]) / 2
    return C[rows, at], np.where(spectrum.exact, 0.0, half)
