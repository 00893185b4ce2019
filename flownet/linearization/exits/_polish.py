"""Newton's method near a critical point, by Hessian actions alone: nothing is inverted."""

from dataclasses import dataclass

import numpy as np

from ...geometry.curvature import metric_hessian

_MOST = 100  # Newton steps; of a degenerate minimum each takes only a share of the gradient away
_HALVINGS = 6
_EPS = np.finfo(np.float64).eps


@dataclass(frozen=True)
class Polished:
    """Parameters W (D,), the Hessian there, ‖g^{-1/2}dL‖, and the Newton steps it took."""

    W: np.ndarray
    operator: object
    gradient: float
    steps: int


def polish(potential, W, metric, radius):
    """Newton's steps W ← W + x, Hx = −dL, until ‖dL‖ is rounding or falls no more.

    Each step is halved until ‖dL‖ falls, so that minima and saddles are reached alike. `radius`
    is max|λ| where it begins.
    """
    operator = metric_hessian(potential, W, metric)
    p = operator.covector(operator.hessian.dL)
    first = size = np.linalg.norm(p)
    for steps in range(_MOST):
        if size <= rounding(operator, radius):
            return Polished(operator.W, operator, float(size), steps)
        x = conjugate_residuals(operator.matvec, -p, np.clip(size / first, 1e-6, 1e-2))
        nearer = _nearer(potential, operator, metric, x, size)
        if nearer is None:
            return Polished(operator.W, operator, float(size), steps)
        (operator, p), before = nearer, size
        size = np.linalg.norm(p)
        if size <= _EPS * first and size > 0.05 * before:  # degenerate: it would go on for ever
            return Polished(operator.W, operator, float(size), steps + 1)
    return Polished(operator.W, operator, float(size), _MOST)


def rounding(operator, radius):
    """‖dL‖ that rounding alone makes: ε·(max|λ|·‖g^{1/2}W‖ + √(2 max|λ|·|L|))."""
    length = np.linalg.norm(operator.coordinates(operator.W))
    return _EPS * (radius * length + np.sqrt(2 * radius * abs(operator.hessian.loss)))


def _nearer(potential, operator, metric, x, size):
    """Hessian and covector at the longest of x, x/2, x/4, … that makes ‖dL‖ fall, or None."""
    for _ in range(_HALVINGS):
        W = operator.W + operator.displacement(x)
        _, dL = potential.differential(W)
        p = operator.covector(dL)
        if np.linalg.norm(p) < size:
            return metric_hessian(potential, W, metric), p
        x = x / 2
    return None


def conjugate_residuals(action, b, rtol):
    """x with ‖Hx − b‖ ≤ rtol·‖b‖, for a symmetric H that may be indefinite or have a kernel.

    Of all combinations of b, Hb, H²b, … the one that leaves the least (Stiefel 1955); what lies in
    the kernel stays.
    """
    x, r = np.zeros_like(b), b.copy()
    Hr = action(r)
    d, Hd, rHr = r.copy(), Hr.copy(), r @ Hr
    for _ in range(min(10 * len(b) + 20, 3000)):
        norm2 = Hd @ Hd
        if rHr == 0 or norm2 == 0:
            break
        a = rHr / norm2
        x, r = x + a * d, r - a * Hd
        if np.linalg.norm(r) <= rtol * np.linalg.norm(b):
            break
        Hr = action(r)
        rHr, before = r @ Hr, rHr
        d, Hd = r + rHr / before * d, Hr + rHr / before * Hd
    return x
