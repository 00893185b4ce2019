"""The differential of a network whose kinked units stay on the branch they were on, on the device.

A unit of relu or leaky_relu is linear on its branch, a = slope·z, whatever the sign of z: L(W) is
then smooth, also a little beyond a kink. What pairs (sample, unit) are on is in `Kinks`.
"""

import numpy as np

from ...._compile._cuda import cuda
from ..base.finish import times
from ..base.launch import kernel, over
from ..base.mirror import empty, fetch, fresh, kept, send, zeros
from ..base.product import Part, product, pull_product
from ..derivative.buffers import Matrices, Parameters, Units, extent
from ..derivative.collect import collect_layers
from ..derivative.loss import lose
from ..derivative.problem import Samples, loss_on_device
from ..network.work import workspace

_A, _SLOPE, _SEEN = range(3)  # units; slopes, and later G_z; pre-activations


@kernel("r[] i8 i8 i8 r[]")
def take_branch(real):
    """Keep z of a layer's units, and put a = slope·z in its place, each unit on its branch."""

    def run(units, size, first, count, branch):
        for i in range(first + cuda.grid(1), first + count, cuda.gridsize(1)):
            z = units[_A * size + i]
            units[_SEEN * size + i], units[_SLOPE * size + i] = z, branch[i]
            units[_A * size + i] = branch[i] * z

    return run


@kernel("f8[] r[] i8 i8[] i8 i8 i8")
def take_pulls(real):
    """∂L/∂a of the pairs that slide in a layer of n units; `at` has sample, layer, unit of each."""

    def run(pull, ga, ga_at, at, count, layer, n):
        for j in range(cuda.grid(1), count, cuda.gridsize(1)):
            if at[3 * j + 1] == layer:
                pull[j] = ga[ga_at + at[3 * j] * n + at[3 * j + 2]]

    return run


class _Branches:
    """Buffers for all samples of a network, and what `lose` wants of a state."""

    def __init__(self, net, m, dtype):
        n_out, widest = int(net.sizes[-1]), int(net.sizes[1:].max())
        self.net, self.dtype, self.scale = net, np.dtype(dtype), 1 / m
        self.W, self.sums = Parameters.empty(net, dtype), workspace(net, m, dtype)
        self.dL = Parameters(net, zeros(extent(net), dtype))
        self.units = Units(net, 3, m, dtype)
        self.units.send(_SEEN, np.zeros(self.units.size, dtype))  # smooth units leave it so
        self.branch = empty(self.units.size, dtype)
        self.p, self.errors, self.covector, self.spare = (
            Matrices(m * n_out, dtype) for _ in range(4)
        )
        self.scratch = empty(m * widest, dtype)
        self.mass, self.sample = empty(m, dtype), empty(m, np.float64)


def _forward(b, samples, kinks):
    """Units, their slopes, and pre-activations of those with kinks."""
    net, own, W, below, rows = b.net, b.units, b.W, samples.x, samples.rows
    for layer in range(net.weight.size):
        n_in, n_out = (int(n) for n in net.sizes[layer : layer + 2])
        a, where = own.part(_A, layer), W.weights(layer)
        words = {"bias": W.bias(layer)}
        if kinks.below[layer] == 1.0:
            words.update(activation=int(net.activation[layer]), slope=own.part(_SLOPE, layer))
        product(a, below, where, rows, n_in, n_out, **words)
        if kinks.below[layer] != 1.0:
            count = rows * n_out
            take_branch(over(count), own.array, own.size, own.first(layer), count, b.branch)
        below = a


def _backward(b, samples, kinks, lowest):
    """Slopes into cotangents G_z, from that on the output downwards; ∂L/∂a of what slides."""
    net, own, rows, hold = b.net, b.units, samples.rows, kinks.hold
    count, ga = int(hold.count[0]), Part(b.covector.array, 0)
    at, pull = fresh(hold.at[:count]), fresh(hold.pull[:count])
    for layer in range(net.weight.size - 1, lowest - 1, -1):
        n_in, n_out = (int(n) for n in net.sizes[layer : layer + 2])
        if count and kinks.below[layer] != 1.0:
            take_pulls(over(count), pull, *ga, at, count, layer, n_out)
        g = own.part(_SLOPE, layer)
        times(over(rows * n_out), *g, *ga, rows * n_out)
        if layer > lowest:
            ga = Part(b.scratch, 0)
            pull_product(ga, g, b.W.weights(layer), rows, n_in, n_out)
    if count:
        fetch(pull, hold.pull[:count])


def _load(net, data, W, kinks):
    m, dtype = data.x.shape[0], kinks.slope.dtype
    b, samples = kept(kinks.side, lambda: _Branches(net, m, dtype)), Samples(data)
    b.W.load(W)
    send(kinks.slope, b.branch)
    return b, samples


def pre_activations(net, data, W, kinks, seen):
    """Pre-activations of all kinked pairs at W, each unit on its branch, into `seen` (P,)."""
    b, samples = _load(net, data, W, kinks)
    _forward(b, samples, kinks)
    seen[:] = b.units.host(_SEEN)


def differential_on_branches(net, loss, data, W, dL, lowest, kinks, seen):
    """L(W) and dL, each unit on its branch; pre-activations of all kinked pairs into `seen`."""
    b, samples = _load(net, data, W, kinks)
    _forward(b, samples, kinks)
    lose(loss_on_device(loss), samples, b)
    if lowest < net.weight.size:
        _backward(b, samples, kinks, lowest)
        own = (b.units, _SLOPE), (b.units, _A)
        collect_layers(b.sums, b.dL, *own, samples.x, samples.rows, lowest=lowest)
        fetch(b.dL.array, dL)
    seen[:] = b.units.host(_SEEN)
    sample = np.empty(samples.rows)
    fetch(b.sample, sample)
    return float(sample.mean())
