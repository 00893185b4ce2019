"""Norms of a network's layers and neurons: each block by its own length, combined."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from ..._errors import FlownetError, shown
from ..._registry import among, kind
from ...model._check import yes_or_no
from ...model.network import Network
from ._balls import Spectral, Sphere
from ._norm import Block, Combine, Norm
from ._polar import METHODS, Method

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..._types import NotNegative

UnitsOf = Literal["layers", "neurons"]

#: radius of a matrix (n_out, n_in) by the names that it has in the field
_NAMED = {
    "muon": lambda n_out, n_in: math.sqrt(max(1.0, n_out / n_in)),
    "rms": lambda n_out, n_in: math.sqrt(n_out / n_in),
}
Radii = Literal["muon", "rms"]


@kind("metric", "block")
class BlockNorm(Norm):
    """Norms of the blocks ‖W_b‖₂ combined: by their sum one block moves, by their maximum all do.

    With combine="sum" the dual is max_b ‖∂_bL‖: a step moves the one layer, or neuron, with the
    largest gradient (block coordinate descent). With "max" it is Σ_b ‖∂_bL‖, and every block moves
    by the same length (layer-wise normalised descent). With "squares" it is the plain metric of
    radii 1. It stands where a metric stands; see `Norm`.

    Parameters
    ----------
    network : Network
    of : str
        What a block is: "layers", or "neurons", a unit with the weights that enter it and its bias.
    combine : str
        "sum", "max" or "squares".
    radii : sequence of float, optional
        One a layer: how far a unit step moves a block of it, 1 by default; 0 freezes.

    Raises
    ------
    FlownetError
        For what is no network, words that are none of these, and radii below 0 or not one a layer.
    """

    def __init__(
        self,
        network: Network,
        of: UnitsOf = "layers",
        *,
        combine: Combine = "sum",
        radii: Sequence[NotNegative] | None = None,
    ) -> None:
        self.radii, self.of = _radii(network, radii), among("block", of, get_args(UnitsOf))
        blocks = []
        for (begin, end), radius in zip(network.ranges, self.radii):
            if of == "layers":
                blocks.append(Block(Sphere(), slice(begin, end), (end - begin,), radius))
            else:
                units = network.unit_labels[begin:end]
                for unit in np.unique(units):
                    where = begin + np.flatnonzero(units == unit)
                    blocks.append(Block(Sphere(), where, where.shape, radius))
        super().__init__(network.size, blocks, combine)

    def parameters(self) -> dict[str, Any]:
        """What makes this norm again, beside its network."""
        return {"of": self.of, "combine": self.combine, "radii": self.radii}

    def __repr__(self):
        return f"BlockNorm of {self.of}, by their {_WORDS[self.combine]}"


@kind("metric", "spectral")
class SpectralNorm(Norm):
    """The largest singular value of each layer's weights, in which steepest descent is Muon's.

    A layer's weights W_l move along the polar factor UVᵀ of ∂L/∂W_l = UΣVᵀ: all its singular values
    become alike. The dual of σ_max is the nuclear norm Σσ. The layers are combined by their
    maximum, with the dual Σ_l ‖∂_lL‖_*, so that every one moves by its whole factor. A bias, like a
    matrix of one column, has the length ‖·‖₂. Of complex weights it is UVᴴ, of the weights of
    conjugate inputs a factor of their own. It stands where a metric stands,
    `train(metric=SpectralNorm(network))`; see `Norm`.

    Parameters
    ----------
    network : Network
    radii : str or sequence of float, optional
        How far a unit step moves a layer, in σ: 1 by default. One number a layer, 0 freezes it; or
        "muon", max(1, n_out/n_in)^½; or "rms", (n_out/n_in)^½, in which a layer turns inputs of
        root mean square 1 into outputs of 1 (Bernstein & Newhouse). Of a bias n_in is 1.
    combine : str
        "max", by default; "sum": the one matrix or bias with the largest ‖∂_lL‖_* moves;
        "squares": each by its own.
    polar : str
        How UVᵀ is found, as in `polar`: "svd", exact; "polar-express", by matrix products alone, to
        rounding where σ ≥ 1e-6‖·‖_F, where the svd is too dear; "muon", that optimizer's
        polynomial, which is no steepest descent in any norm: `dual` is then what its step gains,
        and `exact` the norm by SVD, in which `norm_sharpness` and `action_gap` look.
    biases : bool
        Whether biases are part of it. If not they are left aside, for `Normalized(elsewhere=…)`,
        those of frozen layers too.

    Raises
    ------
    FlownetError
        For what is no network, words that are none of these, and radii below 0 or not one a layer.

    Examples
    --------
    >>> import flownet as fn
    >>> potential = fn.Potential(fn.Network([4, 8, 3]), fn.CrossEntropy(), fn.data.load("iris"))
    >>> norm = fn.SpectralNorm(potential.network)
    >>> run = fn.train(potential, fn.Aristotle(0.05), steps=20, metric=norm)
    >>> b = fn.breakdown(run, at=0)
    >>> dL = potential.differential(run.parameters[0])[1]
    >>> print(abs(b.linear / (-0.05 * norm.dual(dL) ** 2) - 1) < 1e-12)
    True
    """

    def __init__(
        self,
        network: Network,
        radii: Radii | Sequence[NotNegative] | None = None,
        *,
        combine: Combine = "max",
        polar: Method = "svd",
        biases: bool = True,
    ) -> None:
        self.radii = radii if isinstance(radii, str) else _radii(network, radii)
        self._network = network
        self.polar, self.biases = among("polar", polar, METHODS), yes_or_no("biases", biases)
        super().__init__(_network(network).size, list(self._blocks(network)), combine)

    @property
    def exact(self) -> SpectralNorm:
        """The norm itself, its steepest way by SVD, where `polar` is Muon's polynomial."""
        if self.polar != "muon":
            return self
        words = {**self.parameters(), "polar": "svd"}
        return SpectralNorm(self._network, **words)

    def _blocks(self, network):
        """One for each matrix and each bias."""
        of_layer = _NAMED.get(self.radii) if isinstance(self.radii, str) else None
        if of_layer is None and isinstance(self.radii, str):
            _radii(network, self.radii)
        for i, layer in enumerate(network.parts(np.arange(network.size))):
            for part in layer:
                if part is None or (part.ndim == 1 and not self.biases):
                    continue
                n_out, n_in = part.shape if part.ndim == 2 else (len(part), 1)
                radius = of_layer(n_out, n_in) if of_layer else self.radii[i]
                ball = Spectral(self.polar) if part.ndim == 2 else Sphere()
                begin = int(part.flat[0])
                yield Block(ball, slice(begin, begin + part.size), part.shape, radius)

    def parameters(self) -> dict[str, Any]:
        """What makes this norm again, beside its network."""
        words = {"combine": self.combine, "polar": self.polar, "biases": self.biases}
        return {"radii": self.radii, **words}

    def __repr__(self):
        said = "" if self.polar == "svd" else f", polar={self.polar!r}"
        said += "" if self.biases else ", biases=False"
        return f"SpectralNorm of radii {self.radii}, by their {_WORDS[self.combine]}{said}"


_WORDS = {"max": "maximum", "sum": "sum", "squares": "sum of squares"}


def _network(given):
    """Refuse what is no network."""
    if not isinstance(given, Network):
        raise FlownetError(f"network is a {type(given).__name__}; it has to be a flownet.Network.")
    return given


def _radii(network, given):
    """One number from 0 up for each layer."""
    layers = _network(network).layers
    try:
        radii = np.ones(layers) if given is None else np.array(given, np.float64)
    except (TypeError, ValueError, OverflowError):
        radii = np.zeros(0)
    good = radii.shape == (layers,) and (radii >= 0).all() and np.isfinite(radii).all()
    if not good or not radii.any():
        raise FlownetError(
            f"radii is {shown(given)}; it has to be {layers} numbers from 0 up, one for each layer "
            "(0 freezes it, and not all), or of a SpectralNorm 'muon' or 'rms'."
        )
    return radii.tolist()
