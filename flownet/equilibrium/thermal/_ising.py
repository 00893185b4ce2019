"""Ising spins, a Boltzmann machine that is small enough to count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..._errors import FlownetError
from ..._random import normal, stream_key
from ..._registry import kind
from ...model import _check
from ._discrete import Discrete

if TYPE_CHECKING:
    from ..._types import Count, NotNegative

_MOST = 16  # spins: 65536 states


@kind("system", "ising")
class Ising(Discrete):
    """Ising spins s_i = ±1 (a Boltzmann machine), E = −Σ_{i<j} J_ij·s_i·s_j − Σ h_i·s_i − s·Bx.

    Every spin is coupled to every other; the last ones are the outputs, those before them are
    hidden. The parameters are, in this order, couplings J of each pair, fields h and strengths B
    (n, n_in) of the inputs. Each sees what it holds alone: ∂E/∂J_ij = −s_i·s_j.

    Parameters
    ----------
    inputs, hidden, outputs : int
        16 spins at most: all 2ⁿ states are counted.
    scale : float
        Standard deviation of initial couplings and strengths; fields begin at 0.

    Raises
    ------
    FlownetError
        For more spins than can be counted.
    """

    def __init__(
        self, inputs: Count, hidden: int, outputs: Count, *, scale: NotNegative = 0.5
    ) -> None:
        for name, value, least in (("inputs", inputs, 1), ("hidden", hidden, 0)):
            if not _check.is_whole(value, least):
                raise FlownetError(
                    f"{name} is {value!r}; a whole number from {least} up is wanted."
                )
        if not _check.is_whole(outputs, 1) or hidden + outputs > _MOST:
            raise FlownetError(
                f"{hidden} hidden spins and {outputs!r} outputs; their states can be counted of "
                f"{_MOST} spins at most, and one output at least is wanted."
            )
        self.n_in, self.hidden, self.n_out, self.scale = inputs, hidden, outputs, scale
        self.states = n = hidden + outputs
        self._pairs = np.triu_indices(n, 1)
        self.size = n * (n - 1) // 2 + n + n * inputs

    def configurations(self):
        """Every state (2ⁿ, n)."""
        bits = np.arange(2**self.states)[:, None] >> np.arange(self.states)
        return 2.0 * (bits & 1) - 1

    def _parts(self, W):
        n, pairs = self.states, len(self._pairs[0])
        return W[:pairs], W[pairs : pairs + n], W[pairs + n :].reshape(n, self.n_in)

    def energy(self, W, x, s):
        """E (k,)."""
        J, h, B = self._parts(W)
        i, j = self._pairs
        return -(s[:, i] * s[:, j]) @ J - (s * (h + x @ B.T)).sum(axis=1)

    def covector(self, W, x, s, weight):
        """Σ weight·∂E/∂W (D,)."""
        i, j = self._pairs
        weighed = weight[:, None] * s
        return -np.concatenate(
            [(weighed[:, i] * s[:, j]).sum(axis=0), weighed.sum(axis=0), (weighed.T @ x).ravel()]
        )

    def init(self, seed=0):
        """Couplings and strengths of a Gaussian, no fields."""
        W = self.scale * normal(seed, stream_key("init"), self.size)
        self._parts(W)[1][:] = 0
        return W

    def parameters(self):
        """What makes this system again."""
        return {
            "inputs": self.n_in,
            "hidden": self.hidden,
            "outputs": self.n_out,
            "scale": self.scale,
        }

    def __repr__(self):
        return f"Ising {self.n_in}-{self.hidden}-{self.n_out} ({self.size} parameters)"
