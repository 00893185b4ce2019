"""Second and third order split into self terms, pairs and triplets of parameters (TM §3.6)."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ..._table import Table
from ._chance import Rotations, flips, rotations
from ._diagonals import NAMES, diagonal_floors, diagonal_sums
from ._split import Split

_TERMS = {
    "second_self": "second order, by themselves",
    "second_pairs": "second order, pairs",
    "third_self": "third order, by themselves",
    "third_two": "third order, one twice, another",
    "third_triplets": "third order, triplets",
}


@dataclass(frozen=True)
class ParameterSplit(Split):
    """`second = second_self + second_pairs`, `third = third_self + third_two + third_triplets`.

    Which index is equal to which depends on the coordinates: the same sums are given for random
    orthonormal bases and for random signs of the same changes.

    Attributes
    ----------
    promise, second, third : float
        Terms of the step.
    second_self, third_self, third_two : float
        ½Σ H_ii δ_i²; Σ T_iii δ_i³/6; ½Σ_{i≠k} T_iik δ_i²δ_k.
    exact : bool
        Or estimated from `draws` random probes.
    error : dict
        Standard error of each number where it is estimated, 0 where it is exact.
    rotations : Rotations
        Means over random orthonormal bases.
    dimension : int
        D, the number of parameters that may move.
    trace, trace_along : float
        tr H in the metric, and its derivative along δ.
    """

    promise: float
    second: float
    third: float
    second_self: float
    third_self: float
    third_two: float
    exact: bool
    draws: int
    error: dict
    rotations: Rotations
    dimension: int
    trace: float
    trace_along: float
    taken: object = field(repr=False, compare=False)

    @cached_property
    def flips(self):
        """`Flips`: 100 steps of random signs."""
        return flips(self.taken)

    @cached_property
    def noise(self):
        """Noise floor of each exact self term, or twice the standard error of an estimate."""
        if not self.exact:
            return {name: 2 * error for name, error in self.error.items()}
        values = np.array([vars(self)[name] for name in NAMES])
        return dict(zip(NAMES, diagonal_floors(self.taken, values).tolist()))

    def table(self):
        """Self terms, pairs and triplets, beside what chance gives, as a `Table`."""
        # columns are named as the numbers are
        values, chance = ([getattr(of, name) for name in _TERMS] for of in (self, self.rotations))
        how = "exact" if self.exact else f"estimated from {self.draws} random probes"
        mean = self.trace / self.dimension
        return Table(
            "",
            {
                "terms of parameters": (str, _TERMS.values()),
                "value": ("+.4e", values),
                "of the promise": self._shares(values),
                "standard error": (
                    ".0e",
                    [None if self.exact else self.error[name] for name in _TERMS],
                ),
                "random basis": self._shares(chance),
            },
            [f"{self.dimension} parameters, {how}; tr H/D {mean:.3g}"],
        )


def by_parameters(b, exact=None, draws=64, seed=0):
    """`ParameterSplit` of a breakdown."""
    taken = b.taken
    sums = diagonal_sums(taken, exact, draws, seed)
    values = dict(zip(NAMES, sums.values.tolist()))
    third = b.third if b.order > 2 else float(taken.potential.jet(taken.W, taken.delta, 3)[3])
    chance = rotations(
        taken.dimension, taken.norm2, b.second, third, values["trace"], values["trace_along"]
    )
    error = dict(zip(NAMES, sums.error.tolist()))
    error["second_pairs"] = error["second_self"]
    error["third_triplets"] = error["third_self"] + error["third_two"]  # at most
    return ParameterSplit(
        promise=b.linear,
        second=b.second,
        third=third,
        **values,
        exact=sums.exact,
        draws=sums.draws,
        error=error,
        rotations=chance,
        dimension=taken.dimension,
        taken=taken,
    )
