"""Lyapunov exponents as they are given: per step, with errors and running means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..._table import Table, Tabled, evenly, short

if TYPE_CHECKING:
    from ..._types import Vector

_BLOCKS = 20  # stretches of a run whose means say how far the mean of all is off
_MOST_ROWS = 12


@dataclass(repr=False, frozen=True, eq=False)
class Lyapunov(Tabled):
    """Lyapunov exponents of a finite run: how fast neighbouring states part, per step.

    Attributes
    ----------
    exponents : ndarray (k,)
        Mean growth log‖δ′‖/‖δ‖ of a step along k orthonormal displacements, the largest first;
        −inf where a step takes a direction to nothing.
    error : ndarray (k,)
        Standard error of each from the means of 20 stretches of the run; nan of a run of one look.
    iteration : ndarray (T,)
        Iterations up to which the rows of `history` see the run.
    history : ndarray (T, k)
        Running means of the growth per step.
    steps : int
        Steps that count.
    time : float
        Σ of their lengths.
    states : int
        Numbers of a state that may change: free parameters, and as many for each memory.
    name : str
        Of the mechanics.
    diverged_at : int or None
        Iteration at which the run or its curvature was not finite; the exponents are of the steps
        before.
    """

    exponents: np.ndarray
    error: np.ndarray
    iteration: np.ndarray
    history: np.ndarray
    steps: int
    time: float
    states: int
    name: str
    diverged_at: int | None = None

    @property
    def per_time(self) -> Vector:
        """Exponents (k,) per unit of time, Σ step, instead of per step."""
        return self.exponents * (self.steps / self.time)

    @property
    def total(self) -> float:
        """Sum of the exponents: of all of them the mean of log|det| of the steps' maps."""
        return float(self.exponents.sum())

    @property
    def dimension(self) -> float:
        """Kaplan–Yorke dimension j + (λ₁ + … + λ_j)/|λ_{j+1}|, j the most whose sum is ≥ 0.

        0 where all of them are negative; nan where more exponents would be needed to tell.
        """
        sums = np.cumsum(self.exponents)
        below = np.flatnonzero(sums < 0)
        if not len(below):
            return float(self.states) if len(sums) == self.states else np.nan
        j = int(below[0])
        if j == 0:
            return 0.0
        return float(j + sums[j - 1] / abs(self.exponents[j]))

    def table(self) -> Table:
        """Exponents with their errors, at most a dozen of them, as a `Table`."""
        rows = evenly(len(self.exponents), _MOST_ROWS)
        return Table(
            f"Lyapunov exponents of {self.name}, {self.steps} steps",
            {
                "number": (short, rows + 1),
                "per step": (short, self.exponents[rows]),
                "± error": (".1g", self.error[rows]),
                "per time": (short, self.per_time[rows]),
            },
            self._notes,
        )

    @property
    def _notes(self):
        said = []
        if self.diverged_at is not None:
            said.append(f"the run is not finite from iteration {self.diverged_at} on")
        if self.exponents[0] > 2 * self.error[0]:
            said.append(
                f"neighbouring states part by a factor of {np.exp(self.exponents[0]):.4g} a step: "
                "chaos, where a run goes on so"
            )
        if not np.isnan(self.dimension):
            said.append(f"Kaplan–Yorke dimension {self.dimension:.4g} of {self.states}")
        return said

    __repr__ = Tabled.__str__


def result(growth, states, name):
    """`Lyapunov` of a `Growth`."""
    looks = len(growth.logs)
    every = growth.steps // looks
    means = np.cumsum(growth.logs, axis=0) / (every * np.arange(1, looks + 1))[:, None]
    return Lyapunov(
        means[-1],
        _error(growth.logs / every),
        growth.iteration,
        means,
        growth.steps,
        growth.time,
        states,
        name,
        growth.broken_at,
    )


def _error(logs):
    """Standard errors (k,) of the means, from those of blocks."""
    blocks = min(_BLOCKS, len(logs))
    if blocks < 2:
        return np.full(logs.shape[1], np.nan)
    with np.errstate(invalid="ignore"):
        means = np.array([part.mean(axis=0) for part in np.array_split(logs, blocks)])
        return means.std(axis=0, ddof=1) / np.sqrt(blocks)
