"""Layers of complex units that pull at each other through the same weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..._errors import FlownetError
from ..._random import normal, stream_key
from ..._registry import kind
from ...model import _check
from ._energy import ComplexEnergy

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from ..._types import NotNegative, Positive, Sizes

_TRIES = 40  # of Newton's method for the square of a unit


@kind("system", "complex-hopfield")
class ComplexHopfield(ComplexEnergy):
    """Layered complex units, E = Σ ½|z_l|² + ¼c|z_l|⁴ − Re Σ z_lᴴ·(W_l·z_{l−1} + b_l) with z_0 = x.

    Coupled oscillators in the frame that turns with them: each unit is driven by both neighbours,
    a_l = W_l·z_{l−1} + W_{l+1}ᴴ·z_{l+1} + b_l, and at rest z(1 + c|z|²) = a. Each weight sees its
    two units alone, 2∂E/∂W̄_l = −z_l·z_{l−1}ᴴ. E stays when all units, inputs and biases turn by
    one phase. The parameters are, layer by layer, weights (n_l, n_{l−1}) and biases.

    Parameters
    ----------
    sizes : sequence of int
        Inputs, units of each hidden layer, outputs: of complex numbers.
    quartic : float
        c, from 0 up; with 0 weights have to stay small for a least energy to exist.
    scale : float
        Of initial weights, whose |W|² is scale²/n_in in the mean; biases begin at 0.
    bias : bool
    dtype : str
        complex128 or complex64.

    Raises
    ------
    FlownetError
        For a dtype that is not complex.
    """

    analytic = True

    def __init__(
        self,
        sizes: Sizes,
        quartic: NotNegative = 1.0,
        *,
        scale: Positive = 0.5,
        bias: bool = True,
        dtype: DTypeLike = "complex128",
    ) -> None:
        self.dtype = _check.network_dtype(dtype)
        if self.dtype.kind != "c":
            raise FlownetError(f"dtype is {dtype!r}; complex units want complex128 or complex64.")
        self.sizes, self.quartic, self.bias = tuple(map(int, sizes)), float(quartic), bool(bias)
        self.scale = _check.positive("scale", scale)
        self.n_in, self.n_out, self.units = self.sizes[0], self.sizes[-1], sum(self.sizes[1:])
        self.states = 2 * self.units
        self.size = sum(n * (below + self.bias) for below, n in self._shapes())

    def _shapes(self):
        return list(zip(self.sizes[:-1], self.sizes[1:]))

    def unpack(self, W):
        """Weights (n_l, n_{l−1}) and biases (n_l,) of each layer, views of W (D,)."""
        parts, at = [], 0
        for below, n in self._shapes():
            weights, at = W[at : at + n * below].reshape(n, below), at + n * below
            bias = W[at : at + n] if self.bias else np.zeros(n, W.dtype)
            parts.append((weights, bias))
            at += n * self.bias
        return parts

    def init(self, seed=0):
        """Complex Gaussian weights, no biases."""
        drawn = normal(seed, stream_key("init"), 2 * self.size).view(np.complex128)
        W = (self.scale * np.sqrt(0.5) * drawn).astype(self.dtype)
        for weights, bias in self.unpack(W):
            weights /= np.sqrt(weights.shape[1])
            bias[:] = 0
        return W

    def _split(self, z):
        return np.split(z, np.cumsum(self.sizes[1:-1]), axis=1)

    def _driven(self, parts, x, layers, i):
        """a_l of a layer, by both its neighbours."""
        weights, bias = parts[i]
        a = (x if i == 0 else layers[i - 1]) @ weights.T + bias
        return a + layers[i + 1] @ parts[i + 1][0].conj() if i + 1 < len(parts) else a

    def real_energy(self, W, x, z):
        """E (m,)."""
        square, total = (z * z.conj()).real, 0.0
        layers = self._split(z)
        for (weights, bias), below, z_l in zip(self.unpack(W), [x, *layers], layers):
            total = total - (z_l.conj() * (below @ weights.T + bias)).sum(axis=1).real
        return total + (square / 2 + self.quartic * square**2 / 4).sum(axis=1)

    def fall(self, W, x, z, w):
        """2∂E/∂z̄ (m, n)."""
        parts, layers = self.unpack(W), self._split(z)
        driven = [self._driven(parts, x, layers, i) for i in range(len(parts))]
        return z + self.quartic * z * z * w - np.concatenate(driven, axis=1)

    def curvature(self, W, x, s, u):
        """E_ss·u (m, 2n)."""
        (z, w), (dz, dw) = self.pair(s), self.pair(u)
        parts, moved = self.unpack(W), self._split(dz)
        parts = [(weights, 0 * bias) for weights, bias in parts]
        driven = [self._driven(parts, 0 * x, moved, i) for i in range(len(parts))]
        bent = self.quartic * (2 * z * w * dz + z * z * dw)
        return self.planes(dz + bent - np.concatenate(driven, axis=1))

    def cogradient(self, W, x, z, w, weight):
        """Σ weight·2∂E/∂W̄ (D,): −z_l·z_{l−1}ᴴ and −z_l."""
        found, conj_below = [], x.conj()
        for z_l, w_l in zip(self._split(z), self._split(w)):
            weighed = weight[:, None] * z_l
            found.append(-(weighed.T @ conj_below).ravel())
            if self.bias:
                found.append(-weighed.sum(axis=0))
            conj_below = w_l
        return np.concatenate(found)

    def settle(self, W, x, s, pull):
        """Each layer where its neighbours drive it, odd ones before even ones."""
        z, w = self.pair(s)
        z, w, n = [*self._split(z)], [*self._split(w)], len(self.sizes) - 1
        parts = self.unpack(W)
        for i in [*range(0, n, 2), *range(1, n, 2)]:
            a = self._driven(parts, x, z, i)
            b = self._partner(parts, x, w, i)
            stiff = 1.0
            if pull.held.size and i == n - 1:
                held, k = pull.held[: self.n_out], self.n_out
                one, other = pull.drive[:, :k], pull.drive[:, k:]
                a, b, stiff = a + one + 1j * other, b + one - 1j * other, 1 + held
            z[i], w[i] = self._at_rest(a, b, stiff, z[i] * w[i])
        settled = self.planes(np.concatenate(z, axis=1), np.concatenate(w, axis=1))
        return settled if np.iscomplexobj(s) else settled.real

    def _partner(self, parts, x, w, i):
        """The conjugate of a_l, written in w."""
        weights, bias = parts[i]
        b = (x.conj() if i == 0 else w[i - 1]) @ weights.conj().T + bias.conj()
        return b + w[i + 1] @ parts[i + 1][0] if i + 1 < len(parts) else b

    def _at_rest(self, a, b, stiff, t):
        """z and w with z(k + ct) = a and w(k + ct) = b, t = zw: t(k + ct)² = ab."""
        p, c = a * b, self.quartic
        for _ in range(_TRIES):
            held = stiff + c * t
            step = (t * held**2 - p) / (held**2 + 2 * c * t * held)
            t = t - step
            if (np.abs(step) <= 4 * np.finfo(self.dtype).eps * np.abs(t)).all():
                break
        held = stiff + c * t
        return a / held, b / held

    def parameters(self):
        """What makes this system again."""
        return {
            "sizes": list(self.sizes),
            "quartic": self.quartic,
            "scale": self.scale,
            "bias": self.bias,
            "dtype": self.dtype.name,
        }

    def with_dtype(self, dtype):
        """The same system in another precision."""
        return ComplexHopfield(**{**self.parameters(), "dtype": dtype})

    def __repr__(self):
        shape = "-".join(map(str, self.sizes))
        return f"ComplexHopfield {shape} ({self.size} parameters, {self.dtype.name})"
