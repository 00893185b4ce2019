"""What `central_flow` returns: the path, its oscillation, and whether it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._table import Table, Tabled, short
from ._laws import law_of

_MOST_ROWS = 12
_LATE = 1.05  # times the edge: the flow does not hold it


@dataclass(frozen=True, eq=False)
class CentralFlow(Tabled):
    """A central flow: what a run does but for its oscillation, and how large that is.

    Attributes
    ----------
    iteration : ndarray (T,)
        Time in steps.
    parameters : ndarray (T, D)
        W, the middle of the run.
    square : ndarray (T, 1) or (T, D), or None
        ν, the remembered size of the force.
    loss, mean_loss : ndarray (T,)
        L(W), and L + ½⟨Σ, H⟩, the loss averaged over the oscillation.
    over_edge : ndarray (T,)
        λ_max(P⁻¹H)/2, which is 1 at the edge.
    variance : ndarray (T,)
        tr Σ, the mean of ‖δ‖² of the oscillation δ.
    directions : ndarray (T,)
        How many oscillate.
    multiplier : ndarray (T,)
        |μ| of the orbit W ± δ, the largest of its two-step map on the directions at the edge, on
        those which bend them, and on the memories that they heat: above 1 the orbit is unstable. Of
        several directions the largest over the signs of their parts of δ: an orbit where they do
        not see each other, and elsewhere a look at one moment. NaN where nothing oscillates, and
        where the curvature is still above the edge.
    mechanics : Mechanics
    """

    iteration: np.ndarray
    parameters: np.ndarray
    square: Any
    loss: np.ndarray
    mean_loss: np.ndarray
    over_edge: np.ndarray
    variance: np.ndarray
    directions: np.ndarray
    multiplier: np.ndarray
    mechanics: Any

    @property
    def lasts(self) -> float:
        """Steps 2/ln|μ| in which a departure from the least stable orbit grows e-fold; or inf."""
        most = np.max(self.multiplier, where=np.isfinite(self.multiplier), initial=0.0)
        return float(2 / np.log(most)) if most > 1 else np.inf

    @property
    def holds(self) -> bool:
        """Whether it ends below the edge or at it, before a departure from its orbits grows."""
        length = self.iteration[-1] - self.iteration[0]
        return bool(self.over_edge[-1] <= _LATE and length <= self.lasts)

    @property
    def condition(self) -> str:
        """In words, under which condition it holds and whether that is met."""
        law = law_of(self.mechanics)
        known = self.multiplier[np.isfinite(self.multiplier)]
        said = []
        if law.rate:
            said.append(
                f"memory slow beside a step: (1 − β₂)/β₂ = {law.rate:.3g} is to be far below 1, as "
                "dL² is averaged over the oscillation"
            )
        if known.size:
            orbit = f"orbit W ± δ, |μ| at most {known.max():.5f}"
            if known.max() > 1:
                orbit += f": what departs from it grows e-fold in {self.lasts:.3g} steps"
            said.append(orbit)
        else:
            said.append("no orbit W ± δ to be stable or not")
        said.append(f"λ_max(P⁻¹H)/2 is {self.over_edge[-1]:.4f} in the end")
        return f"{'; '.join(said)}: it {'holds' if self.holds else 'does NOT hold'}"

    def table(self) -> Table:
        """Some states, evenly spread, as a `Table`."""
        rows = np.unique(np.linspace(0, len(self.iteration) - 1, _MOST_ROWS).astype(int))
        return Table(
            f"The central flow of {self.mechanics!r}",
            {
                "steps": (short, self.iteration[rows]),
                "loss": (short, self.loss[rows]),
                "mean loss": (short, self.mean_loss[rows]),
                "over edge": (".4f", self.over_edge[rows]),
                "directions": (str, self.directions[rows]),
                "variance": (short, self.variance[rows]),
                "multiplier": (".4f", self.multiplier[rows]),
            },
            [self.condition],
        )

    __repr__ = Tabled.__str__
