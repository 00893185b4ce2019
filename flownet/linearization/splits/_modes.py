"""Second order split by eigendirections of the Hessian in the metric, seen from the step."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ..._table import Table, percent, short
from ...geometry.curvature import lanczos
from ..step import signs
from ._split import BesidePromise

STEPS = 40  # Hessian actions, as many directions
_MOST_ROWS = 12
_PROBES = 32  # of tr H and tr H²; as many parameters or fewer are summed one by one


@dataclass(frozen=True)
class ModeSplit(BesidePromise):
    """Second order by the directions that Lanczos' recurrence finds from the step itself.

    The step x, in g-orthonormal coordinates, is a sum of Ritz vectors of g^{-1/2} H g^{-1/2}, and
    its second order the sum of their contributions, ½θ_i w_i‖x‖². All of this is independent of
    the basis. It sees one direction of an eigenspace, that of the step: `isotropy` tells a
    Hessian of one mode from one that bends all directions alike.

    Attributes
    ----------
    promise, second : float
        Terms of the step.
    curvatures : ndarray (n,)
        θ_i, ascending.
    weights : ndarray (n,)
        Shares of ‖x‖² along the directions; their sum is 1.
    contributions : ndarray (n,)
        ½θ_i w_i‖x‖², with sign; their sum is the second order.
    promises : ndarray (n,)
        What each direction promised; their sum is the first order.
    directions : ndarray (n, F)
        In coordinates, orthonormal.
    exact : bool
        Whether the directions are all that the step has; else they are the best n.
    """

    promise: float
    second: float
    curvatures: np.ndarray
    weights: np.ndarray
    contributions: np.ndarray
    promises: np.ndarray
    directions: np.ndarray = field(repr=False)
    exact: bool
    taken: object = field(repr=False, compare=False)

    @property
    def top(self):
        """Index of the direction of the largest contribution, up or down."""
        return int(np.argmax(np.abs(self.contributions)))

    @property
    def top_share(self):
        """|c_top| / Σ|c_i| of the contributions, from 0 to 1; NaN where there is none."""
        whole = np.abs(self.contributions).sum()
        return float(np.abs(self.contributions[self.top]) / whole) if whole else np.nan

    @property
    def participation(self):
        """How many directions carry the second order: (Σ|c_i|)² / Σc_i², from 1 to n.

        Unless `exact`, a lower bound: more `steps` tell small contributions apart.
        """
        return _participation(np.abs(self.contributions))

    @property
    def weight_participation(self):
        """How many directions the step itself has: 1 / Σw_i², from 1 to n."""
        return _participation(self.weights)

    @cached_property
    def residual(self):
        """‖Hu − θu‖ / |θ| of the top direction: how far it is from an eigendirection."""
        u, theta = self.directions[self.top], self.curvatures[self.top]
        apart = float(np.linalg.norm(self.taken.bending.matvec(u) - theta * u))
        return apart / abs(theta) if theta else np.inf

    @cached_property
    def moments(self):
        """tr H and tr H² in the metric; by 32 random probes where there are more parameters."""
        return spectral_moments(self.taken)

    @property
    def mean_curvature(self):
        """tr H / F."""
        return self.moments[0] / self.taken.dimension

    @property
    def isotropy(self):
        """(tr H)² / (F tr H²) over F free parameters: 1 for H ∝ g, 1/F for one mode."""
        trace, trace2 = self.moments
        return trace**2 / (self.taken.dimension * trace2) if trace2 else np.nan

    def table(self):
        """Directions with the largest contributions, as a `Table`."""
        largest = np.argsort(-np.abs(self.contributions), kind="stable")[:_MOST_ROWS]
        return Table(
            "",
            {
                "curvature": (short, self.curvatures[largest]),
                "of the step": (percent, self.weights[largest]),
                "promised": self._shares(self.promises[largest]),
                "second order": self._shares(self.contributions[largest]),
            },
            self._notes() if len(largest) else ["the step is zero and has no directions"],
        )

    def _notes(self):
        how = "all that it has" if self.exact else "Lanczos' best"
        return (
            f"{len(self.curvatures)} directions, {how}; the top one carries "
            f"{percent(self.top_share)}, residual {self.residual:.1e}",
            f"participation {self.participation:.3g} of the second order, "
            f"{self.weight_participation:.3g} of the step; mean curvature tr H/F of the F = "
            f"{self.taken.dimension} free parameters {self.mean_curvature:.3g}, (tr H)²/(F tr H²) "
            f"{self.isotropy:.2g}: 1 where all directions bend alike",
        )


def by_modes(b, steps=STEPS):
    """`ModeSplit` of a breakdown, in `steps` Hessian actions."""
    taken = b.taken
    if not taken.norm2:
        none = np.zeros(0)
        return ModeSplit(b.linear, b.second, none, none, none, none, none, True, taken)
    rule = lanczos(taken.bending, taken.x, steps, vectors=True)
    slope = taken.metric.displacement(taken.dL)[taken.free]
    return ModeSplit(
        b.linear,
        b.second,
        rule.nodes,
        rule.weights / taken.norm2,
        rule.nodes * rule.weights / 2,
        (rule.vectors @ slope) * (rule.vectors @ taken.x),
        rule.vectors,
        bool(rule.exact),
        taken,
    )


def spectral_moments(taken, probes=_PROBES):
    """tr H and tr H² in the metric: E⟨z, Hz⟩ and E‖Hz‖² over random signs z."""
    F, total = taken.dimension, np.zeros(2)
    exact = probes >= F
    for draw in range(F if exact else probes):
        z = np.eye(F)[draw] if exact else signs(0, draw, F)
        image = taken.bending.matvec(z)
        total += z @ image, image @ image
    return tuple((total / (1 if exact else probes)).tolist())


def _participation(shares):
    return float(shares.sum() ** 2 / np.sum(shares**2)) if shares.any() else np.nan
