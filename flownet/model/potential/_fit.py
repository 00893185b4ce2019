"""Whether network, loss and data fit each other, and which data a result is of."""

import numpy as np

from ..._errors import FlownetError
from ..._origin import sha256_of
from ...data._dataset import Dataset
from ..network import Network
from ._contract import AnyPotential
from ._loss import Loss


def check_parts(network, loss, data):
    """Refuse other things than these, and data with other inputs or outputs than the network's."""
    for name, part, kind, wanted in (
        ("network", network, Network, "a flownet.Network"),
        ("loss", loss, Loss, "one such as flownet.Quadratic() or flownet.CrossEntropy()"),
        ("data", data, Dataset, "a flownet.Dataset"),
    ):
        if not isinstance(part, kind):
            raise FlownetError(f"{name} is {_a(part)}; it has to be {wanted}.")
    for what, have, want in (
        ("inputs", data.x.shape[1], network.sizes[0]),
        ("outputs", data.y.shape[1], network.sizes[-1]),
    ):
        if have != want:
            raise FlownetError(
                f"the data {data.name!r} have {have} {what}, "
                f"the network {want}." + (_hint(data, have, want) if what == "outputs" else "")
            )


def _a(part):
    """What somebody has handed in, an instance or a class, in words."""
    is_class = isinstance(part, type)
    return f"the class {part.__name__}" if is_class else f"a {type(part).__name__}"


def _hint(data, have, want):
    """What may be meant by outputs of another number than the network's."""
    if have == 1 < want and _is_whole(data.y):
        return (
            " If y are class labels, give them as whole numbers of the shape (m,): "
            "y.astype(int).ravel()."
        )
    if data.labels is None:
        return ""
    if have < want:
        return f" Dataset(x, labels, classes={want}) names classes that no label shows."
    if want == 1:
        return " Whole numbers y are class labels: if they are values to fit, give y.astype(float)."
    return ""


def _is_whole(y):
    """Whether all numbers are whole and none negative, as those of classes are."""
    return y.dtype.kind != "c" and bool(((y >= 0) & (y == np.floor(y))).all())


@sha256_of.register
def _of_data(source: Dataset) -> str:
    return source.sha256


@sha256_of.register
def _of_potential(source: AnyPotential) -> str | None:
    return source.data.sha256 if isinstance(source.data, Dataset) else None
