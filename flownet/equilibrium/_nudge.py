"""How strong the nudge is: a number, or what keeps the bias of the estimate at a share of dL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .._errors import FlownetError, shown
from ..model import _check
from ._jets import nudge_jet

if TYPE_CHECKING:
    from .._types import Vector
    from ._estimators import Difference, Estimator
    from ._phases import At

_BIAS = "bias:"
_MOST = 16  # powers of the nudge among which the first one of a bias is looked for
_INSIDE = 0.2  # of the radius of convergence, beyond which a leading power says nothing


class Constant:
    """A nudge that is a number."""

    def __init__(self, value: float) -> None:
        self.said: float | str = value
        self._value = value

    def at(self, at: At, estimator: Estimator) -> float:
        """The nudge at a state: always the same."""
        return self._value


class OfBias:
    """The nudge at which the leading power of the bias is a share of dL, ‖c·β^p‖ = share·‖dL‖.

    The coefficient comes from the free state by a few linear solves, without trying nudges; the
    nudge stays within a fifth of the radius in which its powers converge.
    """

    def __init__(self, share: float) -> None:
        self.said = f"{_BIAS}{share:g}"
        self._share = share

    def at(self, at: At, estimator: Estimator) -> float:
        """The nudge at the W and the samples of a state."""
        power = leading_power(estimator, at.W)
        sizes = np.array([np.linalg.norm(g) for g in nudge_jet(at, power + 2)])
        if not sizes[0] > 0 or not sizes[power] > 0:
            return 1.0 if sizes[0] > 0 else self._share
        factor = abs(coefficient(estimator.differences(1.0, at.W), power + 1))
        nudge = (self._share * sizes[0] / (factor * sizes[power])) ** (1 / power)
        radius = sizes[power] / sizes[power + 1] if sizes[power + 1] > 0 else np.inf
        return float(min(nudge, _INSIDE * radius))


def nudge_of(given: Any) -> Constant | OfBias:
    """A nudge of a number or of words such as "bias:0.01"."""
    if isinstance(given, str) and given.startswith(_BIAS):
        try:
            share = float(given.removeprefix(_BIAS))
        except ValueError:
            share = np.nan
        if not 0 < share < 1:
            raise FlownetError(f"nudge is {given!r}; the share has to lie between 0 and 1.")
        return OfBias(share)
    if not _check.is_real(given) or given == 0:
        raise FlownetError(
            f'nudge is {shown(given)}; it has to be a number other than 0, or "bias:0.01".'
        )
    return Constant(float(given))


def coefficient(differences: list[Difference], k: int) -> float:
    """What the differences of an estimate take of the covector's k-th coefficient in the nudge."""
    return sum((of.coefficient * (of.plus**k - of.minus**k)).real for of in differences)


def bias_of(differences: list[Difference], g: Vector) -> Vector:
    """What an estimate adds to dL, by powers of the nudge (K−1, D), from coefficients g (K, D)."""
    taken = [coefficient(differences, k) for k in range(2, len(g) + 1)]
    return np.array(taken, np.float64)[:, None] * g[1:]


def leading_power(estimator: Estimator, W: Vector) -> int:
    """The first power of the nudge that an estimate's bias has: its order."""
    made = estimator.differences(1.0, W)
    for k in range(2, _MOST + 2):
        if abs(coefficient(made, k)) > 1e-9:
            return k - 1
    return _MOST
