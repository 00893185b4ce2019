"""What a compiled kernel is told: the network, the loss and the workspace as small named tuples.

Options are data: sizes, offsets and codes travel as integer arrays, so that one compiled kernel
serves every network. Buffers hold one layer after another, layer l from `rows·units[l]` on, each
row-major with one sample a row.
"""

from collections import namedtuple

import numpy as np

from .simd import VECTOR_BYTES

#: sizes (L+1), offsets of weights and biases in W (bias −1: none), activation codes, units[l] the
#: width of all layers before l, panels[l] the offset of layer l's packed weights
Net = namedtuple("Net", "sizes weight bias activation units panels")

#: kind 0 quadratic, 1 cross-entropy; 1/kT; output metric (n, n) or empty; Γ (m, m) or empty
Loss = namedtuple("Loss", "kind inverse_temperature gamma coupling")

#: inputs (m, n_in), truth (m, n_out) and sample weights (m,) or empty
Data = namedtuple("Data", "x y weights")

#: buffers for `capacity` rows at a time, worked through in shards of `shard` rows
Work = namedtuple("Work", "capacity shard a slope scratch error packed zeros sample")

CHUNK = 4096  # rows whose activations are kept at once
_SHARD = 128  # rows that one thread takes at a time
_WORTH_THREADS = 5e6  # floating-point operations of a step from which two threads beat one


def network_plan(sizes, activations, bias, dtype):
    """`Net` of a dense network; `activations` holds one code per layer, the output's last."""
    sizes = np.asarray(sizes, np.int64)
    n_in, n_out = sizes[:-1], sizes[1:]
    extent = n_out * (n_in + bias)
    weight = np.concatenate([[0], np.cumsum(extent)[:-1]])
    width = 2 * VECTOR_BYTES // np.dtype(dtype).itemsize
    filled = -(-n_out // width) * width * n_in
    return Net(
        sizes=sizes,
        weight=weight,
        bias=weight + n_out * n_in if bias else np.full(len(n_in), -1),
        activation=np.asarray(activations, np.int64),
        units=np.concatenate([[0], np.cumsum(n_out)]),
        panels=np.concatenate([[0], np.cumsum(filled)]),
    )


def flops(net, rows):
    """Floating-point operations of one differential of `rows` samples, about."""
    return 6.0 * rows * float(net.sizes[:-1] @ net.sizes[1:])


def workspace(net, rows, dtype, coupled=False):
    """`Work` for `rows` samples; shards depend on the shapes alone, never on the threads."""
    capacity = rows if coupled else min(rows, CHUNK)
    shard = capacity
    if not coupled and flops(net, capacity) >= _WORTH_THREADS:
        shard = -(-capacity // max(2, -(-capacity // _SHARD)))
    units = int(net.units[-1])
    return Work(
        capacity=capacity,
        shard=shard,
        a=np.empty(capacity * units, dtype),
        slope=np.empty(capacity * units, dtype),
        scratch=np.empty(capacity * int(net.sizes.max()), dtype),
        error=np.empty(capacity * int(net.sizes[-1]), dtype),
        packed=np.empty(int(net.panels[-1]), dtype),
        zeros=np.zeros(int(net.sizes.max()), dtype),
        sample=np.empty(rows, np.float64),
    )
