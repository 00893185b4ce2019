"""What the kernels of this room take of loss and data, on the device."""

from collections import namedtuple

from ..base.mirror import mirror
from ..base.product import Part
from .buffers import matrix

#: kind and 1/kT; output metric (n, n) and Γ (m, m), flat, None where there is none
DeviceLoss = namedtuple("DeviceLoss", "kind inverse_temperature gamma coupling")


class Samples:
    """Some samples on the device: inputs, truth (rows, n_out), weights and whether there are any.

    Parameters
    ----------
    data : `kernels.layout.Data`
    first, rows : int
        Which of them; all by default.
    """

    def __init__(self, data, first=0, rows=None):
        self._data = data
        self.rows = data.x.shape[0] if rows is None else rows
        n_out = data.y.shape[1]
        self.x = Part(mirror(data.x), first * data.x.shape[1])
        self.y = matrix(mirror(data.y), first * n_out, self.rows, n_out)
        self.weighted = int(data.weights.size > 0)
        weights = mirror(data.weights)
        self.weights = weights[first : first + self.rows] if self.weighted else weights

    def part(self, first, rows):
        """Some rows of these."""
        return Samples(self._data, first, rows)


def loss_on_device(loss):
    """`DeviceLoss` of a `Loss`."""
    return DeviceLoss(
        loss.kind,
        float(loss.inverse_temperature),
        mirror(loss.gamma) if loss.gamma.size else None,
        mirror(loss.coupling) if loss.coupling.size else None,
    )
