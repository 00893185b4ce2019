"""The explicit path by which a spare neuron exchanges two units of a layer, the loss unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..._errors import FlownetError, shown
from ...model._check import is_whole, numbers_in, vector
from ...model.network import Network

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..._types import Indices, Vector


def spare_path(
    network: Network, W: ArrayLike, order: Indices, *, spare: int, layer: int = 0
) -> Vector:
    """Corners of a path of equal loss to the same network with units of a layer in another order.

    The spare unit feeds nothing: its outgoing weights are 0. A unit moves into its place by two
    straight legs, neither of which changes the map: the spare one takes over what comes into the
    unit, then by and by what goes out of it, w → (1−s)w and 0 → sw; now the unit itself is spare.
    Each cycle of the permutation takes one move more than it has units, and a last leg brings back
    what came into the spare unit: with one unit more per layer permutations of a minimum are joined
    (Şimşek et al., arXiv:2105.12221).

    Parameters
    ----------
    network : Network
    W : array (D,)
    order : sequence of int
        For each unit of the layer, which unit of W stands in its place at the end.
    spare : int
        The unit that feeds nothing; it stays in its place, order[spare] = spare.
    layer : int
        Hidden layer, counted from 0.

    Returns
    -------
    ndarray (corners, D)
        W first; straight lines join one corner with the next.

    Raises
    ------
    FlownetError
        Unless `order` permutes the units of a hidden layer and leaves the spare one in its place,
        which feeds nothing.
    """
    if not isinstance(network, Network) or network.is_complex:
        raise FlownetError(f"network is {shown(network)}; it has to be a flownet.Network of reals.")
    W = vector("W", W, network.size, network.dtype)
    if not is_whole(layer, 0, network.layers - 2):
        raise FlownetError(f"layer is {shown(layer)}; hidden layers are 0 to {network.layers - 2}.")
    n = network.sizes[layer + 1]
    order = numbers_in("order", order)
    if order.shape != (n,) or sorted(order.tolist()) != list(range(n)):
        raise FlownetError(
            f"order is {shown(order)}; it has to permute the {n} units of layer {layer}."
        )
    if not is_whole(spare, 0, n - 1) or order[spare] != spare:
        raise FlownetError(
            f"spare is {shown(spare)}; it has to be a unit that order leaves in place."
        )
    corners = [W]
    if _units(network, W, layer)[2][:, spare].any():
        raise FlownetError(f"unit {spare} of layer {layer} feeds the next one: it is not spare.")
    for cycle in _cycles(order):
        hole = spare
        for unit in [*cycle, spare]:  # the first waits in the spare one's place until the end
            corners += _moved(network, corners[-1], layer, unit, hole)
            hole = unit
    last = corners[-1].copy()
    for now, before in zip(_units(network, last, layer)[:2], _units(network, W, layer)[:2]):
        now[spare] = before[spare]
    return np.stack([*corners, last])


def _moved(network, W, layer, unit, hole):
    """Corners at which a unit has moved into the place of one that feeds nothing."""
    copied = W.copy()
    for ins in _units(network, copied, layer)[:2]:
        ins[hole] = ins[unit]
    shifted = copied.copy()
    out = _units(network, shifted, layer)[2]
    out[:, hole], out[:, unit] = out[:, unit].copy(), 0
    return [copied, shifted]


def _units(network, W, layer):
    """Views of what comes into the units of a hidden layer, weights and bias, and what goes out."""
    (weights, bias), (above, _) = network.unpack(W)[layer : layer + 2]
    return weights, np.zeros(len(weights)) if bias is None else bias, above


def _cycles(order):
    """Cycles of a permutation that move something: a place, the unit that comes there, its own …"""
    left, found = set(range(len(order))), []
    while left:
        cycle = [min(left)]
        while (unit := int(order[cycle[-1]])) != cycle[0]:
            cycle.append(unit)
        left -= set(cycle)
        found += [cycle] if len(cycle) > 1 else []
    return found
