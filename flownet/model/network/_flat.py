"""Where each parameter lies in the flat vector W: layers as views, and W from layers."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError, shown
from .. import _check
from ._named import array_of, from_named, named

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike

    from ..._types import Vector

#: a layer's parameters as views of W: weights (n_out, n_in), those of the conjugate, bias (n_out,)
#: and the biases of modReLU, whose imaginary parts stay 0; None for what a layer does not have
Layer = namedtuple("Layer", "weights conjugate bias gate")


class FlatParameters:
    """How the parameters of a network lie in W, layer by layer.

    Attributes
    ----------
    sizes, bias, widely_linear, activation, output, dtype
        Of the network.
    """

    sizes: tuple[int, ...]
    activation: tuple[str, ...]
    output: str
    bias: bool
    widely_linear: bool
    dtype: np.dtype

    @property
    def layers(self) -> int:
        """Number of layers of weights."""
        return len(self.sizes) - 1

    @cached_property
    def ranges(self) -> list[tuple[int, int]]:
        """(begin, end) of each layer's parameters in W."""
        ends = np.cumsum([sum(extent) for extent in self._extents]).tolist()
        return list(zip([0, *ends[:-1]], ends))

    @property
    def size(self) -> int:
        """D, the number of parameters."""
        return self.ranges[-1][1]

    @property
    def _gated(self):
        return [name == "modrelu" for name in (*self.activation, self.output)]

    @cached_property
    def unit_labels(self) -> Vector:
        """Number (D,) of the unit, counted over all layers, that each parameter leads into."""
        labels, before = [], 0
        for (weights, conjugate, *single), n_out in zip(self._extents, self.sizes[1:]):
            own = before + np.arange(n_out)
            labels += [np.repeat(own, part // n_out) for part in (weights, conjugate)]
            labels += [own[:part] for part in single]
            before += n_out
        return np.concatenate(labels)

    @cached_property
    def _extents(self):
        """Numbers of each part of each `Layer`."""
        return [
            (n_out * n_in, n_out * n_in * self.widely_linear, n_out * self.bias, n_out * gated)
            for n_in, n_out, gated in zip(self.sizes, self.sizes[1:], self._gated)
        ]

    def parts(self, W: ArrayLike) -> list[Any]:
        """Each `Layer`: weights, conjugate's weights, bias, gate, as views of W (D,) or None."""
        W = _check.array("W", W)
        if W.shape[-1:] != (self.size,):
            raise FlownetError(f"W has shape {W.shape}; the network has D = {self.size}.")
        layers, at = [], 0
        for extents, n_in, n_out in zip(self._extents, self.sizes, self.sizes[1:]):
            found = []
            for extent in extents:
                found.append(W[..., at : at + extent] if extent else None)
                at += extent
            matrices = (
                part if part is None else part.reshape(*W.shape[:-1], n_out, n_in)
                for part in found[:2]
            )
            layers.append(Layer(*matrices, *found[2:]))
        return layers

    def unpack(self, W: ArrayLike) -> list[tuple[Vector, Vector | None]]:
        """Weights (n_out, n_in) and bias (n_out,) or None of each layer, as views of W (D,)."""
        return [(layer.weights, layer.bias) for layer in self.parts(W)]

    def pack(self, layers: Iterable[Sequence[Any]]) -> Vector:
        """Parameters W (D,) of layers, the inverse of `unpack` and of `parts`.

        Parameters
        ----------
        layers : sequence of (weights, bias), or of what `parts` gives
            Weights (n_out, n_in) and bias (n_out,) or None of each layer, arrays or tensors.
            Runs of an ensemble stand in front, (R, n_out, n_in), and give W (R, D).

        Returns
        -------
        ndarray (D,)
            A copy, in the network's precision.

        Raises
        ------
        FlownetError
            For a layer too many or too few, and for parts that are missing or of another shape.
        """
        if isinstance(layers, (str, bytes, Mapping)) or not np.iterable(layers):
            raise FlownetError(
                f"layers is {shown(layers)}; it has to be a list of pairs (weights, bias)."
            )
        given = [_layer(k, layer) for k, layer in enumerate(layers)]
        if len(given) != self.layers:
            raise FlownetError(
                f"{len(given)} layers to pack; the network has {self.layers}: "
                f"{'-'.join(map(str, self.sizes))}."
            )
        members = given[0].weights.shape[:-2]
        W = np.zeros((*members, self.size), self.dtype)
        for k, (own, layer) in enumerate(zip(self.parts(W), given)):
            for name, target, values in zip(Layer._fields, own, layer):
                self._fill(f"{name} of layer {k}", target, values)
        return W

    def _fill(self, name, target, values):
        """Write one part of a layer into its place."""
        if values is None and target is None:
            return
        if values is None:
            raise FlownetError(f"{name} are missing; the network's have the shape {target.shape}.")
        if target is None or values.shape != target.shape:
            wants = "none" if target is None else str(target.shape)
            raise FlownetError(f"{name} have the shape {values.shape}; the network wants {wants}.")
        if values.dtype.kind == "c" and self.dtype.kind != "c":
            raise FlownetError(f"{name} are complex; the network's numbers are {self.dtype.name}.")
        target[...] = values

    def state_dict(self, W: ArrayLike, *, names: Sequence[str] | None = None) -> dict[str, Vector]:
        """Parameters by the names that PyTorch's `nn.Sequential` gives them, as views of W (D,).

        `0.weight`, `0.bias`, `2.weight` and so on: between two layers stands the module of an
        activation. Weights of conjugate inputs are `0.conjugate`, biases of modReLU `0.gate`.

        Parameters
        ----------
        W : array (D,)
        names : sequence of str, optional
            One for each layer, such as `["fc1", "fc2"]`, in place of 0, 2, 4, …

        Returns
        -------
        dict of ndarray

        Examples
        --------
        >>> import flownet as fn
        >>> net = fn.Network([2, 3, 1])
        >>> {name: array.shape for name, array in net.state_dict(net.init(seed=0)).items()}
        {'0.weight': (3, 2), '0.bias': (3,), '2.weight': (1, 3), '2.bias': (1,)}
        """
        return named(self.parts(W), names)

    def from_state_dict(
        self, state: Mapping[str, Any], *, names: Sequence[str] | None = None
    ) -> Vector:
        """Parameters W (D,) of a dictionary of arrays or tensors, the inverse of `state_dict`.

        Parameters
        ----------
        state : mapping of str to arrays or PyTorch tensors
            Such as `module.state_dict()`; tensors may be on a device and want a gradient. With
            numbers for names layers are taken in the order of these.
        names : sequence of str, optional
            Names of the layers in the order of the network, such as `["fc1", "fc2"]`.

        Returns
        -------
        ndarray (D,)
            A copy, in the network's precision.

        Raises
        ------
        FlownetError
            For names that are missing or not expected, and parts of another shape.
        """
        return self.pack(from_named(state, self.layers, names, Layer))


def _layer(k, given):
    """A `Layer` of arrays, from what may be a pair."""
    if isinstance(given, (str, bytes)) or not np.iterable(given):
        raise FlownetError(f"layer {k} is {shown(given)}; it is a pair (weights, bias).")
    parts = tuple(given)
    if len(parts) == 2:
        parts = (parts[0], None, parts[1], None)
    if len(parts) != len(Layer._fields):
        raise FlownetError(f"layer {k} has {len(parts)} parts; it is a pair (weights, bias).")
    fields = zip(Layer._fields, parts)
    layer = Layer(*(p if p is None else array_of(f"{n} of layer {k}", p) for n, p in fields))
    if layer.weights is None or layer.weights.ndim < 2:
        raise FlownetError(f"layer {k} has no weights of the shape (n_out, n_in).")
    return layer
