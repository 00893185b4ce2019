"""The metric of groups: one stiffness for each neuron, or for any named group of parameters."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError, shown
from ..._registry import kind, unknown
from ...model._check import is_whole
from ._layer import check_network
from ._ranges import Ranges

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from ..._types import Groups, Indices, Stiffness, Whole
    from ...model.network import Network

_NAME = re.compile(r"[\w.+-]+", re.ASCII)  # what a run's file can call an array
_FEW = 1000


@dataclass
class Group:
    """What the table of a group may say."""

    stiffness: Stiffness
    layer: Whole | None = None
    neurons: Indices | None = None
    inputs: Indices | None = None
    where: Indices | None = None


_KEYS = tuple(field.name for field in fields(Group))


@kind("metric", "group")
class GroupMetric(Ranges):
    """One stiffness for each neuron, and others for named groups; `inf` freezes (TM 8-10).

    Parameters
    ----------
    network : Network
    stiffness : float, or sequence with one entry for each layer
        An entry is a number for the layer or an array (n_out,), one for each of its neurons: a
        neuron is a unit with the weights that enter it and its bias.
    groups : dict, optional
        Named groups that have a stiffness of their own, each a table: `stiffness`, a number, and
        either `layer`, counted from 0 as `network.unpack(W)` does, and if not all of it is meant
        `neurons` (numbers of its units) or `inputs` (numbers of the units that enter it: weights
        alone, no bias); or `where`, a mask (D,) or indices of W. What two groups share is frozen
        if one of them freezes it.

    Raises
    ------
    FlownetError
        Unless the numbers are above 0, one for each layer or neuron or parameter that a group
        names, and no two groups give a parameter two stiffnesses.

    Examples
    --------
    >>> import flownet as fn
    >>> net = fn.Network([4, 3, 2])
    >>> metric = fn.GroupMetric(net, [[1.0, 1.0, 100.0], 1.0],
    ...                         groups={"blind": {"stiffness": float("inf"), "layer": 0,
    ...                                           "inputs": [3]}})
    """

    def __init__(
        self,
        network: Network,
        stiffness: ArrayLike | Sequence[ArrayLike] = 1.0,
        groups: Groups | None = None,
    ) -> None:
        check_network(network)
        places = network.unpack(np.arange(network.size))
        self._given = _entries(stiffness, places)
        whole = np.empty(network.size)
        for parts, of_layer in zip(places, self._given):
            for part in parts:
                if part is not None:
                    whole[part.T] = of_layer
        self.groups = _checked(groups)
        taken = np.full(network.size, "", object)
        for name, group in self.groups.items():
            where, own = _where(name, group, places, network.size), group["stiffness"]
            others, shared = whole[where], taken[where] != ""
            if (both := shared & (others != own) & np.isfinite(others + own)).any():
                i = where[np.argmax(both)]
                raise FlownetError(
                    f"groups {taken[i]!r} and {name!r} share parameter {i}; a "
                    "parameter has one stiffness, unless one of them freezes it."
                )
            where = where[~(shared & np.isinf(others))]
            taken[where], whole[where] = name, own
        edges = np.flatnonzero(whole[1:] != whole[:-1]) + 1
        super().__init__([0, *edges, network.size], whole[[0, *edges]])

    def parameters(self) -> dict[str, Any]:
        """What makes this metric again, beside its network."""
        own = {"stiffness": [np.asarray(entry).tolist() for entry in self._given]}
        groups = {
            name: {key: _short(value) for key, value in group.items()}
            for name, group in self.groups.items()
        }
        return {**own, "groups": groups} if groups else own

    def __repr__(self):
        named = f", {', '.join(self.groups)}" if self.groups else ""
        return f"GroupMetric of {self.size} parameters in {len(self.stiffness)} ranges{named}"


def _short(value):
    """Indices as a list where there are few: what a person can read in a file."""
    return value.tolist() if isinstance(value, np.ndarray) and value.size <= _FEW else value


def _entries(given, places):
    """A number or an array (n_out,) for each layer."""
    wanted = (
        f"stiffness is {shown(given)}; it has to be one number above 0 (inf freezes), or "
        f"{len(places)} entries, one for each layer: a number, or one for each neuron"
    )
    try:
        if isinstance(given, (int, float, np.number)):
            given = [given] * len(places)
        entries = [np.array(entry, np.float64) for entry in given]
    except (TypeError, ValueError, OverflowError):
        entries = []
    if len(entries) != len(places):
        raise FlownetError(f"{wanted}.")
    for i, (entry, (weights, *_)) in enumerate(zip(entries, places), 1):
        if entry.shape not in ((), (len(weights),)):
            raise FlownetError(f"{wanted}; layer {i} has {len(weights)} neurons.")
        if not (entry > 0).all():
            raise FlownetError(f"{wanted}; that of layer {i} is not above 0.")
    return entries


def _checked(groups):
    """Tables of named groups; what says where as indices."""
    if not isinstance(groups or {}, dict):
        raise FlownetError(
            f"groups is {shown(groups)}; it has to be a dictionary of tables, "
            '{name: {"stiffness": 100.0, "where": indices}}.'
        )
    found = {}
    for name, group in (groups or {}).items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise FlownetError(
                f"a group is called {name!r}; a name of letters, digits and ._+- is wanted."
            )
        if not isinstance(group, dict):
            raise FlownetError(
                f"group {name!r} is {shown(group)}; it has to be a table such as "
                '{"stiffness": 100.0, "layer": 0, "neurons": [2, 3]}.'
            )
        for key in group:
            if key not in _KEYS:
                raise FlownetError(f"group {name!r}: {unknown('key', key, _KEYS)}")
        stiffness = group.get("stiffness")
        if (
            isinstance(stiffness, bool)
            or not isinstance(stiffness, (int, float, np.number))
            or (not stiffness > 0)
        ):
            raise FlownetError(
                f"group {name!r} has the stiffness {shown(stiffness)}; it has to be "
                "a number above 0 (inf freezes)."
            )
        if ("where" in group) == ("layer" in group) or (
            "where" in group and {"neurons", "inputs"} & set(group)
        ):
            raise FlownetError(
                f"group {name!r} wants either where, or a layer, with neurons or "
                "inputs of it if not all are meant."
            )
        found[name] = {
            "stiffness": float(stiffness),
            **{
                key: _indices(name, key, group[key])
                for key in _KEYS[1:]
                if group.get(key) is not None
            },
        }
    return found


def _indices(name, key, given):
    """A layer's number, or indices of a mask or a sequence."""
    if key == "layer":
        if not is_whole(given, -np.inf):
            raise FlownetError(
                f"group {name!r}: layer is {shown(given)}; it has to be its number, counted from 0."
            )
        return int(given)
    try:
        found = np.array(given)
    except ValueError:
        found = np.zeros((0, 0))
    if key == "where" and found.ndim == 1 and found.dtype == bool:
        return found
    if found.ndim != 1 or not found.size or found.dtype.kind not in "iu":
        raise FlownetError(
            f"group {name!r}: {key} is {shown(given)}; it has to be "
            f"{'a mask (D,) or ' * (key == 'where')}a row of whole numbers."
        )
    return np.unique(found).astype(np.int64)


def _where(name, group, places, size):
    """Indices of W that a group names."""
    if "where" in group:
        where = group["where"]
        if where.dtype == bool:
            if where.shape != (size,):
                raise FlownetError(
                    f"group {name!r}: where is a mask of {where.size}; the network "
                    f"has {size} parameters."
                )
            where = group["where"] = np.flatnonzero(where)
        return _within(name, "where", where, size, "parameters")
    layer = _within(name, "layer", np.array([group["layer"]]), len(places), "layers")[0]
    parts = [part for part in places[layer] if part is not None]
    n_out, n_in = parts[0].shape
    neurons = _within(name, "neurons", group.get("neurons", np.arange(n_out)), n_out, "neurons")
    if "inputs" in group:
        inputs = _within(name, "inputs", group["inputs"], n_in, "inputs")
        parts = [part[:, inputs] for part in parts if part.ndim == 2]
    return np.concatenate([part[neurons].ravel() for part in parts])


def _within(name, key, indices, count, what):
    if indices.size and not (indices.min() >= 0 and indices.max() < count):
        wrong = indices[(indices < 0) | (indices >= count)][0]
        raise FlownetError(
            f"group {name!r}: {key} names {wrong}; there are {count} {what}, counted from 0."
        )
    return indices
