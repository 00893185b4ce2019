"""What a finite nudge adds to the first order of a step, order by order in the nudge.

A step δ = −h·g^♯(dL + bias) of an estimate promises −h‖dL‖² by the covector itself, and each order
of the bias adds −h⟨dL, g^♯bias_k⟩: all together are dL(δ). The bias comes from the coefficients of
∂E/∂W in the nudge, without differencing: `Equilibrium.nudge_jet`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..._table import Table, Tabled, signed, signed_percent
from ..step import offered

_ORDER = 8  # of the nudge
_CLOSE = 1e-6  # relative to δ: a displacement that is the step of the estimate itself


@dataclass(frozen=True, repr=False)
class NudgeSplit(Tabled):
    """First order of a step along an estimate: `linear = descent + Σ bias + left`.

    Attributes
    ----------
    linear : float
        dL(δ), by the covector itself.
    descent : float
        −h‖dL‖², what a step along dL itself promises; NaN where δ is no descent of the estimate.
    bias : ndarray (K−1,)
        What the bias adds, by powers β, β², … of the nudge.
    left : float
        What is beyond these: higher powers, kinks, and relaxations that did not arrive.
    averaged : float
        d̂(δ), what the estimate d̂ itself promises: first order on the averaged cost L̄, of which
        it is the exact differential, and where it has no bias.
    """

    linear: float
    descent: float
    bias: np.ndarray
    left: float
    averaged: float

    @property
    def share(self) -> float:
        """The bias, left and all, beside the promise of dL itself."""
        return (float(self.bias.sum()) + self.left) / abs(self.descent)

    def table(self) -> Table:
        """Both readings, as a `Table`."""
        powers = [f"bias, power {k} of the nudge" for k in range(1, len(self.bias) + 1)]
        some = [i for i, value in enumerate(self.bias) if value]
        names = ["promised by dL itself", *(powers[i] for i in some), "bias beyond", "first order"]
        values = [self.descent, *(self.bias[i] for i in some), self.left, self.linear]
        return Table(
            "first order, by what the nudge makes of it",
            {
                "term": (str, names),
                "value": (signed, values),
                "of the promise": (signed_percent, [v / abs(self.descent) for v in values]),
            },
            [
                f"On the averaged cost, where the estimate has no bias, the promise is "
                f"{signed(self.averaged)}."
            ],
        )


def by_nudge(b, *, order=_ORDER):
    """`NudgeSplit` of a breakdown of a step along an estimate from finite nudges."""
    taken = b.taken
    potential, metric = taken.potential, taken.metric
    offered(potential, "nudge_jet")
    estimate = potential.differential(taken.W)[1]
    parts = potential.bias(taken.W, order)
    dL = potential.exact(taken.W)[1]
    left = estimate - dL - parts.sum(axis=0)
    descent = -b.step * metric.sharp(estimate)
    size = np.linalg.norm(descent)
    if not np.linalg.norm(taken.delta - descent) <= _CLOSE * size:
        nothing = np.full(len(parts), np.nan)
        return NudgeSplit(b.linear, np.nan, nothing, np.nan, float(estimate @ taken.delta))
    along = -b.step * metric.sharp(dL)
    return NudgeSplit(
        linear=b.linear,
        descent=float(dL @ along),
        bias=parts @ along,
        left=float(left @ along),
        averaged=float(estimate @ taken.delta),
    )
