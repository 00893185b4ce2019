"""What the loss bends and what the map bends: the split that does not ask for coordinates of W.

L = ℓ∘f. Along the straight line of outputs Ŷ + s·Jδ only the loss bends, ⟨Jδ, ∂²ℓ Jδ⟩/2 and on;
what the true line W + sδ does beyond that is the curvature of the map f, which begins with
⟨∂ℓ, ∂²f(δ,δ)⟩/2 and depends on the chart of parameter space.
"""

from dataclasses import dataclass

import numpy as np

from ..._table import Table
from ..step import offered
from ._split import BesidePromise


@dataclass(frozen=True)
class MapSplit(BesidePromise):
    """Gauss-Newton and the rest: `second = second_loss + second_map`, the same of `third`.

    Attributes
    ----------
    loss, map : ndarray (4,)
        Taylor coefficients of what the loss and what the map bends; the map has none below 2.
    """

    loss: np.ndarray
    map: np.ndarray

    @property
    def promise(self):
        """First order."""
        return float(self.loss[1])

    @property
    def second_loss(self):
        """½⟨Jδ, ∂²ℓ Jδ⟩, Gauss-Newton's: the loss bends, the map is taken as straight."""
        return float(self.loss[2])

    @property
    def second_map(self):
        """½⟨∂ℓ, ∂²f(δ,δ)⟩: the map bends, the loss is taken as straight."""
        return float(self.map[2])

    @property
    def third_loss(self):
        """Third order with the map taken as straight."""
        return float(self.loss[3])

    @property
    def third_map(self):
        """Third order that needs a bent map."""
        return float(self.map[3])

    def table(self):
        """What the loss bends and what the map bends, as a `Table`."""
        return Table(
            "",
            {
                "of the promise": (str, ["second order", "third order"]),
                "loss bends": self._shares(self.loss[2:]),
                "map bends": self._shares(self.map[2:]),
            },
        )


def by_map(b):
    """`MapSplit` of a breakdown."""
    taken = b.taken
    offered(taken.potential, "linearized_jet")
    straight = taken.potential.linearized_jet(taken.W, taken.delta, 3)
    bent = taken.potential.jet(taken.W, taken.delta, 3) - straight
    bent[:2] = 0.0  # exactly: what is left there is rounding
    return MapSplit(straight, bent)
