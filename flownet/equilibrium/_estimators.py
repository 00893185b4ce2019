"""Estimators of the covector: which nudges a system is relaxed at, and how their states combine.

An estimate is Σ_k c_k·(∂E/∂W(s at β_k⁺) − ∂E/∂W(s at β_k⁻)) over a few differences.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from xxhash import xxh3_64_intdigest

from .._errors import FlownetError
from .._registry import Named, build, kind
from .._types import Count, Vector, Whole

if TYPE_CHECKING:
    from ._energy import System
    from ._phases import At


class Difference(NamedTuple):
    """c·(∂E/∂W at the nudge `plus` − ∂E/∂W at the nudge `minus`)."""

    coefficient: complex
    plus: complex
    minus: complex


class Estimator(Named, ABC):
    """How an estimate of dL is made of states at finite nudges."""

    analytic = False  # whether nudges are complex
    thermal = False  # whether it is one of fluctuations alone, without a nudge

    def check(self, system: System, force: str) -> None:
        """Refuse a system or a force that the estimate does not allow."""
        if self.analytic and not system.analytic:
            raise FlownetError(
                f"{self!r} wants complex states, and {system!r} has units with bounds or kinks, "
                "which have none: take 'richardson', or tanh, sigmoid4 or identity."
            )

    def estimate(self, at: At, nudge: float) -> Vector:
        """The estimate (D,) at a W and some samples."""
        return at.difference(self.differences(nudge, at.W))

    @abstractmethod
    def differences(self, nudge: float, W: Vector) -> list[Difference]:
        """The differences that make up the estimate at a nudge β."""

    def parameters(self) -> dict[str, Any]:
        """What makes this estimator again."""
        return {}

    def __repr__(self):
        words = ", ".join(f"{name}={value}" for name, value in self.parameters().items())
        return f"{type(self).__name__}({words})"


@kind("estimator", "one-sided")
class OneSided(Estimator):
    """(∂E(β) − ∂E(0))/β, off by O(β): the differential of (1/β)∫₀^β C(s_b)db (SB17).

    One relaxation beyond the free one; the nudge may be negative.
    """

    def differences(self, nudge, W):
        """One, from the free state."""
        return [Difference(1 / nudge, nudge, 0.0)]


@kind("estimator", "random-sign")
class RandomSign(Estimator):
    """One-sided with a sign drawn anew at each W: in the mean as good as symmetric, and noisy.

    The sign is drawn from the parameters themselves and the seed, so that a run that is resumed
    draws the same.
    """

    def __init__(self, *, seed: Whole = 0) -> None:
        self.seed = seed

    def differences(self, nudge, W):
        """One, from the free state, to either side."""
        drawn = xxh3_64_intdigest(np.ascontiguousarray(W).tobytes(), self.seed) & 1
        signed = nudge if drawn else -nudge
        return [Difference(1 / signed, signed, 0.0)]

    def parameters(self):
        """What makes this estimator again."""
        return {"seed": self.seed}


@kind("estimator", "symmetric")
class Symmetric(Estimator):
    """(∂E(β) − ∂E(−β))/2β, off by O(β²): the differential of (1/2β)∫₋β^β C(s_b)db.

    Two relaxations beyond the free one (Laborieux et al., 2101.05536).
    """

    def differences(self, nudge, W):
        """One, from side to side."""
        return [Difference(1 / (2 * nudge), nudge, -nudge)]


@kind("estimator", "richardson")
class Richardson(Estimator):
    """(4·symmetric(β/2) − symmetric(β))/3, off by O(β⁴), in real arithmetic alone."""

    def differences(self, nudge, W):
        """Two, from side to side."""
        return [
            Difference(4 / (3 * nudge), nudge / 2, -nudge / 2),
            Difference(-1 / (6 * nudge), nudge, -nudge),
        ]


@kind("estimator", "contour")
class Contour(Estimator):
    """Re (1/N)Σ ∂E(β_k)/β_k at N nudges β_k = β·e^{2πik/N}, off by O(β^N) (2209.00530).

    For analytic energies alone: no unit may have a bound or a kink.

    Parameters
    ----------
    points : int
        N, two or more.
    """

    analytic = True

    def __init__(self, *, points: Count = 4) -> None:
        if points < 2:
            raise FlownetError(f"points is {points}; a contour has two or more.")
        self.points = points

    def differences(self, nudge, W):
        """Of nudges on the upper half of the circle: those below have conjugate states."""
        n, found = self.points, []
        for k in range(n // 2 + 1):
            own = 1.0 if k == 0 or 2 * k == n else 2.0
            at = nudge * np.exp(2j * np.pi * k / n)
            at = float(at.real) if own == 1.0 else complex(at)
            found.append(Difference(own / (n * at), at, 0.0))
        return found

    def parameters(self):
        """What makes this estimator again."""
        return {"points": self.points}


def estimator_of(given: Any) -> Estimator:
    """An estimator of its name, its table or itself."""
    if isinstance(given, Estimator):
        return given
    table = {"kind": given} if isinstance(given, str) else given
    if not isinstance(table, dict) or "kind" not in table:
        raise FlownetError(
            f"estimator is {given!r}; it has to be a name such as 'symmetric', a table with a "
            "kind, or an estimator."
        )
    return build("estimator", table)
