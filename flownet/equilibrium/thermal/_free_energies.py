"""What a finite nudge descends at a temperature: differences of free energies."""

import numpy as np

from ..._errors import FlownetError
from ...model.potential import AnyPotential


class FreeEnergies(AnyPotential):
    """Σ c·(𝓕(β⁺) − 𝓕(β⁻)), with 𝓕 = −T·ln Z of F = E + βC, mean over samples.

    ∂𝓕/∂W = ⟨∂E/∂W⟩, so that its differential is the estimate of the same differences, exactly.
    """

    def __init__(self, of):
        if of.estimator.thermal or of.estimator.analytic or not of.counts:
            raise FlownetError(
                f"{of!r} has no averaged cost: estimates from real finite nudges of a system whose "
                "states are counted have one."
            )
        self.of, self.size, self.dtype = of, of.size, of.dtype
        self.data, self.loss = of.data, of.loss

    def value(self, W):
        """Its value, mean over samples."""
        at, weights = self.of._at(W), self.of._cost.weights
        total = sum(
            each.coefficient * (at.free_energy(each.plus) - at.free_energy(each.minus))
            for each in self.of._differences(at.W)
        )
        return float(np.mean(weights * total))

    def differential(self, W, *, lowest=0):
        """Its value and differential (D,)."""
        return self.value(W), self.of.differential(W)[1]

    def on(self, rows):
        """That of some samples alone."""
        return FreeEnergies(self.of.on(rows))

    def init(self, seed=0):
        """Initial parameters (D,)."""
        return self.of.init(seed)

    def __repr__(self):
        return f"Averaged cost of {self.of!r}"
