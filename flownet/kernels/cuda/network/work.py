"""Buffers on the device for the passes of one network, and what the passes are told of its layers.

Each is made when first wanted. Layer l of a buffer of units begins at `capacity·units[l]`, a sample
a row.
"""

from collections import namedtuple
from functools import cached_property

import numpy as np

from ...cpu.base.plan import empty_planes
from ..base import mirror
from ..base.product import parts_of
from ..base.sums import PARTS, parts_of_units
from ..planes.planes import parameters_of

#: numbers of a layer as Python's: widths; where weights and bias begin in W (bias −1: none); code
#: of the activation; where its units begin in a row of all units; where biases of modReLU begin
Layer = namedtuple("Layer", "n_in n_out weight bias activation units gate")

#: how the covectors of some rows are summed: of each layer its tile, parts and samples of a part;
#: where the parts begin in `parts`, −1 for what goes to dL at once; a table of ranges for
#: `collect`, how many there are, and their numbers; where the parts of biases begin; room for parts
Columns = namedtuple("Columns", "split at table ranges count biases parts")

_LEAST, _BYTES = 4096, 1 << 30  # rows at least that are kept at once, and bytes of units at most


class Work:
    """Buffers for `rows` samples, of which `capacity` are worked through at a time.

    Attributes
    ----------
    sample : ndarray (rows,)
        The loss of each sample, on the host.
    """

    def __init__(self, net, rows, dtype, coupled, gathered, weighted):
        self.net, self.rows, self.dtype = net, rows, np.dtype(dtype)
        self._gathered, self._weighted = gathered, weighted
        units = int(net.units[-1])
        most = max(_LEAST, _BYTES // (2 * units * self.dtype.itemsize))
        self.capacity = rows if coupled else min(rows, most)
        self.sample = np.empty(rows)
        self._columns = {}

    @cached_property
    def layers(self):
        """`Layer` of each."""
        net = self.net
        widths, places = (net.sizes[:-1], net.sizes[1:]), (net.weight, net.bias)
        columns = (*widths, *places, net.activation, net.units, net.gate)
        return [Layer(*row) for row in zip(*(column.tolist() for column in columns))]

    @cached_property
    def size(self):
        """Numbers of W, or of its planes."""
        net, top = self.net, self.layers[-1]
        gate = int(net.gate[-1]) + top.n_out // 2
        return max(top.weight + top.n_in * top.n_out, top.bias + top.n_out, gate)

    def _of(self, size):
        return mirror.empty(size, self.dtype)

    @cached_property
    def W(self):
        """Parameters, or their planes with the weights of a readout."""
        if self.net.origin is not None:
            return mirror.fresh(empty_planes(self.net, self.dtype))
        return self._of(self.size)

    @cached_property
    def dL(self):
        """Their covector."""
        return mirror.zeros(self.size, self.dtype)

    @cached_property
    def a(self):
        """Units of every layer."""
        return self._of(self.capacity * int(self.net.units[-1]))

    @cached_property
    def slope(self):
        """Their slopes, then their cotangents."""
        return self._of(self.capacity * int(self.net.units[-1]))

    @cached_property
    def kept(self):
        """What the pullback through complex units needs."""
        return self._of(self.slope.size)

    @cached_property
    def gate(self):
        """∂ℓ/∂b of modReLU, of each sample, where there are any."""
        return self._of(self.slope.size) if (self.net.gate >= 0).any() else self.kept

    @cached_property
    def outer(self):
        """Room for W and dL as they are outside: of a complex network re, im, re, im, …"""
        if self.net.origin is None:
            return self.W, self.dL
        size = parameters_of(self.net)
        return self._of(size), mirror.zeros(size, self.dtype)

    def begin(self, lowest):
        """Where in dL the layers from `lowest` up begin; a readout is none that has parameters."""
        net = self.net
        if net.origin is None:
            return self.layers[lowest].weight
        return int(net.origin[lowest, 0]) if lowest < len(net.origin) else parameters_of(net)

    def _outputs(self, buffer):
        top = self.layers[-1]
        begin = self.capacity * top.units
        return buffer[begin : begin + self.capacity * top.n_out].reshape(self.capacity, top.n_out)

    @cached_property
    def y_hat(self):
        """Outputs (capacity, n_out), a view of `a`."""
        return self._outputs(self.a)

    @cached_property
    def top_slope(self):
        """Slopes of the outputs (capacity, n_out), a view of `slope`."""
        return self._outputs(self.slope)

    def _wide(self):
        return self._of(self.capacity * self.layers[-1].n_out).reshape(
            self.capacity, self.layers[-1].n_out
        )

    covector = cached_property(_wide)
    errors = cached_property(_wide)
    spare = cached_property(_wide)

    @cached_property
    def losses(self):
        """Loss of each sample (rows,), in float64."""
        return mirror.empty(self.rows, np.float64)

    @cached_property
    def found(self):
        """Room for a few float64 numbers that come back."""
        return mirror.zeros(8, np.float64)

    @cached_property
    def long(self):
        """Parts of a long sum, for several sums at a time."""
        return mirror.empty(8 * PARTS, np.float64)

    @cached_property
    def nothing(self):
        """One 0, a whole number."""
        return mirror.zeros(1, np.int64)

    @cached_property
    def zeros(self):
        """A flat array in place of one that is not there."""
        return mirror.zeros(1, self.dtype)

    @cached_property
    def x(self):
        """Inputs of a mini-batch, flat."""
        return self._of(self.capacity * int(self.net.sizes[0]))

    @cached_property
    def y(self):
        """Truth of a mini-batch (capacity, n_out)."""
        return self._wide()

    @cached_property
    def weights(self):
        """Weights of a mini-batch."""
        return self._of(self.capacity)

    def columns(self, rows, lowest):
        """`Columns` of so many rows, for the layers from `lowest` up."""
        key = rows, lowest
        if key not in self._columns:
            self._columns[key] = self._summed(rows, lowest)
        return self._columns[key]

    def _summed(self, rows, lowest):
        split, at, table, end = [], [], [], 0
        for layer in self.layers:
            parts = parts_of(self.dtype, rows, layer.n_in, layer.n_out)
            size = layer.n_in * layer.n_out
            apart = parts[1] > 1 and len(split) >= lowest
            if apart:
                table.append((layer.weight, size, parts[1], end, size))
            split.append(parts)
            at.append(end if apart else -1)
            end += parts[1] * size if apart else 0
        of_biases, width = end, int(self.net.units[-1])
        parts, _ = parts_of_units(rows)
        biased = [layer for layer in self.layers[lowest:] if layer.bias >= 0]
        for layer in biased:
            table.append((layer.bias, layer.n_out, parts, of_biases + layer.units, width))
        end += parts * width if biased else 0
        count = sum(row[1] for row in table)
        rows_of_table = np.array(table, np.int64)
        return Columns(
            split,
            at,
            mirror.fresh(rows_of_table) if table else None,
            len(table),
            count,
            of_biases if biased else -1,
            self._of(end),
        )


def workspace(net, rows, dtype, *, coupled=False, gathered=False, weighted=False):
    """`Work` for `rows` samples."""
    return Work(net, rows, dtype, coupled, gathered, weighted)
