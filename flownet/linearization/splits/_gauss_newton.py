"""What the loss bends and what the map bends: the split that does not ask for coordinates of W.

L = ℓ∘f. Along the straight line of outputs Ŷ + s·Jδ only the loss bends, ⟨Jδ, ∂²ℓ Jδ⟩/2 and on;
what the true line W + sδ does beyond that is the curvature of the map f, which begins with
⟨∂ℓ, ∂²f(δ,δ)⟩/2 and depends on the chart of parameter space. A term of functions of somebody's own
is of W alone and says of no map: what it bends stands under its own name.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ..._table import Table
from ...model.potential import Sum
from ..step import offered
from ._split import BesidePromise


@dataclass(frozen=True)
class MapSplit(BesidePromise):
    """Gauss-Newton and the rest: `second = second_loss + second_map`, the same of `third`.

    Of a sum with terms that have no map, those are a part beside the two.

    Attributes
    ----------
    loss, map : ndarray (4,)
        Taylor coefficients of what the loss and what the map bends; the map has none below 2.
    own : dict
        By name those (4,) of terms that have no map, such as a `CustomPotential`.
    place : potential, W (D,), δ (D,)
        Of the terms that have a map: where operators are made.
    """

    loss: np.ndarray
    map: np.ndarray
    own: dict[str, np.ndarray] = field(default_factory=dict)
    place: tuple = field(default=(), repr=False, compare=False)

    @cached_property
    def loss_change(self):
        """Fδ (D,), what the loss alone changes of dL to first order; ½⟨δ, Fδ⟩ is `second_loss`."""
        potential, W, delta = self.place
        return potential.gauss_newton(W).action(delta)

    @cached_property
    def map_change(self):
        """Bδ (D,), what the map's bends change of dL; ½⟨δ, Bδ⟩ is `second_map`, and H = F + B.

        Applied by themselves: where the map bends little nothing cancels.
        """
        potential, W, delta = self.place
        return potential.map_bends(W).action(delta)

    @property
    def promise(self):
        """First order."""
        return float(self.loss[1]) + sum(float(c[1]) for c in self.own.values())

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
                **{f"{name} bends": self._shares(c[2:]) for name, c in self.own.items()},
            },
        )


def by_map(b):
    """`MapSplit` of a breakdown.

    Second order is what the operators F and B say, as each is applied by itself; of third order,
    for which there is no operator, what the map bends is the jet less that of a straight map.
    """
    taken = b.taken
    potential, own = _apart(taken.potential)
    offered(potential, "linearized_jet")
    straight = potential.linearized_jet(taken.W, taken.delta, 3)
    bent = potential.jet(taken.W, taken.delta, 3) - straight
    bent[:2] = 0.0  # exactly: what is left there is rounding
    names = {name: 0.0 for name, _, _ in own}
    for name, scale, term in own:
        names[name] = names[name] + scale * term.jet(taken.W, taken.delta, 3)
    split = MapSplit(straight, bent, names, (potential, taken.W, taken.delta))
    if potential.offers("gauss_newton", "map_bends"):
        straight[2] = taken.delta @ split.loss_change / 2
        bent[2] = taken.delta @ split.map_change / 2
    return split


def _apart(potential):
    """The terms of a potential that have a map, as one, and (name, scale, term) of the others."""
    terms = potential.atoms()
    mapped = [(scale, term) for scale, term in terms if term.offers("linearized_jet")]
    if not mapped or len(mapped) == len(terms):
        return potential, []
    own = [(term.name, scale, term) for scale, term in terms if not term.offers("linearized_jet")]
    return Sum(mapped), own
