"""What a compiled kernel is told: the network, the loss and the workspace as small named tuples.

Options are data: sizes, offsets and codes travel as integer arrays, so that one compiled kernel
serves every network. Buffers hold one layer after another, layer l from `capacity·units[l]` on,
each row-major with one sample a row.
"""

from collections import namedtuple

import numpy as np

from .simd import VECTOR_BYTES

#: sizes (L+1), offsets of weights and biases in W (bias −1: none), activation codes, units[l] the
#: width of all layers before l, panels[l] the offset of layer l's packed weights
Net = namedtuple("Net", "sizes weight bias activation units panels")

#: kind 0 quadratic, 1 cross-entropy; 1/kT; output metric (n, n) or empty; Γ (m, m) or empty
Loss = namedtuple("Loss", "kind inverse_temperature gamma coupling")

#: inputs (m, n_in), truth (m, n_out), sample weights (m,) or empty; `rows` the samples of a
#: mini-batch, empty for all of them
Data = namedtuple("Data", "x y weights rows")

#: buffers for `capacity` rows at a time, worked through in shards of `shard` rows; `sample` holds
#: the loss of each row, `x`, `y`, `weights` the rows of a mini-batch; `lanes` is empty unless tiny
Work = namedtuple(
    "Work", "capacity shard a slope covector errors scratch packed zeros sample scale x y weights "
            "lanes lane_slopes lane_scratch")

#: buffers of a jet of `orders` coefficients for `capacity` rows, in shards: the series of a layer and
#: of the next, room for an activation's own series; packed weights and direction; terms (m, orders)
Jet = namedtuple("Jet", "orders capacity shard widest packed direction even odd series scratch "
                        "zeros terms")

CHUNK = 4096  # rows whose activations are kept at once
_SHARD = 128  # rows that one thread takes at a time
LANES = 16  # samples side by side in the kernel for tiny networks
_TINY = 600  # samples × weights up to which that kernel is the faster one
_JET_SHARD, _JET_SHARDS = 64, 16  # rows of a jet's shard; shards whose series are kept at once
BLOCK = 64  # units side by side in the series of an activation
SCRATCH = 5  # series that an activation works with: z, a, u and two of its own
WORTH_THREADS = 5e6  # floating-point operations of a step from which two threads beat one


def network_plan(sizes, activations, bias, dtype):
    """`Net` of a dense network; `activations` holds one code per layer, the output's last."""
    sizes = np.asarray(sizes, np.int64)
    n_in, n_out = sizes[:-1], sizes[1:]
    weight = np.concatenate([[0], np.cumsum(n_out * (n_in + bias))[:-1]])
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


def workspace(net, rows, dtype, *, coupled=False, gathered=False, weighted=False):
    """`Work` for `rows` samples; shards depend on the shapes alone, never on the threads."""
    capacity = rows if coupled else min(rows, CHUNK)
    shard = capacity
    if not coupled and flops(net, capacity) >= WORTH_THREADS:
        shard = -(-capacity // max(2, -(-capacity // _SHARD)))
    n_in, n_out, widest = int(net.sizes[0]), int(net.sizes[-1]), int(net.sizes.max())
    batch = capacity if gathered else 0
    tiny = not coupled and rows <= LANES and flops(net, rows) <= 6 * _TINY
    lanes = LANES * (n_in + int(net.units[-1])) if tiny else 0

    def buffer(*shape):
        return np.empty(shape, dtype)

    return Work(
        capacity=capacity,
        shard=shard,
        a=buffer(capacity * int(net.units[-1])),
        slope=buffer(capacity * int(net.units[-1])),
        covector=buffer(capacity * n_out),
        errors=buffer(capacity * n_out),
        scratch=buffer(capacity * widest),
        packed=buffer(int(net.panels[-1])),
        zeros=np.zeros(max(widest, LANES), dtype),
        sample=np.empty(rows, np.float64),
        scale=np.full(1, 1 / rows, dtype),
        x=buffer(batch, n_in),
        y=buffer(batch, n_out),
        weights=buffer(batch if weighted else 0),
        lanes=np.zeros(lanes, dtype),
        lane_slopes=np.zeros(lanes, dtype),
        lane_scratch=np.zeros(LANES * widest if tiny else 0, dtype),
    )


def jet_workspace(net, rows, orders, dtype, *, coupled=False):
    """`Jet` for `rows` samples and coefficients of order 0 to orders − 1."""
    shard = rows if coupled else min(rows, _JET_SHARD)
    capacity = rows if coupled else min(rows, _JET_SHARDS * shard)
    widest, packed = int(net.sizes[1:].max()), int(net.panels[-1])

    def buffer(size):
        return np.empty(size, dtype)

    return Jet(
        orders=orders,
        capacity=capacity,
        shard=shard,
        widest=widest,
        packed=buffer(packed),
        direction=buffer(packed),
        even=buffer(capacity * orders * widest),
        odd=buffer(capacity * orders * widest),
        series=buffer(-(-capacity // shard) * SCRATCH * orders * BLOCK),
        scratch=buffer(capacity * int(net.sizes[-1])),
        zeros=np.zeros(widest, dtype),
        terms=np.zeros((rows, orders)),
    )
