"""Averages over states that Langevin's mechanics visit."""

from typing import NamedTuple

import numpy as np
from xxhash import xxh3_64_intdigest

from ..._errors import FlownetError
from ...kernels.device import kernels_of
from ...model.potential import key


class Sampling(NamedTuple):
    """How Langevin's mechanics visit states."""

    temperature: float
    step: float
    chains: int
    discarded: int
    kept: int
    seed: int
    fresh: bool


class Sampled:
    """Chains of states at one W and the inputs of some samples, chain by chain side by side.

    A step is that of `Langevin` on the state, s ← s − h·∂F/∂s + √(2hT)·ξ, with the same normal
    numbers: keyed by seed, step and place. All nudges see the same ones, so that the difference of
    two averages has less noise than either.
    """

    def __init__(self, system, cost, manner, W, x, rows):
        self.system, self.cost, self.manner, self.W = system, cost, manner, W
        self.m, self._rows = len(x), rows
        self._x = np.tile(x, (manner.chains, 1))
        self._y = np.tile(cost.y[rows], (manner.chains, 1))
        self._noise = kernels_of("cpu").add_thermal_noise
        drawn = xxh3_64_intdigest(np.ascontiguousarray(W).tobytes(), manner.seed)
        self._seed = key(drawn if manner.fresh else manner.seed)

    def visited(self, nudge=0.0):
        """States (chains·m, n) that are kept, one after another."""
        manner, system = self.manner, self.system
        s = system.rest(len(self._x))
        scale = float(np.sqrt(2 * manner.step * manner.temperature))
        for k in range(manner.discarded + manner.kept):
            with np.errstate(all="ignore"):  # a chain that leaves is told of below
                s = s - manner.step * self._slope(s, nudge)
            self._noise(s.reshape(-1), scale, self._seed, k, 0)
            if not np.isfinite(s).all():
                raise FlownetError(
                    f"after {k + 1} steps of {manner.step} a chain has left where its energy is "
                    "finite: take a smaller step, less than 2 over the largest curvature."
                )
            if k >= manner.discarded:
                yield s

    def _slope(self, s, nudge):
        """∂F/∂s."""
        slope = self.system.slope(self.W, self._x, s)
        if nudge:
            k = self.system.n_out
            slope[:, -k:] += nudge * self.cost.gamma * (s[:, -k:] - self._y)
        return slope

    def costs(self, s):
        """C (chains, m) of states."""
        e = (s[:, -self.system.n_out :] - self._y).astype(np.float64)
        return (0.5 * (e * e) @ self.cost.gamma).reshape(-1, self.m)

    def mean_cost(self, nudge=0.0):
        """⟨C⟩ of each sample (m,)."""
        total = sum(self.costs(s).mean(axis=0) for s in self.visited(nudge))
        return total / self.manner.kept

    def covariance(self, weight):
        """⟨C⟩ of each sample (m,), and −Σ weight·Cov(C, ∂E)/T (D,).

        At each moment costs are taken from their mean over the chains, which do not know each
        other: without bias beside that of the step.
        """
        manner, costs, total = self.manner, 0.0, 0.0
        for s in self.visited():
            C = self.costs(s)
            costs = costs + C.mean(axis=0)
            apart = (C - C.mean(axis=0)) / (manner.chains - 1)
            total = total + self._covector(s, -weight * apart / manner.temperature)
        return costs / manner.kept, total / manner.kept

    def mean_covector(self, nudge, weight):
        """⟨C⟩ of each sample (m,), and Σ weight·⟨∂E⟩ (D,), at a nudge."""
        manner, costs, total = self.manner, 0.0, 0.0
        even = np.repeat(weight[None] / manner.chains, manner.chains, axis=0)
        for s in self.visited(nudge):
            costs = costs + self.costs(s).mean(axis=0)
            total = total + self._covector(s, even)
        return costs / manner.kept, total / manner.kept

    def _covector(self, s, weights):
        return self.system.covector(self.W, self._x, s, weights.ravel())
