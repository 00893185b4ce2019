"""Where along the displacement that was taken the promise is lost."""

from dataclasses import dataclass

import numpy as np

from ..._errors import FlownetError, shown
from ...model._check import is_real

_RATIO = 1.1  # of one point of the search to the next
_POINTS = 150  # at most: six decades


@dataclass(frozen=True)
class Missed:
    """Smallest step along δ that misses its promise by a fraction of it, up or down.

    The loss is searched in steps of a tenth: it may leave its promise and come back in between.

    Attributes
    ----------
    fraction : float
    measured : float
        On the loss itself, in units of time; infinite where nothing was missed in the search.
    predicted : float
        On the Taylor polynomial of the breakdown.
    """

    fraction: float
    measured: float
    predicted: float

    def __str__(self):
        part = "half" if self.fraction == 0.5 else f"{100 * self.fraction:.3g} %"
        return (
            f"{part} of the promise is missed from a step of {self.measured:.4g} on; the "
            f"Taylor terms say {self.predicted:.4g}"
        )


def crossing(step, first, term, floors, power):
    """Step at which a term of order power + 1 reaches the first, with the term's sign.

    Infinite where the term is noise, NaN where the first is.
    """
    if abs(term) <= floors[1] or np.isnan(term):
        return np.nan if np.isnan(term) else np.inf
    if abs(first) <= floors[0]:
        return np.nan
    return float(step * np.copysign(abs(first / term) ** (1 / power), term))


def missed(b, fraction=0.5):
    """`Missed` of a breakdown: |L(W+sδ) − L(W) − s·dL(δ)| reaches fraction·s|dL(δ)|."""
    if not (is_real(fraction) and fraction > 0):
        raise FlownetError(f"fraction is {shown(fraction)}; it has to be a number above 0.")
    if abs(b.linear) <= b.noise["linear"]:
        return Missed(fraction, np.nan, np.nan)
    predicted = _on_polynomial(b.terms, fraction)
    return Missed(fraction, b.step * _on_loss(b, fraction, predicted), b.step * predicted)


def _on_polynomial(terms, fraction):
    """Smallest s > 0 with |Σ_{k≥2} c_k s^{k−1}| = fraction·|c_1|."""
    roots = np.concatenate(
        [np.roots([*terms[:1:-1], sign * fraction * terms[1]]) for sign in (1, -1)]
    )
    real = roots.real[(np.abs(roots.imag) <= 1e-10 * np.abs(roots)) & (roots.real > 0)]
    return float(real.min(initial=np.inf))


def _on_loss(b, fraction, predicted):
    """Smallest s found on the loss: a search upwards from a sixteenth of what is predicted."""
    from scipy.optimize import brentq  # takes a tenth of a second

    def apart(s):
        with np.errstate(all="ignore"):
            gap = abs(b.curve(s) - s * b.linear) / (s * abs(b.linear)) - fraction
        return gap if np.isfinite(gap) else np.inf

    floor = b.noise["actual"] / abs(fraction * b.linear)  # below this s a miss is rounding
    s = predicted / 16 if np.isfinite(predicted) else 1 / 16
    while apart(s) >= 0 and s > floor:
        s /= 4
    if s <= floor and apart(s) >= 0:
        return np.nan
    for _ in range(_POINTS):
        low, s = s, s * _RATIO
        gap = apart(s)
        if gap >= 0:
            return (
                _halved(apart, low, s)
                if np.isinf(gap)
                else brentq(apart, low, s, xtol=1e-14 * s, rtol=1e-14)
            )
    return np.inf


def _halved(apart, low, high):
    """Edge of where the loss is a number, or an earlier crossing."""
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if apart(middle) >= 0 else (middle, high)
    return high


def curve(b, s):
    """L(W + sδ) − L(W) at one s or at many."""
    taken = b.taken
    found = [taken.delivered(one * taken.delta) for one in np.ravel(s)]
    return found[0] if np.ndim(s) == 0 else np.reshape(found, np.shape(s))
