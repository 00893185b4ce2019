"""Hopfield networks whose weights differ there and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..._errors import FlownetError
from ..._random import normal, stream_key
from ..._registry import kind
from ...model import _check
from ._dynamics import Dynamics

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from ..._types import Count, NotNegative


@kind("system", "asymmetric-hopfield")
class AsymmetricHopfield(Dynamics):
    """A recurrent network of any weights, ṡ = −σ⁻¹(s) + Ws + Bx + b with σ = tanh.

    It rests at s = σ(Ws + Bx + b). With Wᵀ = W this is a Hopfield network on its energy; else there
    is none, J = W − σ⁻¹′, and the nudged phase has the extra term (Wᵀ − W)(s − s₀). Each weight
    sees its two units alone, ∂f_i/∂W_ij = s_j. The parameters are, in this order, W (n, n), B
    (n, n_in) and b (n,); the last units are the outputs.

    Parameters
    ----------
    inputs, hidden, outputs : int
    corrected : bool
        Whether the nudged phase has the extra term, without which its estimate tends to something
        else than dL.
    scale : float
        Of initial weights W, whose variance is scale²/n.
    dtype : str
        float64 or float32.

    Raises
    ------
    FlownetError
        For numbers of units below 1, and a dtype that is not real.
    """

    analytic = True
    step = 0.5

    def __init__(
        self,
        inputs: Count,
        hidden: int,
        outputs: Count,
        *,
        corrected: bool = True,
        scale: NotNegative = 0.5,
        dtype: DTypeLike = "float64",
    ) -> None:
        self.dtype = _check.network_dtype(dtype)
        if self.dtype.kind == "c":
            raise FlownetError("an asymmetric network has real parameters: float64 or float32.")
        for name, value, least in (("inputs", inputs, 1), ("hidden", hidden, 0)):
            if not _check.is_whole(value, least):
                raise FlownetError(f"{name} is {value!r}; it has to be {least} or more.")
        if not _check.is_whole(outputs, 1):
            raise FlownetError(f"outputs is {outputs!r}; it has to be 1 or more.")
        self.n_in, self.hidden, self.n_out = inputs, hidden, outputs
        self.corrected, self.scale = bool(corrected), scale
        self.states = n = hidden + outputs
        self.size = n * n + n * inputs + n

    def unpack(self, W):
        """W (n, n), B (n, n_in) and b (n,), views of the parameters (D,)."""
        n, at = self.states, self.states**2 + self.states * self.n_in
        return W[: n * n].reshape(n, n), W[n * n : at].reshape(n, self.n_in), W[at:]

    def init(self, seed=0):
        """Gaussian weights without a symmetry, no biases."""
        made = normal(seed, stream_key("init"), self.size).astype(self.dtype)
        weights, inputs, bias = self.unpack(made)
        weights *= self.scale / np.sqrt(self.states)
        inputs /= np.sqrt(self.n_in)
        bias[:] = 0
        return made

    def _drive(self, W, x, s):
        weights, inputs, bias = self.unpack(W)
        return s @ weights.T + x @ inputs.T + bias

    def rate(self, W, x, s):
        """f (m, n)."""
        return self._drive(W, x, s) - np.arctanh(s)

    def pushforward(self, W, x, s, u):
        """J·u (m, n)."""
        return u @ self.unpack(W)[0].T - u / ((1 - s) * (1 + s))

    def pullback(self, W, x, s, u):
        """Jᵀ·u (m, n)."""
        return u @ self.unpack(W)[0] - u / ((1 - s) * (1 + s))

    def covector(self, W, x, s, u, weight):
        """Σ weight·⟨u, ∂f/∂W⟩ (D,)."""
        weighed = weight[:, None] * u
        return np.concatenate(
            [(weighed.T @ s).ravel(), (weighed.T @ x).ravel(), weighed.sum(axis=0)]
        )

    def settle(self, W, x, s, force):
        """Half way to σ of what drives it."""
        return s + self.step * (np.tanh(self._drive(W, x, s) + force) - s)

    def parameters(self):
        """What makes this system again."""
        return {
            "inputs": self.n_in,
            "hidden": self.hidden,
            "outputs": self.n_out,
            "corrected": self.corrected,
            "scale": self.scale,
            "dtype": self.dtype.name,
        }

    def with_dtype(self, dtype):
        """The same system in another precision."""
        return AsymmetricHopfield(**{**self.parameters(), "dtype": dtype})

    def __repr__(self):
        return f"AsymmetricHopfield {self.n_in}-{self.hidden}-{self.n_out} ({self.size} parameters)"
