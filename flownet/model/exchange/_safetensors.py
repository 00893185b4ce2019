"""Parameters in safetensors files: named arrays behind a header of JSON, nothing that runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from ..._errors import FlownetError
from ..._optional import optional
from .. import _check
from ..network import Network
from ._place import free, naming, there, whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from ..._types import PathLike, Vector

_KEY = "flownet"  # of the header's texts: the network, as JSON


def to_safetensors(
    network: Network,
    W: ArrayLike,
    path: PathLike,
    *,
    names: Sequence[str] | None = None,
    overwrite: bool = False,
) -> None:
    """Write parameters to a safetensors file, under PyTorch's names; the network stands there too.

    Complex numbers are pairs of reals along a last axis, as `torch.view_as_real` has them.

    Parameters
    ----------
    network : Network
    W : array (D,)
    path : path
    names : sequence of str, optional
        One for each layer in place of 0, 2, 4, …, as of `Network.state_dict`.
    overwrite : bool
        Whether a file may be replaced.

    Raises
    ------
    FlownetError
        Without the package safetensors; for a file that exists or cannot be written.
    """
    tool = optional("safetensors.numpy", "to_safetensors")
    W = _check.vector("W", W, network.size, network.dtype)
    arrays = {
        name: np.ascontiguousarray(_in_pairs(part))
        for name, part in network.state_dict(W, names=names).items()
    }
    path = free(path, overwrite)
    about = {"network": network.describe(), "names": names and list(names)}
    broken = optional("safetensors", "to_safetensors").SafetensorError
    with naming(path, broken), whole(path) as beside:
        tool.save_file(arrays, beside, {_KEY: json.dumps(about)})


def from_safetensors(
    path: PathLike, *, network: Network | None = None, names: Sequence[str] | None = None
) -> tuple[Network, Vector]:
    """Network and parameters W (D,) of a safetensors file.

    Parameters
    ----------
    path : path
    network : Network, optional
        Whose parameters they are; what `to_safetensors` wrote says it by itself.
    names : sequence of str, optional
        Names of the layers in their order, where they are no numbers, as of
        `Network.from_state_dict`.

    Returns
    -------
    network : Network
    W : ndarray (D,)

    Raises
    ------
    FlownetError
        Without the package safetensors; for a file that is missing, damaged, or another network's.
    """
    tool = optional("safetensors", "from_safetensors")
    path = there(path)
    with naming(path, tool.SafetensorError, TypeError):
        with tool.safe_open(path, framework="np") as file:
            about = (file.metadata() or {}).get(_KEY)
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if network is None or names is None:
            said, its_names = _network_of(about)
            network, names = network or said, names or its_names
        if network is None:
            raise FlownetError("it does not say of which network it is: give network=.")
        if network.is_complex:
            arrays = {name: _from_pairs(part) for name, part in arrays.items()}
        if sum(part.size for part in arrays.values()) != network.size:
            raise FlownetError(f"its numbers are not those of {network!r}.")
        return network, network.from_state_dict(arrays, names=names)


def _network_of(about):
    """Network and names of the layers that a header tells, or None."""
    if about is None:
        return None, None
    try:
        table = json.loads(about)
        return Network(**table["network"]), table["names"]
    except (ValueError, TypeError, KeyError) as error:
        raise FlownetError(f"its header tells no network: {error}") from None


def _in_pairs(part):
    return np.stack([part.real, part.imag], axis=-1) if part.dtype.kind == "c" else part


def _from_pairs(part):
    """Complex numbers of pairs along the last axis."""
    if part.dtype.kind == "c" or part.shape[-1:] != (2,):
        return part
    return part[..., 0] + 1j * part[..., 1]
