"""The search for a critical point of any index: Levenberg and Marquardt's steps on ½‖dL‖²."""

from dataclasses import dataclass

import numpy as np

from ...geometry.curvature import matrix, metric_hessian

_FIRST, _DOWN, _UP = 1e-3, 0.2, 4.0  # damping of a step, relative to λ², and how it changes
_LEAST, _MOST = 1e-16, 1e8  # between which it stays: beyond, no step is left
_TRAIL, _STALLS = 6, 0.99  # in so many steps a gradient falls below this share, or stands still
_EPS = np.finfo(np.float64).eps


@dataclass(frozen=True)
class Found:
    """Where a search ended.

    Attributes
    ----------
    W : ndarray (D,)
    loss, gradient : float
    radius : float
        The largest |λ| met on the way.
    natural : float
        What ‖dL‖ is compared with, radius·‖W‖ + √(2·radius·|L|).
    values : ndarray (F,)
        Curvatures in the metric, ascending.
    flatness : float
        ‖H dL‖/(radius·‖dL‖): 0 where the whole of dL lies in flat directions.
    """

    W: np.ndarray
    loss: float
    gradient: float
    radius: float
    natural: float
    values: np.ndarray
    flatness: float


class _Place:
    """Parameters with their curvatures λ, the directions U of these, and dL along them."""

    def __init__(self, potential, W, metric):
        self.operator = metric_hessian(potential, W, metric)
        H = matrix(self.operator)
        self.values, self.U = np.linalg.eigh(H)
        self.p = self.U.T @ self.operator.covector(self.operator.hessian.dL)
        self.gradient = float(np.linalg.norm(self.p))
        self.radius = np.abs(self.values).max()

    @property
    def W(self):
        return self.operator.W

    def natural(self, radius):
        length = np.linalg.norm(self.operator.coordinates(self.W))
        size = radius * length + np.sqrt(2 * radius * abs(self.operator.hessian.loss))
        return float(max(size, np.finfo(np.float64).tiny))

    def flatness(self, radius):
        size = radius * self.gradient
        return float(np.linalg.norm(self.values * self.p) / size) if size > 0 else 0.0


def search(potential, W, metric, rtol, flat, steps):
    """`Found` from W: where ‖dL‖ ≤ rtol·natural, where it is stationary, or after so many steps.

    δ = −(H² + μ)^{-1}H dL lowers ½‖dL‖² for μ large enough, at maxima and saddles alike; μ shrinks
    while it does and grows until it does. What is critical is polished until rounding stops it. The
    spectrum of H is made at each place, so this is for small D.
    """
    here, mu, radius = _Place(potential, W, metric), _FIRST, 0.0
    sizes = [here.gradient]
    for step in range(steps + 1):
        radius = max(radius, here.radius)
        natural = here.natural(radius)
        if here.gradient <= 4 * _EPS * natural:
            break
        stalls = step >= _TRAIL and sizes[-1] > _STALLS * sizes[step - _TRAIL]
        if here.gradient > rtol * natural and stalls and here.flatness(radius) <= flat:
            break
        if step == steps:
            break
        there, mu = _lower(potential, metric, here, mu)
        if there is None:
            break
        sizes.append(there.gradient)
        here = there
    radius = max(radius, here.radius)
    operator = here.operator
    return Found(
        operator.reals.back(here.W),
        float(operator.hessian.loss),
        here.gradient,
        float(radius),
        here.natural(radius),
        here.values,
        here.flatness(radius),
    )


def _lower(potential, metric, here, mu):
    """The next place, where ‖dL‖ is smaller, and the damping after it; None where no step is."""
    while mu <= _MOST:
        damping = mu * max(here.radius, np.finfo(np.float64).tiny ** 0.25) ** 2
        x = -here.U @ (here.values * here.p / (here.values**2 + damping))
        W = here.W + here.operator.displacement(x)
        _, dL = here.operator.potential.differential(W)
        size = np.linalg.norm(here.operator.covector(dL))
        if size < here.gradient:
            W = here.operator.reals.back(W)
            return _Place(potential, W, metric), max(_LEAST, mu * _DOWN)
        mu *= _UP
    return None, mu
