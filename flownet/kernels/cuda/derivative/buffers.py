"""What the kernels of this room keep on the device, and what of it the layers above may look at.

Units lie as on the CPU: layer l from `capacity·units[l]` on, one sample a row. The numbers of a
kind, a, φ′, G and so on, of all units come one kind after another in one array, so that a kernel
takes few arguments.
"""

from collections import namedtuple
from functools import cached_property

import numpy as np

from ..base.current import number, on
from ..base.launch import over
from ..base.mirror import empty, fetch, send
from ..base.product import Part
from ..network.work import workspace

A, SLOPE, CURVATURE, BEND, TWIST, G = range(6)  # of a state
Z1, A1, G1, DRIFT, Z2, A2 = range(6)  # of a response; from DRIFT on where it is of second order

BLOCK_ROWS = 4096  # samples at a time in sums over all of them
SCRATCH = 4  # series that an activation works with beside its own
PAIR_ROWS = 14  # series that a complex one works with
_AT_WORK = 1 << 14  # threads that have series of their own
_JET = 1 << 24  # numbers in each of the two buffers of a jet, about


def few(count):
    """Blocks and threads for so many units, where each thread has series of its own."""
    blocks, threads = over(count)
    return min(blocks, _AT_WORK // threads), threads


def matrix(array, at, rows, cols):
    """Matrix (rows, cols) that begins at a place of a flat array."""
    return array[at : at + rows * cols].reshape(rows, cols)


class Parameters:
    """A vector of parameters on the device, from place `base` of a flat array on."""

    def __init__(self, net, array, base=0):
        self.net, self.array, self.base = net, array, base

    @classmethod
    def empty(cls, net, dtype):
        """Room for a vector."""
        return cls(net, empty(extent(net), dtype))

    def load(self, W):
        """Take a vector (D,) of the host."""
        send(W, self.array)

    def weights(self, layer):
        """Weights (n_out, n_in) of a layer."""
        return Part(self.array, self.base + int(self.net.weight[layer]))

    def bias(self, layer):
        """Where a layer's bias begins, −1 where there is none."""
        at = int(self.net.bias[layer])
        return self.base + at if at >= 0 else -1

    def gate(self, layer):
        """Where a layer's biases of modReLU begin, −1 where there are none."""
        at = int(self.net.gate[layer])
        return self.base + at if at >= 0 else -1


def extent(net):
    """D, the number of parameters; of a complex network that of its planes."""
    n_in, n_out = net.sizes[:-1], net.sizes[1:]
    ends = [net.weight + n_in * n_out]
    ends += [np.where(at >= 0, at + n, 0) for at, n in ((net.bias, n_out), (net.gate, n_out // 2))]
    return int(max(end.max() for end in ends))


class Units:
    """Numbers of every unit of `capacity` samples, of some kinds, on the device."""

    def __init__(self, net, kinds, capacity, dtype):
        self.net, self.capacity, self.device = net, capacity, number()
        self.size = capacity * int(net.units[-1])
        self.array = empty(kinds * self.size, dtype)
        self._matrices = {}

    def first(self, layer):
        """Where a layer's numbers begin."""
        return self.capacity * int(self.net.units[layer])

    def part(self, kind, layer):
        """A layer's numbers of a kind."""
        return Part(self.array, kind * self.size + self.first(layer))

    def matrix(self, kind, layer, rows):
        """The same as a matrix (rows, n)."""
        key = kind, layer, rows
        if key not in self._matrices:
            n = int(self.net.sizes[layer + 1])
            self._matrices[key] = matrix(*self.part(kind, layer), rows, n)
        return self._matrices[key]

    def send(self, kind, numbers):
        """Take numbers of a kind from the host, flat."""
        send(numbers, self.array[kind * self.size : (kind + 1) * self.size])

    def host(self, kind):
        """A copy of one kind for the host, flat."""
        begin = kind * self.size
        out = np.empty(self.size, self.array.dtype)
        with on(self.device):
            fetch(self.array[begin : begin + self.size], out)
        return out


class Matrices:
    """Room for one matrix of so many numbers at most."""

    def __init__(self, size, dtype):
        self.array, self._matrices = empty(size, dtype), {}

    def of(self, rows, cols):
        """A matrix (rows, cols)."""
        if (rows, cols) not in self._matrices:
            self._matrices[rows, cols] = matrix(self.array, 0, rows, cols)
        return self._matrices[rows, cols]


class State:
    """The state at W of `capacity` samples at most."""

    def __init__(self, net, capacity, dtype):
        n_out, widest = int(net.sizes[-1]), int(net.sizes[1:].max())
        self.net, self.dtype, self.scale = net, np.dtype(dtype), 0.0  # scale: that of dL, 1/m
        self.sums = workspace(net, capacity, dtype)  # how they are split, and their parts
        self.W, self.units = Parameters.empty(net, dtype), Units(net, 6, capacity, dtype)
        self.p, self.errors, self.covector, self.spare = (
            Matrices(capacity * n_out, dtype) for _ in range(4)
        )
        self.scratch = empty(capacity * widest, dtype)
        self.mass, self.sample = empty(capacity, dtype), empty(capacity, np.float64)


class Response:
    """How units and cotangents of `capacity` samples at most respond to a displacement."""

    def __init__(self, net, capacity, dtype, second):
        n_out, widest = int(net.sizes[-1]), int(net.sizes[1:].max())
        kinds = 6 if second else 3
        self.V, self.units = Parameters.empty(net, dtype), Units(net, kinds, capacity, dtype)
        self.second = second
        self.covector, self.spare = (Matrices(capacity * n_out, dtype) for _ in range(2))
        self.scratch = empty(capacity * widest, dtype)
        self.gate = Units(net, 1, capacity, dtype) if (net.gate >= 0).any() else None
        self.series = series(PAIR_ROWS, 3, dtype) if net.origin is not None else None


def series(count, orders, dtype):
    """Room for series (count, orders) of one unit for each thread at work, side by side."""
    return matrix(empty(count * orders * _AT_WORK, dtype), 0, count, orders * _AT_WORK)


class Point(namedtuple("Point", "state")):
    """The state at W, kept on the device for derivatives there."""

    zeros = None  # which the CPU's kernels want

    @property
    def a(self):
        """Units of all layers (m·units,), a copy."""
        return self.state.units.host(A)

    @property
    def g(self):
        """Cotangents G_z of all units, a copy."""
        return self.state.units.host(G)

    @property
    def twist(self):
        """½G_a·φ‴ of all units, or ∂ℓ/∂b of modReLUs, a copy."""
        return self.state.units.host(TWIST)

    @property
    def p(self):
        """P̂ of cross-entropy (m·n_out,), a copy."""
        return self._host(self.state.p.array)

    @property
    def mass(self):
        """Σq of cross-entropy (m,), a copy."""
        return self._host(self.state.mass)

    @property
    def covector(self):
        """The covector ∂L/∂Ŷ (m·n_out,), a copy."""
        return self._host(self.state.covector.array)

    def _host(self, array):
        out = np.empty(array.size, array.dtype)
        with on(self.state.units.device):
            fetch(array, out)
        return out


class Tangent(namedtuple("Tangent", "response")):
    """First and second response to a displacement, kept on the device."""

    @property
    def a1(self):
        """Change of all units, a copy."""
        return self.response.units.host(A1)

    @property
    def g1(self):
        """Change of all cotangents G_z, or what `pull_to_units` left of them, a copy."""
        return self.response.units.host(G1)


#: state and response at once, for kernels that work a block of samples through
StateAndResponse = namedtuple("StateAndResponse", Point._fields + Tangent._fields)


def point(net, rows, dtype, *, whole=False):
    """`Point` for `rows` samples, which are never cut into shards here."""
    return Point(State(net, rows, dtype))


def tangent(net, rows, dtype, *, second=False):
    """`Tangent` for `rows` samples; with `second` also for responses of second order."""
    return Tangent(Response(net, rows, dtype, second))


def for_workers(buffers, workers):
    """Buffers for workers, of whom the device has one."""
    return buffers


def partial_sums(rows, size, shape, dtype):
    """Nothing for the host to keep: sums over blocks of samples add up on the device."""


class Jet:
    """A jet of `orders` coefficients for `rows` samples, `capacity` of them at a time.

    Attributes
    ----------
    terms : array (m, orders)
        Coefficients of every sample's loss, on the host.
    """

    def __init__(self, net, rows, orders, dtype, capacity):
        widest, n_out = int(net.sizes[1:].max()), int(net.sizes[-1])
        self.net, self.orders, self.capacity = net, orders, capacity
        self.dtype, self.terms = np.dtype(dtype), np.zeros((rows, orders))
        self.W, self.V = Parameters.empty(net, dtype), Parameters.empty(net, dtype)
        self._rooms = [Matrices(orders * capacity * widest, dtype) for _ in range(2)]
        self.spare = Matrices(capacity * n_out, dtype)
        self.found = Matrices(capacity * orders, np.float64)

    @cached_property
    def series(self):
        """Series that an activation works with, for each thread; first orders need none."""
        return matrix(
            empty(SCRATCH * self.orders * _AT_WORK, self.dtype), 0, SCRATCH * self.orders, _AT_WORK
        )

    @cached_property
    def pairs(self):
        """Likewise those of a complex one."""
        return series(PAIR_ROWS, self.orders, self.dtype)

    def room(self, layer):
        """Where the series of a layer go; those of the next one go elsewhere."""
        return self._rooms[layer % 2]


def jet_workspace(net, rows, orders, dtype, *, coupled=False):
    """`Jet` for `rows` samples and coefficients of order 0 to orders − 1."""
    at_once = max(1, _JET // (orders * int(net.sizes[1:].max())))
    return Jet(net, rows, orders, dtype, rows if coupled else min(rows, at_once))
