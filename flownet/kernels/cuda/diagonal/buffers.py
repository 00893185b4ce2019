"""Buffers of this room: pushes at single units, many of them and all samples at once.

A push at one unit of one sample is a row of a matrix, the rows of a unit's samples one below the
other, so that one product carries all pushes a layer up.
"""

from ..base.mirror import empty
from ..derivative.buffers import BLOCK_ROWS, Matrices, Parameters, State, Units

_ROOM = 1 << 24  # numbers in each buffer of pushes, about


class Pushes:
    """Room for pushes at some units of `rows` samples: `kinds` matrices, and as many a layer up."""

    def __init__(self, net, rows, kinds, dtype):
        widest = int(net.sizes[1:].max())
        self.rows, self.units = rows, max(1, min(widest, _ROOM // (rows * widest)))
        size = self.units * rows * widest
        self._kinds = [[Matrices(size, dtype) for _ in range(kinds)] for _ in range(2)]
        self.spare = Matrices(size, dtype)

    def at(self, layer):
        """What is carried, at a layer: `Matrices` of each kind; those of the next lie elsewhere."""
        return self._kinds[layer % 2]


class DiagonalBuffers:
    """What the diagonal of the Hessian needs on the device, for `rows` samples at a time."""

    def __init__(self, net, rows, dtype):
        self.state, self.squares = State(net, rows, dtype), Units(net, 1, rows, dtype)
        self.h, self.inputs = Units(net, 1, rows, dtype), empty(rows * int(net.sizes[0]), dtype)
        self.pushes, self.out = Pushes(net, rows, 1, dtype), Parameters.empty(net, dtype)
        self.factor = empty(rows, dtype)


def diagonal_buffers(net, rows, dtype):
    """`DiagonalBuffers` of a network's Hessian on `rows` samples."""
    return DiagonalBuffers(net, min(rows, BLOCK_ROWS), dtype)


class Push:
    """Pushes to third order, ż, ∂ż/∂s and z̈; made when it is known of how many samples."""

    def __init__(self, net, dtype):
        self._net, self._dtype, self._pushes = net, dtype, None

    def of(self, rows):
        """The `Pushes` of so many samples."""
        if self._pushes is None or self._pushes.rows != rows:
            self._pushes = Pushes(self._net, rows, 3, self._dtype)
        return self._pushes


def push(net, dtype):
    """`Push` of a network."""
    return Push(net, dtype)
