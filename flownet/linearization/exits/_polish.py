"""Newton's method near a critical point, by Hessian actions alone: nothing is inverted."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ...geometry.curvature import metric_hessian

_MOST = 100  # Newton steps; of a degenerate minimum each takes only a share of the gradient away
_HALVINGS = 6
_EPS = np.finfo(np.float64).eps
_TRAIL = 6  # steps by which a way to infinity is told from the last ones before a minimum
_STEADY = 0.93  # of the step before: (n−2)/(n−1) where L ~ Wⁿ, 1 where L falls exponentially
_FALLS = 0.6  # of ‖dL‖ before the step: 1/e where L falls exponentially, up to 1/2 for powers


@dataclass(frozen=True)
class Polished:
    """Parameters W (D,), the Hessian and p = g^{-1/2}dL there, the Newton steps that led to it.

    `sizes` are ‖p‖ before the first step and after each, `lengths` those of the steps.
    """

    W: np.ndarray
    operator: object
    p: np.ndarray
    sizes: tuple
    lengths: tuple

    @property
    def gradient(self):
        """‖g^{-1/2}dL‖ at W."""
        return self.sizes[-1]

    @property
    def steps(self):
        """How many steps it took."""
        return len(self.lengths)


def polish(potential, W, metric, radius):
    """Newton's steps W ← W + x, Hx = −dL, until ‖dL‖ is rounding or falls no more.

    Each step is halved until ‖dL‖ falls, so that minima and saddles are reached alike. `radius`
    is max|λ| where it begins.
    """
    operator = metric_hessian(potential, W, metric)
    p = operator.covector(operator.hessian.dL)
    reached = Polished(operator.W, operator, p, (float(np.linalg.norm(p)),), ())
    for _ in range(_MOST):
        if reached.gradient <= rounding(reached.operator, radius):
            break
        nearer = _step(potential, reached, metric)
        if nearer is None:
            break
        reached = nearer
        first, (before, size) = reached.sizes[0], reached.sizes[-2:]
        if size <= _EPS * first and size > 0.05 * before:  # degenerate: it would go on for ever
            break
    return reached


def endless(potential, reached, metric):
    """Whether Newton's steps would go on for ever from where a polish ended.

    Before a minimum they shrink. Where L only falls to an infimum at infinity, each is about as
    long as the one before, and takes its share of ‖dL‖ away. A polish that took few steps is
    continued for this.
    """
    while len(reached.lengths) < _TRAIL:
        reached = _step(potential, reached, metric)
        if reached is None:
            return False
    lengths, sizes = reached.lengths[-_TRAIL:], reached.sizes[-_TRAIL:]
    steady = [after >= _STEADY * before for before, after in pairwise(lengths)]
    falls = [after <= _FALLS * before for before, after in pairwise(sizes)]
    return sum(steady) >= len(steady) - 1 and sum(falls) >= len(falls) - 1  # the last may be noise


def _step(potential, reached, metric):
    """One Newton step further, or None where ‖dL‖ falls no more."""
    operator, size = reached.operator, reached.gradient
    if size == 0:
        return None
    rtol = np.clip(size / reached.sizes[0], 1e-6, 1e-2)
    x = conjugate_residuals(operator.matvec, -reached.p, rtol)
    for _ in range(_HALVINGS):
        W = operator.W + operator.displacement(x)
        _, dL = potential.differential(W)
        p = operator.covector(dL)
        if np.linalg.norm(p) < size:
            there = metric_hessian(potential, W, metric)
            sizes = (*reached.sizes, float(np.linalg.norm(p)))
            return Polished(there.W, there, p, sizes, (*reached.lengths, float(np.linalg.norm(x))))
        x = x / 2
    return None


def rounding(operator, radius):
    """‖dL‖ that rounding alone makes: ε·(max|λ|·‖g^{1/2}W‖ + √(2 max|λ|·|L|))."""
    length = np.linalg.norm(operator.coordinates(operator.W))
    return _EPS * (radius * length + np.sqrt(2 * radius * abs(operator.hessian.loss)))


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
