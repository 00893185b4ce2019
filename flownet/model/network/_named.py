"""Parameters by name, as PyTorch names them; tensors are read without importing it."""

import re
from collections.abc import Mapping

import numpy as np

from ..._errors import FlownetError, shown
from ..._registry import unknown

#: what PyTorch calls the parts of a `Layer`, and what it has no word for
_PARTS = ("weight", "conjugate", "bias", "gate")


def named(layers, names):
    """Parts of each layer by name."""
    prefixes = _prefixes(len(layers), names)
    return {
        f"{prefix}.{part}": values
        for prefix, layer in zip(prefixes, layers)
        for part, values in zip(_PARTS, layer)
        if values is not None
    }


def from_named(state, count, names, make):
    """The layers of a dictionary, each `make(weights, conjugate, bias, gate)`."""
    if not isinstance(state, Mapping) or not all(isinstance(name, str) for name in state):
        raise FlownetError(f"state is {shown(state)}; it has to be a dictionary of arrays by name.")
    prefixes = _numbered(state, count) if names is None else _prefixes(count, names)
    wanted = {f"{prefix}.{part}" for prefix in prefixes for part in _PARTS}
    for name in state:
        if name not in wanted:
            raise FlownetError(unknown("parameter", name, [f"{p}.weight" for p in prefixes]))
    for prefix in prefixes:
        if f"{prefix}.weight" not in state:
            raise FlownetError(f"{prefix}.weight is missing; there are {', '.join(state)}.")
    return [make(*(state.get(f"{prefix}.{part}") for part in _PARTS)) for prefix in prefixes]


def array_of(name, value):
    """Array of numbers of anything that makes one."""
    try:
        # a PyTorch tensor is known by this method: torch itself is never imported
        if hasattr(value, "detach"):
            value = value.detach().cpu().resolve_conj().numpy()
        array = np.asarray(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise FlownetError(f"{name}: no array of numbers: {error}") from None
    if array.dtype.kind not in "biufc":
        raise FlownetError(f"{name} holds {array.dtype}, no numbers.")
    return array


def _prefixes(count, names):
    """A name for each layer: those given, or 0, 2, 4, …"""
    if names is None:
        return [str(2 * k) for k in range(count)]
    found = [] if isinstance(names, str) or not np.iterable(names) else list(names)
    words = {name for name in found if isinstance(name, str)}
    if not len(words) == len(found) == count:
        raise FlownetError(f"names is {shown(names)}; the network has {count} layers to name.")
    return found


def _numbered(state, count):
    """Names of the layers in their order, where they are as many numbers."""
    found = list(dict.fromkeys(name.rpartition(".")[0] for name in state))
    ends = [re.fullmatch(r"(?:.*\.)?(\d+)", prefix) for prefix in found]
    if len(found) != count or not all(ends):
        raise FlownetError(
            f"the layers are called {', '.join(map(repr, found)) or 'nothing'}: the network has "
            f"{count}, whose order names= has to say."
        )
    return sorted(found, key=lambda prefix: int(prefix.rpartition(".")[2]))
