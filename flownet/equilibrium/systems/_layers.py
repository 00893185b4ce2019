"""Energies of layers that see their neighbours alone, E = Σ G(s_l) − Σ s_l·W_l·s_{l−1} − b·s."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError
from ...kernels.layout import Units
from ...kernels.scalar.states import CLIPPED, MAPPED
from ...model.network import Network
from .._energy import Energy
from ._relaxing import Layered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, DTypeLike

    from ..._types import Vector


#: ρ and ρ′ of mapped codes
_RHO = (np.tanh, lambda s: (1 + np.tanh(2 * s - 1)) / 2)
_RHO_SLOPES = (lambda s: 1 / np.cosh(s) ** 2, lambda s: 1 / np.cosh(2 * s - 1) ** 2)


class LayeredEnergy(Energy):
    """What systems of layers share; each says what its units are, `units(W)`, and G and G′.

    Units of some codes are seen by their neighbours as ρ(s): E = Σ G(s_l) − ρ(s_l)·a_l then.
    """

    sizes: tuple[int, ...]
    codes: Vector
    has_series = True

    def _lay_out(self, sizes, bias, init, dtype, *, doubled=False, reads_out=False):
        """Where the parameters lie, as of a network whose inputs may come twice.

        One that reads its outputs off a state has its last layer for that, not for units.
        """
        if doubled:
            sizes = [2 * sizes[0], *sizes[1:]]
        self.network = Network(sizes, "identity", bias=bias, init=init, dtype=dtype)
        if self.network.is_complex:
            raise FlownetError("a layered system has real parameters: float64 or float32.")
        self.sizes, self.dtype = self.network.sizes, self.network.dtype
        self.reads_out, self.inner = reads_out, self.network
        if reads_out:
            if len(self.sizes) < 3:
                raise FlownetError(
                    "a readout wants a hidden layer to read off: three sizes or more."
                )
            self.inner = Network(self.sizes[:-1], "identity", bias=bias, dtype=dtype)
        self.size, self.states = self.network.size, sum(self.inner.sizes[1:])
        self.n_in, self.n_out = self.sizes[0] // (1 + doubled), self.sizes[-1]

    def _units_of(self, own, first, second):
        return Units(self.codes, own, first, second)

    def units(self, W: Vector) -> Any:
        """What each unit is at W: `kernels.layout.Units`."""
        raise NotImplementedError

    def couplings(self, V: Vector) -> Vector:
        """What binds layers to their neighbours and drives them, laid out as V (D,): V itself."""
        return V

    def stiffness(self, V: Vector) -> Vector:
        """By how much the units' own stiffness (n,) changes along V (D,): not at all."""
        return np.zeros(self.states, self.dtype)

    def inverse(self, layer: int, s: Vector, units: Units) -> Vector:
        """G′ of a layer's units."""
        raise NotImplementedError

    def primitive(self, layer: int, s: Vector, units: Units) -> Vector:
        """G of a layer's units."""
        raise NotImplementedError

    def relaxation(self, m, manner):
        """How m states relax, layer by layer in compiled code."""
        return Layered(self, m, manner)

    # ---- the energy, one sample a row, layers side by side ----

    def energy(self, W: ArrayLike, x: ArrayLike, s: ArrayLike) -> Vector:
        """E of each sample (m,); inf beyond a bound."""
        W, s = np.asarray(W), np.asarray(s)
        layers, total, units = self.split(s), np.zeros(len(s), s.dtype), self.units(W)
        seen = self.images(layers)
        for i, (part, below, s_l) in enumerate(
            zip(self._parts(self.couplings(W)), [np.asarray(x), *seen], layers)
        ):
            driven = below @ part.weights.T
            if part.bias is not None:
                driven = driven + part.bias
            own = self.of_layer(units, i)
            G = self.primitive(i, s_l, own)
            if self.codes[i] in CLIPPED:
                G = np.where((s_l.real < own.first) | (s_l.real > own.second), np.inf, G)
            total += (G - seen[i] * driven).sum(axis=1)
        return total

    def slope(self, W: ArrayLike, x: ArrayLike, s: ArrayLike) -> Vector:
        """∂E/∂s = G′(s) − a (m, n); at a bound, without what the bound takes up."""
        W, layers = np.asarray(W), self.split(np.asarray(s))
        slopes, units = [], self.units(W)
        driven, bends = self.drive(W, x, self.images(layers)), self.image_slopes(layers)
        for i, (s_l, a, bend) in enumerate(zip(layers, driven, bends)):
            own = self.of_layer(units, i)
            slope = self.inverse(i, s_l, own) - bend * a
            if self.codes[i] in CLIPPED:
                slope = np.where((s_l <= own.first) & (slope > 0), 0, slope)
                slope = np.where((s_l >= own.second) & (slope < 0), 0, slope)
            slopes.append(slope)
        return np.concatenate(slopes, axis=1)

    def covector(self, W, x, s, weight):
        """Σ weight·∂E/∂W (D,): −s_l ⊗ s_{l−1}, and −s_l on biases."""
        layers = self.images(self.split(np.asarray(s)))
        out = np.zeros(self.size, s.dtype)
        for part, below, s_l in zip(self._parts(out), [x, *layers], layers):
            part.weights[...] = -(weight[:, None] * s_l).T @ below
            if part.bias is not None:
                part.bias[...] = -(weight @ s_l)
        return self.couplings(out)

    def drive(
        self, W: ArrayLike, x: ArrayLike, layers: Sequence[Vector], *, bias: bool = True
    ) -> list[Vector]:
        """a_l (m, n_l) of every layer, of what is seen of its neighbours.

        Without its `bias` the part that is bilinear in W and s.
        """
        parts = list(self._parts(self.couplings(np.asarray(W))))
        driven = []
        for i, (part, below) in enumerate(zip(parts, [np.asarray(x), *layers])):
            a = below @ part.weights.T
            if part.bias is not None and bias:
                a = a + part.bias
            if i + 1 < len(parts):
                a = a + layers[i + 1] @ parts[i + 1].weights
            driven.append(a)
        return driven

    @property
    def mapped(self) -> bool:
        """Whether some units show ρ(s) to their neighbours; such a system flows alone."""
        return bool((self.codes >= MAPPED).any())

    def images(self, layers: Sequence[Vector]) -> list[Vector]:
        """What neighbours see of each layer: ρ(s), or s itself."""
        return [
            _RHO[code - MAPPED](s) if code >= MAPPED else s for code, s in zip(self.codes, layers)
        ]

    def image_slopes(self, layers: Sequence[Vector]) -> list[Any]:
        """ρ′(s) of each layer, or 1."""
        return [
            _RHO_SLOPES[code - MAPPED](s) if code >= MAPPED else s.dtype.type(1)
            for code, s in zip(self.codes, layers)
        ]

    def beside(self, states: Any, s: Vector, u: Vector, weight: Vector, dL: Vector) -> None:
        """Add to dL what ∂E/∂W changes by along u beside the products of neighbours: nothing."""

    def split(self, s: Vector) -> list[Vector]:
        """States (m, n) as one array (m, n_l) for each layer."""
        return np.split(s, np.cumsum(self.inner.sizes[1:-1]), axis=1)

    def readout(self, W: Vector) -> Any:
        """The part of W (D,) that reads outputs off the last layer: weights and bias."""
        return self.network.parts(W)[-1]

    def _parts(self, W):
        """Of layers of units alone."""
        return self.inner.parts(W[: self.inner.size])

    def parameters(self) -> dict[str, Any]:
        """What makes this system again."""
        return {
            "sizes": [self.n_in, *self.sizes[1:]],
            "bias": self.network.bias,
            "init": self.network.init_rule,
            "dtype": self.dtype.name,
        }

    def with_dtype(self, dtype: DTypeLike) -> Any:
        """The same system in another precision."""
        return type(self)(**{**self.parameters(), "dtype": dtype})

    def of_layer(self, units: Units, layer: int) -> Units:
        """Of all units those of a layer."""
        code, *numbers = units
        begin, end = self.inner.plan.units[layer : layer + 2]
        return Units(code, *(each[begin:end] for each in numbers))
