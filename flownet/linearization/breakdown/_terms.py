"""The terms of one finite step, each with the noise floor below which its digits mean nothing.

L(W+δ) − L(W) = D¹ + D²/2 + D³/6 + remainder: promised, second and third order, and what is left of
what was delivered. A float32 run is looked at in float64: the question is what the finite step did
on the loss surface, not what the arithmetic did to the sum.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError
from ..._registry import among
from ..._table import Tabled
from ...model.potential import travels
from ..splits import _interventions, _measured, by_blocks, by_map, by_modes, by_nudge, by_parameters
from ..step import Held, _kinks, floors, offered
from . import _critical, _radius, _verdict
from ._table import one_step

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from ..._table import Table

SPLITS = {
    "parameters": by_parameters,
    "eigen": by_modes,
    "map": by_map,
    "nudge": by_nudge,
    "layers": lambda b, **options: by_blocks(b, "layers", **options),
    "neurons": lambda b, **options: by_blocks(b, "neurons", **options),
}


@dataclass(frozen=True, eq=False)
class Breakdown(Tabled):
    """One finite step, term by term: `linear + second + third + remainder = actual` (TM §3.6).

    `promised` and `delivered` are `linear` and `actual` by the words that its table has for them.

    What the terms are made of is computed when asked for, and kept: `split`, `interventions`, …

    Attributes
    ----------
    iteration : int or None
    step : float
        In units of time; 1 for a displacement given as such.
    terms : ndarray (K+1,)
        Taylor coefficients of s ↦ L(W+sδ), exact: the loss, D¹, D²/2, D³/6, …
    actual : float
        What was delivered, L(W+δ) − L(W).
    noise : dict
        Noise floor of each term.
    """

    step: float
    terms: np.ndarray
    actual: float
    noise: dict = field(repr=False)
    iteration: int | None = None
    time: float | None = None
    known: dict = field(default_factory=dict, repr=False)  # numbers that were stored
    find_taken: Callable[[], Any] | None = field(default=None, repr=False)  # makes the `TakenStep`

    @property
    def order(self) -> int:
        """K, the order of the highest term."""
        return len(self.terms) - 1

    @property
    def finite(self) -> bool:
        """Whether all Taylor terms are finite numbers."""
        return bool(np.isfinite(self.terms).all())

    @property
    def loss(self) -> float:
        """Before the step."""
        return float(self.terms[0])

    @property
    def linear(self) -> float:
        """First order: what the linearization promised, dL(δ)."""
        return float(self.terms[1])

    @property
    def promised(self) -> float:
        """What the linearization promised: `linear`, by the word of the tables."""
        return self.linear

    @property
    def delivered(self) -> float:
        """What the step delivered: `actual`, by the word of the tables."""
        return self.actual

    @property
    def second(self) -> float:
        """Second order ½H(δ,δ), exact."""
        return float(self.terms[2])

    @property
    def third(self) -> float:
        """Third order T(δ,δ,δ)/6, exact; NaN for a breakdown of order 2."""
        return float(self.terms[3]) if self.order > 2 else np.nan

    @property
    def remainder(self) -> float:
        """What is left beyond third order (beyond second for a breakdown of order 2)."""
        return self.actual - sum(self.terms[1:4].tolist())

    @property
    def second_self(self) -> float:
        """½Σ H_ii δ_i²: every parameter by itself."""
        return self._part("second_self")

    @property
    def second_pairs(self) -> float:
        """½Σ_{i≠j} H_ij δ_iδ_j: pairs of parameters."""
        return self.second - self.second_self

    @property
    def third_self(self) -> float:
        """Σ T_iii δ_i³/6: every parameter by itself."""
        return self._part("third_self")

    @property
    def third_two(self) -> float:
        """Third order of exactly two equal parameters, (B − P₁)/2 with B = Σ_ik T_iik δ_i²δ_k."""
        return self._part("third_two")

    @property
    def third_triplets(self) -> float:
        """Third order of three different parameters."""
        return self.third - self.third_self - self.third_two

    @property
    def critical_step(self) -> float:
        """Step at which second order reaches first, 2‖dL‖²/H(V,V), with the curvature's sign.

        Infinite where second order is noise, NaN where the promise is.
        """
        return _critical.crossing(
            self.step, self.linear, self.second, (self.noise["linear"], self.noise["second"]), 1
        )

    @property
    def critical_third(self) -> float:
        """Step at which third order reaches first, with its sign; infinite where it is noise."""
        return _critical.crossing(
            self.step,
            self.linear,
            self.third,
            (self.noise["linear"], self.noise.get("third", np.nan)),
            2,
        )

    @property
    def ratio(self) -> float:
        """Second order over first, |½H(δ,δ)| / |dL(δ)|: the step over the critical step.

        NaN where the promise is noise.
        """
        if abs(self.linear) <= self.noise["linear"]:
            return np.nan
        return abs(self.second / self.linear)

    def __getstate__(self):
        """For pickle and copies. A potential that does not travel is left behind, and with it what
        was not worked out yet."""
        state = {name: part for name, part in vars(self).items() if name not in ("taken", "made")}
        if self.find_taken is not None and not travels(self.find_taken.potential):
            return {**state, "find_taken": None}
        return state | ({"made": self.made} if "made" in vars(self) else {})

    @cached_property
    def taken(self) -> Any:
        """Where the step was taken: potential, W, δ and metric; of a run, rebuilt from it."""
        if self.find_taken is None:
            raise FlownetError("these terms were stored without their run: nothing more is known.")
        return self.find_taken()

    @cached_property
    def made(self) -> Any:
        """What was computed of the step so far."""
        return {}

    def split(self, basis: str, **options: Any) -> Any:
        """What the second and third order are made of.

        Parameters
        ----------
        basis : str
            "parameters": self terms, pairs, triplets, beside what chance gives. "layers",
            "neurons": blocks of parameters. "eigen": eigendirections of the Hessian in the metric.
            "map": what the loss bends (Gauss-Newton) and what the map bends. "nudge": of a step
            along an `Equilibrium`'s estimate, what its first order has from the finite nudge.
        **options
            Of "parameters": `exact=False`, `draws=n` and `seed` estimate them by random probes. Of
            "eigen": `steps`, how many Hessian actions.

        Returns
        -------
        ParameterSplit, BlockSplit, ModeSplit, MapSplit or NudgeSplit

        Raises
        ------
        FlownetError
            For another basis, or a potential that has no such split.
        """
        among("basis", basis, list(SPLITS))
        return self._once(
            (basis, *sorted(options.items())) if options else basis,
            lambda: SPLITS[basis](self, **options),
        )

    def one_at_a_time(self, **options: Any) -> Any:
        """Σ_i[L(W+δ_i e_i) − L(W)], every parameter alone to all orders: `OneAtATime`."""
        return self._once(
            ("one", *sorted(options.items())), lambda: _measured.one_at_a_time(self, **options)
        )

    def layer_subsets(self) -> Any:
        """What all 2^L subsets of layers deliver, and their interactions: `LayerSubsets`."""
        return self._once("subsets", lambda: _measured.layer_subsets(self))

    def interventions(self, k: int | None = None) -> Any:
        """What the step delivers without one of its parts: `Interventions`."""
        return self._once(("interventions", k), lambda: _interventions.interventions(self, k))

    @property
    def kinks(self) -> Any:
        """What units that change sign within the step add: `Kinks`, or None without such units."""
        return self._once("kinks", lambda: _kinks.kinks(self))

    def missed(self, fraction: float = 0.5) -> Any:
        """Smallest step that misses its promise by a fraction, measured and predicted: `Missed`."""
        return self._once(
            "missed" if fraction == 0.5 else ("missed", fraction),
            lambda: _critical.missed(self, fraction),
        )

    def radius(self, order: int = 24) -> Any:
        """Radius of convergence of the Taylor series, in units of the step: `Radius`."""
        return self._once(("radius", order), lambda: _radius.radius(self, order))

    def curve(self, s: ArrayLike) -> Any:
        """L(W+sδ) − L(W), measured, at one s or an array of them."""
        return _critical.curve(self, s)

    @property
    def verdict(self) -> Any:
        """What broke the step, in words, with the numbers that say so: `Verdict`."""
        return self._once("verdict", lambda: _verdict.verdict(self))

    def share(self, value: float) -> float:
        """A number relative to |dL(δ)|, with its sign; NaN where nothing was promised."""
        return value / abs(self.linear) if self.linear else np.nan

    def _part(self, name):
        if name in self.known:
            return self.known[name]
        # a number of the split by the name that it has there and here
        return getattr(self.split("parameters"), name)

    def _once(self, key, make):
        if key not in self.made:
            with np.errstate(all="ignore"):  # a step that overflows is a result
                self.made[key] = make()
        return self.made[key]

    def table(self) -> Table:
        """Its terms and verdict as a `Table`; what costs little is computed for it."""
        return one_step(self)


def break_down(taken, step, iteration=None, time=None, order=3, find_taken=None):
    """`Breakdown` of a `TakenStep`; `find_taken` makes it again later."""
    offered(taken.potential, "jet")
    with np.errstate(all="ignore"):
        terms = taken.potential.jet(taken.W, taken.delta, order)
        actual = taken.delivered(taken.delta)
        rounding = floors(taken, terms, actual)
    return Breakdown(
        step=float(step),
        terms=terms,
        actual=actual,
        noise=rounding,
        iteration=iteration,
        time=time,
        find_taken=find_taken or Held(taken),
    )
