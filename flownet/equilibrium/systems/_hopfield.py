"""Layered Hopfield networks: neurons that pull at each other both ways through the same weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..._errors import FlownetError
from ..._registry import kind, unknown
from ...kernels.scalar.states import BOUNDED, RHO_SIGMOID, RHO_TANH, SIGMOID, TANH
from ._layers import LayeredEnergy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import DTypeLike

    from ..._types import Init, NotNegative, Sizes

#: σ by name: a code, and the bounds of a unit that has some
_SIGMA = {
    "hard-sigmoid": (BOUNDED, 0.0, 1.0),
    "identity": (BOUNDED, -np.inf, np.inf),
    "relu": (BOUNDED, 0.0, np.inf),
    "tanh": (TANH, -1.0, 1.0),
    "sigmoid4": (SIGMOID, 0.0, 1.0),
}
#: of the form of 2017, where they differ
_RHO = {**_SIGMA, "tanh": (RHO_TANH, -np.inf, np.inf), "sigmoid4": (RHO_SIGMOID, 0.0, 1.0)}
_FORMS = {"primitive": _SIGMA, "rho": _RHO}


@kind("system", "hopfield")
class Hopfield(LayeredEnergy):
    """A deep Hopfield network, E = Σ G(s_l) − Σ s_l·W_l·s_{l−1} − Σ b_l·s_l with s₀ = x.

    Each layer is driven by both neighbours, a_l = W_l·s_{l−1} + W_{l+1}ᵀ·s_{l+1} + b_l, and is at
    rest at s_l = σ(a_l), with σ the inverse of G′. ∂E/∂W_l = −s_l ⊗ s_{l−1} and ∂E/∂b_l = −s_l:
    each weight sees its two neurons alone. W lies as that of a `Network` of the same sizes.

    In the form "rho" of 2017 units show ρ(s) to their neighbours, with ρ the activation,

        E = Σ ½s_l² − Σ ρ(s_l)·W_l·ρ(s_{l−1}) − Σ b_l·ρ(s_l),    ∂E/∂W_l = −ρ(s_l) ⊗ ρ(s_{l−1}),

    s is what a cost compares with the truth, and a state flows to rest, ṡ = ρ′(s)·a − s, with
    order="flow" and the step of an `Equilibrium`; under sigmoid4 within [0, 1], as in published
    programs. With the hard sigmoid, relu and the identity both forms are one energy.

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
    form : str
        "primitive" or "rho".
    readout : bool
        Whether the outputs are no units but read off the last hidden layer, o = V·s + c: the last
        layer of W. Under a nudge ∂F/∂V counts, of F = E + βC, since E does not know V.
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
        form: str = "primitive",
        readout: bool = False,
        bias: bool = True,
        init: Init | Sequence[NotNegative] = "glorot-uniform",
        dtype: DTypeLike = "float64",
    ) -> None:
        self._lay_out(sizes, bias, init, dtype, reads_out=bool(readout))
        hidden = len(self.sizes) - 2
        if readout and output is not None:
            raise FlownetError("output and readout are both given: a readout has no units.")
        names = [activation] * hidden if isinstance(activation, str) else list(activation)
        if len(names) != hidden:
            raise FlownetError(
                f"{len(names)} activations for {hidden} hidden layers; give one name for all of "
                "them, or one for each."
            )
        last = names[-1] if names else str(activation)
        if output is None:
            output = "identity" if last in ("tanh", "relu") else last
        units = tuple(names) if readout else (*names, output)
        for name in units:
            if name not in _SIGMA:
                raise FlownetError(unknown("activation", name, _SIGMA))
        if form not in _FORMS:
            raise FlownetError(unknown("form", form, _FORMS))
        self.activation, self.form = tuple(names), form
        self.output = None if readout else output
        every = [_FORMS[form][name] for name in units]
        self.codes = np.array([code for code, _, _ in every], np.int64)
        low, high = (
            np.repeat([each[i] for each in every], self.inner.sizes[1:]).astype(self.dtype)
            for i in (1, 2)
        )
        self._units = self._units_of(np.ones(self.states, self.dtype), low, high)
        bounded = np.isin(self.codes, (BOUNDED, RHO_SIGMOID))
        ends = np.isfinite([each[1:] for each in every]).any(axis=1)
        self.smooth = not (bounded & ends).any()
        self.analytic = self.smooth and not self.mapped

    def check_order(self, order):
        """Units that show ρ(s) flow."""
        if self.mapped and order != "flow":
            raise FlownetError(
                f"order is {order!r}; the form 'rho' of tanh or sigmoid4 units has no exact least "
                "of a layer: take order='flow', and a step."
            )

    step = 0.5

    def units(self, W):
        """What each unit is."""
        return self._units

    def inverse(self, layer, s, units):
        """G′ = σ⁻¹ of a layer."""
        if self.codes[layer] == TANH:
            return np.arctanh(s)
        if self.codes[layer] == SIGMOID:
            return (2 + np.log(s) - np.log1p(-s)) / 4
        return s

    def primitive(self, layer, s, units):
        """G of a layer, 0 at 0 or at the bound."""
        if self.codes[layer] == TANH:
            return s * np.arctanh(s) + np.log1p(-s * s) / 2
        if self.codes[layer] == SIGMOID:
            return s / 2 + (s * np.log(s) + (1 - s) * np.log1p(-s)) / 4
        return s * s / 2

    def parameters(self):
        """What makes this system again."""
        names = {"activation": list(self.activation), "form": self.form}
        names |= {"readout": True} if self.reads_out else {"output": self.output}
        return {**super().parameters(), **names}

    def __repr__(self):
        names = ", ".join(dict.fromkeys((*self.activation, self.output or "readout")))
        shape = "-".join(map(str, self.sizes))
        return f"Hopfield {shape} ({names}; {self.size} parameters, {self.dtype.name})"
