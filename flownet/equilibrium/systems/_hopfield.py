"""Layered Hopfield networks: neurons that pull at each other both ways through the same weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError
from ..._registry import kind, unknown
from ...kernels.scalar.states import SIGMOID, SMOOTH, TANH, UNITS
from ...model.network import Network
from .._energy import Energy
from ._layered import Layered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, DTypeLike

    from ..._types import Init, NotNegative, Sizes, Vector


@kind("system", "hopfield")
class Hopfield(Energy):
    """A deep Hopfield network, E = Σ G(s_l) − Σ s_l·W_l·s_{l−1} − Σ b_l·s_l with s₀ = x.

    Each layer is driven by both neighbours, a_l = W_l·s_{l−1} + W_{l+1}ᵀ·s_{l+1} + b_l, and is at
    rest at s_l = σ(a_l), with σ the inverse of G′. ∂E/∂W_l = −s_l ⊗ s_{l−1} and ∂E/∂b_l = −s_l:
    each weight sees its two neurons alone. W lies as that of a `Network` of the same sizes.

    Parameters
    ----------
    sizes : sequence of int
        Inputs, units of each hidden layer, outputs.
    activation : str or sequence of str
        σ, of all hidden layers or of each: "hard-sigmoid" (s clipped to [0, 1]), "tanh",
        "sigmoid4" (1/(1 + e^{2−4a}), of slope one), "relu" or "identity".
    output : str
        σ of the outputs; by default the identity for tanh and relu, else that of the last hidden
        layer.
    bias : bool
    init : str or sequence of float
        As of a `Network`.
    dtype : str
        float64 or float32.

    Raises
    ------
    FlownetError
        For sizes, names or a dtype that do not exist.

    References
    ----------
    Scellier and Bengio, 1602.05179; Scellier, 2103.09985.
    """

    def __init__(
        self,
        sizes: Sizes,
        activation: str | Sequence[str] = "hard-sigmoid",
        *,
        output: str | None = None,
        bias: bool = True,
        init: Init | Sequence[NotNegative] = "glorot-uniform",
        dtype: DTypeLike = "float64",
    ) -> None:
        self.network = Network(sizes, "identity", bias=bias, init=init, dtype=dtype)
        if self.network.is_complex:
            raise FlownetError("a Hopfield network has real parameters: float64 or float32.")
        sizes, hidden = self.network.sizes, len(self.network.sizes) - 2
        names = [activation] * hidden if isinstance(activation, str) else list(activation)
        if len(names) != hidden:
            raise FlownetError(
                f"{len(names)} activations for {hidden} hidden layers; give one name for all of "
                "them, or one for each."
            )
        last = names[-1] if names else str(activation)
        if output is None:
            output = "identity" if last in ("tanh", "relu") else last
        for name in (*names, output):
            if name not in UNITS:
                raise FlownetError(unknown("activation", name, UNITS))
        self.sizes, self.activation, self.output = sizes, tuple(names), output
        self.codes = np.array([UNITS[name] for name in (*names, output)], np.int64)
        self.dtype, self.size = self.network.dtype, self.network.size
        self.states, self.n_in, self.n_out = sum(sizes[1:]), sizes[0], sizes[-1]
        self.smooth = self.analytic = all(code in SMOOTH for code in self.codes)

    def relaxation(self, m, manner):
        """How m states relax, layer by layer in compiled code."""
        return Layered(self, m, manner)

    # ---- the energy, one sample a row, layers side by side ----

    def energy(self, W: ArrayLike, x: ArrayLike, s: ArrayLike) -> Vector:
        """E of each sample (m,); inf beyond a bound."""
        s = np.asarray(s)
        layers, total = self.split(s), np.zeros(len(s), s.dtype)
        for code, part, below, s_l in zip(
            self.codes, self.network.parts(np.asarray(W)), [np.asarray(x), *layers], layers
        ):
            driven = below @ part.weights.T
            if part.bias is not None:
                driven = driven + part.bias
            total += (_primitive(code, s_l) - s_l * driven).sum(axis=1)
        return total

    def slope(self, W: ArrayLike, x: ArrayLike, s: ArrayLike) -> Vector:
        """∂E/∂s = G′(s) − a (m, n); at a bound that holds a unit, 0 where a pushes against it."""
        s = np.asarray(s)
        layers = self.split(s)
        slopes = []
        for code, s_l, a in zip(self.codes, layers, self.drive(W, x, layers)):
            slopes.append(_held(code, s_l, _inverse(code, s_l) - a))
        return np.concatenate(slopes, axis=1)

    def covector(self, W, x, s, weight):
        """Σ weight·∂E/∂W (D,): −s_l ⊗ s_{l−1}, and −s_l on biases."""
        layers = self.split(np.asarray(s))
        out = np.zeros(self.size, s.dtype)
        for part, below, s_l in zip(self.network.parts(out), [x, *layers], layers):
            part.weights[...] = -(weight[:, None] * s_l).T @ below
            if part.bias is not None:
                part.bias[...] = -(weight @ s_l)
        return out

    def drive(self, W: ArrayLike, x: ArrayLike, layers: Sequence[Vector]) -> list[Vector]:
        """a_l (m, n_l) of every layer of states."""
        parts = list(self.network.parts(np.asarray(W)))
        driven = []
        for i, (part, below) in enumerate(zip(parts, [np.asarray(x), *layers])):
            a = below @ part.weights.T
            if part.bias is not None:
                a = a + part.bias
            if i + 1 < len(parts):
                a = a + layers[i + 1] @ parts[i + 1].weights
            driven.append(a)
        return driven

    def split(self, s: Vector) -> list[Vector]:
        """States (m, n) as one array (m, n_l) for each layer."""
        return np.split(s, np.cumsum(self.sizes[1:-1]), axis=1)

    def parameters(self) -> dict[str, Any]:
        """What makes this system again."""
        return {
            "sizes": list(self.sizes),
            "activation": list(self.activation),
            "output": self.output,
            "bias": self.network.bias,
            "init": self.network.init_rule,
            "dtype": self.dtype.name,
        }

    def with_dtype(self, dtype: DTypeLike) -> Hopfield:
        """The same system in another precision."""
        return Hopfield(**{**self.parameters(), "dtype": dtype})

    def __repr__(self):
        shape, names = (
            "-".join(map(str, self.sizes)),
            dict.fromkeys((*self.activation, self.output)),
        )
        return f"Hopfield {shape} ({', '.join(names)}; {self.size} parameters, {self.dtype.name})"


def _inverse(code, s):
    """G′ = σ⁻¹."""
    if code == TANH:
        return np.arctanh(s)
    if code == SIGMOID:
        return (2 + np.log(s) - np.log1p(-s)) / 4
    return s


def _primitive(code, s):
    """G, with G(0) = 0."""
    if code == TANH:
        return s * np.arctanh(s) + np.log1p(-s * s) / 2
    if code == SIGMOID:
        return s / 2 + (s * np.log(s) + (1 - s) * np.log1p(-s)) / 4
    beyond = (s.real < 0) if code != 1 else np.zeros(s.shape, bool)
    beyond = beyond | (s.real > 1) if code == 0 else beyond
    return np.where(beyond, np.inf, s * s / 2)


def _held(code, s, slope):
    """The slope, without what a bound takes up."""
    if code in (0, 2):
        slope = np.where((s <= 0) & (slope > 0), 0, slope)
    if code == 0:
        slope = np.where((s >= 1) & (slope < 0), 0, slope)
    return slope
