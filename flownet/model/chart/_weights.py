"""Weight normalisation: the weights of each unit by their length and their direction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError
from ..._registry import kind
from ..network import Network
from ._chart import AnyChart

if TYPE_CHECKING:
    from ..._types import Vector


@kind("chart", "weight-normalisation")
class WeightNormalisation(AnyChart):
    """Weight normalisation w = g·v/‖v‖ of each unit (Salimans and Kingma, 1602.07868).

    u holds layer by layer v (n_out, n_in) row-major, then g (n_out,), then what else the layer has,
    such as its bias, as it is. The length of v moves nothing: the gradient in v is orthogonal to v,
    so that no plain step shortens it, ‖v′‖² = ‖v‖² + h²‖∂L/∂v‖².

    Parameters
    ----------
    network : Network
        Of real weights.

    Raises
    ------
    FlownetError
        For anything else.
    """

    rooted = True

    size: int
    size_W: int

    def __init__(self, network: Network) -> None:
        if not isinstance(network, Network):
            raise FlownetError(
                f"network is a {type(network).__name__}; it has to be a flownet.Network."
            )
        if network.dtype.kind != "f":
            raise FlownetError(
                f"the network's weights are {network.dtype.name}; weight "
                "normalisation is one of real weights."
            )
        self.network, self.size_W = network, network.size
        self._layers, begun = [], 0
        for (begin, end), n_in, n_out in zip(network.ranges, network.sizes, network.sizes[1:]):
            self._layers.append((begin, end, begun, n_in, n_out))
            begun += end - begin + n_out
        self.size = begun

    def parameters(self) -> dict[str, Any]:
        """What makes this chart again, beside its network."""
        return {}

    def to_W(self, u: Vector) -> Vector:
        """Parameters W (…, D) of coordinates u (…, D_u)."""
        u = np.asarray(u)
        W = np.empty((*u.shape[:-1], self.size_W), u.dtype)
        for (w, rest), (v, g, more) in zip(self._weights(W), self.unpack(u)):
            w[...], rest[...] = (g / _length(v))[..., None] * v, more
        return W

    def to_u(self, W: Vector, near: Vector | None = None) -> Vector:
        """Coordinates (…, D_u): v = w and g = ‖w‖, or lengths of v and signs of g as `near`.

        Raises
        ------
        FlownetError
            Where the weights of a unit are all 0, which is no direction.
        """
        W = np.asarray(W)
        u = np.empty((*W.shape[:-1], self.size), W.dtype)
        nears = self.unpack(u if near is None else np.asarray(near))
        for layer, ((w, rest), (v, g, more), (old, sign, _)) in enumerate(
            zip(self._weights(W), self.unpack(u), nears), 1
        ):
            length = _length(w)
            if not length.all():
                unit = int(np.argwhere(length == 0)[0, -1]) + 1
                raise FlownetError(
                    f"the weights of layer {layer} unit {unit} are all 0: they have "
                    "a length, but no direction."
                )
            g[...], v[...], more[...] = length, w, rest
            if near is not None:
                g *= np.where(sign < 0, -1, 1).astype(g.dtype)
                v *= (_length(old) / g)[..., None]
        return u

    def unpack(self, u: Vector) -> list[Any]:
        """Directions v (…, n_out, n_in), lengths g (…, n_out) and the rest of each layer: views."""
        parts = []
        for begin, end, first, n_in, n_out in self._layers:
            a, b = first + n_out * n_in, first + n_out * (n_in + 1)
            parts.append(
                (
                    u[..., first:a].reshape(*u.shape[:-1], n_out, n_in),
                    u[..., a:b],
                    u[..., b : first + end - begin + n_out],
                )
            )
        return parts

    def series(self, u: Vector, v: Vector, order: int) -> Vector:
        """Taylor coefficients (order+1, D) of s ↦ W(u + sv)."""
        out = np.zeros((order + 1, self.size_W), u.dtype)
        for (w, rest), here, along in zip(self._weights(out), self.unpack(u), self.unpack(v)):
            n = _directions(here[0], along[0], order)[1]
            w[:] = _times_line(n, here[1][:, None], along[1][:, None])
            rest[0] = here[2]
            if order:
                rest[1] = along[2]
        return out

    def pullback_series(self, u: Vector, v: Vector, dL: Vector, order: int) -> Vector:
        """Taylor coefficients (order+1, D_u): n·p for g, and (g/‖v‖)(p − n(n·p)) for v."""
        out = np.zeros((order + 1, self.size), u.dtype)
        for (dv, dg, more), (p, rest), here, along in zip(
            self.unpack(out), self._weights(np.asarray(dL)), self.unpack(u), self.unpack(v)
        ):
            inverse, n = _directions(here[0], along[0], order)
            dg[:] = np.einsum("koi,oi->ko", n, p)
            across = -_product(n, dg[..., None])
            across[0] += p
            dv[:] = _product(_times_line(inverse, here[1], along[1])[..., None], across)
            more[0] = rest
        return out

    def lift(self, u: Vector, V: Vector) -> Vector:
        """δg = n·V, δv = (‖v‖/g)(V − n(n·V)): the lift that leaves ‖v‖ alone."""
        out = np.empty(self.size, u.dtype)
        for (dv, dg, more), (V_w, rest), (v, g, _) in zip(
            self.unpack(out), self._weights(np.asarray(V)), self.unpack(u)
        ):
            dg[:], across = _along_and_across(v, V_w)
            dv[:], more[:] = _per_turn(v, g) * across, rest
        return out

    def drop(self, u: Vector, covector: Vector) -> Vector:
        """n·∂g + (‖v‖/g)(∂v − n(n·∂v)): a covector that does not ask for the length of v."""
        out = np.empty(self.size_W, u.dtype)
        for (p, rest), (dv, dg, more), (v, g, _) in zip(
            self._weights(out), self.unpack(np.asarray(covector)), self.unpack(u)
        ):
            across = _along_and_across(v, dv)[1]
            p[:], rest[:] = (dg / _length(v))[:, None] * v + _per_turn(v, g) * across, more
        return out

    def root(self, u: Vector, V: Vector, power: int) -> Vector:
        """g̃^{1/2}V (D_u,) in the plain metric of W, or with power −1 g̃^{−1/2}V; 0 along v."""
        out = np.array(V)
        for (dv, _, _), (v, g, _) in zip(self.unpack(out), self.unpack(u)):
            dv[:] = np.abs(1 / _per_turn(v, g)) ** power * _along_and_across(v, dv)[1]
        return out

    def frees(self, free: Vector) -> Vector:
        """Mask (D_u,): direction and length of a unit move where one of its weights does."""
        out = np.empty(self.size, bool)
        for (w, rest), (v, g, more) in zip(self._weights(free), self.unpack(out)):
            v[:], g[:], more[:] = w.any(axis=1)[:, None], w.any(axis=1), rest
        return out

    def of_units(self, stiffness: Vector) -> Vector:
        """Stiffness (D_u,) of each coordinate from that of each weight (D,), one for each unit."""
        out = np.empty(self.size)
        for (k, rest), (v, g, more) in zip(self._weights(stiffness), self.unpack(out)):
            if (k != k[:, :1]).any():
                raise FlownetError(
                    "the weights of a unit differ in their stiffness: in weight "
                    "normalisation such a metric has no root that is known here."
                )
            v[:], g[:], more[:] = k, k[:, 0], rest
        return out

    def _weights(self, W):
        """Weights (…, n_out, n_in) and the rest of each layer, as views of W (…, D)."""
        return [
            (
                W[..., begin : begin + n_out * n_in].reshape(*W.shape[:-1], n_out, n_in),
                W[..., begin + n_out * n_in : end],
            )
            for begin, end, _, n_in, n_out in self._layers
        ]

    def __repr__(self):
        return f"WeightNormalisation of {'-'.join(map(str, self.network.sizes))}"


def _length(v):
    return np.sqrt(np.sum(v * v, axis=-1))


def _along_and_across(v, V):
    """Component n·V (n_out,) along the direction of v, and the rest (n_out, n_in) across."""
    n = v / _length(v)[:, None]
    along = np.sum(n * V, axis=-1)
    return along, V - along[:, None] * n


def _per_turn(v, g):
    """‖v‖/g (n_out, 1): how far v has to move that w turns by a unit of length."""
    if not g.all():
        raise FlownetError(
            f"unit {int(np.argmin(g != 0)) + 1} of a layer has the length g = 0: "
            "turning it does not move W, and the metric has no inverse there."
        )
    return (_length(v) / g)[:, None]


def _directions(v, w, order):
    """Series of 1/‖v + sw‖ (order+1, n_out) and of its direction n (order+1, n_out, n_in).

    r = N^{−1/2} of N = a + bs + cs² obeys N r′ + ½N′ r = 0:
    a(k+1)·r_{k+1} = −(k + ½)b·r_k − kc·r_{k−1}.
    """
    a, b, c = np.sum(v * v, axis=-1), 2 * np.sum(v * w, axis=-1), np.sum(w * w, axis=-1)
    r = np.zeros((order + 1, len(v)), v.dtype)
    r[0] = 1 / np.sqrt(a)
    for k in range(order):
        r[k + 1] = -((k + 0.5) * b * r[k] + (k * c * r[k - 1] if k else 0)) / ((k + 1) * a)
    return r, _times_line(r[..., None], v, w)


def _times_line(series, start, slope):
    """Series of a series times start + s·slope."""
    out = series * start
    out[1:] += series[:-1] * slope
    return out


def _product(first, second):
    """Series of the product of two series, up to their order."""
    return np.array(
        [sum(first[j] * second[k - j] for j in range(k + 1)) for k in range(len(first))]
    )
