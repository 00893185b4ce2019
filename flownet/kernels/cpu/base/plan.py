"""What a compiled kernel takes: the network, the loss and the workspace as small named tuples.

Options are data: sizes, offsets and codes travel as integer arrays, so that one compiled kernel
serves every network. Buffers hold one layer after another, layer l from `capacity·units[l]` on,
each row-major with one sample a row.
"""

from collections import namedtuple

import numpy as np

from ...layout import Net
from .simd import VECTOR_BYTES

#: buffers for `capacity` rows at a time, worked through in shards of `shard` rows; `sample` holds
#: the loss of each row, `x`, `y`, `weights` the rows of a mini-batch; `gate` is empty unless there
#: is a modReLU; `lanes` is None unless the network is tiny, `planes` unless it is complex; `pulled`
#: has weights packed for the pullback, where several shards share them
Work = namedtuple(
    "Work",
    "capacity shard a slope covector errors scratch packed zeros sample scale x y weights "
    "gate lanes planes pulled",
)

#: samples side by side in a small network: inputs and units, their slopes, units sample by sample,
#: one layer's cotangents
Lanes = namedtuple("Lanes", "a slope turned scratch")

#: planes of a complex network's W and dL, and a strip of dL for each partition
Planes = namedtuple("Planes", "W dL corners")

#: a jet of `orders` coefficients for `capacity` rows, in shards: the series of a layer and of the
#: next, buffers for an activation's own; packed weights and direction; terms (m, orders)
Jet = namedtuple(
    "Jet", "orders capacity shard widest packed direction even odd series scratch zeros terms"
)

#: the state at W, kept for derivatives there, see `derivative.point`: `capacity` rows of the units
#: of every layer, in shards; packed weights; p (m, n_out) and mass (m,) of the loss
Point = namedtuple(
    "Point",
    "capacity shard packed a slope curvature bend twist g p mass covector "
    "scratch zeros sample scale",
)

#: first and second response to a displacement, see `response`; series of one unit for each shard
Tangent = namedtuple("Tangent", "packed_v z1 a1 g1 z2 a2 drift covector1 scratch1 gate series")

#: state and response at once, for kernels that work a block of samples through
StateAndResponse = namedtuple("StateAndResponse", Point._fields + Tangent._fields)

CHUNK = 4096  # rows whose activations are kept at once
_SHARD = 128  # rows that one thread takes at a time, at most
_ROWS, _SHARDS = 16, 16  # rows of a shard at least; shards of a small batch
PLANE_PARTITIONS = 4  # of the panels and strips of a complex network's weights
_LOSS_ROWS = 6  # of numbers that the losses of samples side by side want beside their outputs
#: samples, weights, and their product, up to which samples lie side by side: of complex networks,
#: and of real ones
_TINY, _SMALL = (16, 600, 600), (128, 4096, 100_000)
_JET_SHARD, _JET_SHARDS = 64, 16  # rows of a jet's shard; shards whose series are kept at once
BLOCK_ROWS = 128  # samples side by side when single units are pushed
_BLOCK_PARTITIONS = 8  # of the blocks of samples, each with a sum of its own
BLOCK = 128  # units side by side in the series of an activation
SERIES = 42  # numbers of the series of one complex unit, to second order
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
        gate=np.full(len(n_in), -1),
        origin=None,
    )


def empty_planes(net, dtype):
    """Buffer for the planes of a complex network's parameters, with the weights of its readout."""
    if net.origin is None:
        return np.zeros(0, dtype)
    n_in, n_out = int(net.sizes[-2]), int(net.sizes[-1])
    end = max(
        int(net.weight[-1]) + n_in * n_out,
        int(net.bias[-1]) + n_out,
        int(net.gate[-1]) + n_out // 2,
    )
    planes = np.zeros(end, dtype)
    if len(net.weight) > len(net.origin):
        planes[net.weight[-1] :].reshape(n_out, n_in)[:, :n_out] = np.eye(n_out)
    return planes


def flops(net, rows):
    """Floating-point operations of one differential of `rows` samples, about."""
    return 6.0 * rows * float(net.sizes[:-1] @ net.sizes[1:])


def workspace(net, rows, dtype, *, coupled=False, gathered=False, weighted=False):
    """`Work` for `rows` samples; shards depend on the shapes alone, never on the threads."""
    capacity = rows if coupled else min(rows, CHUNK)
    shard = capacity
    if not coupled and flops(net, capacity) >= WORTH_THREADS:
        shard = min(_SHARD, max(_ROWS, -(-capacity // _SHARDS)))
    n_in, n_out, widest = int(net.sizes[0]), int(net.sizes[-1]), int(net.sizes.max())
    batch = capacity if gathered else 0
    gated = bool((net.gate >= 0).any())
    lane = VECTOR_BYTES // np.dtype(dtype).itemsize
    tiny = not coupled and _is_tiny(net, rows)

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
        zeros=np.zeros(max(widest, 2 * lane), dtype),
        sample=np.empty(rows, np.float64),
        scale=np.full(1, 1 / rows, dtype),
        x=buffer(batch, n_in),
        y=buffer(batch, n_out),
        weights=buffer(batch if weighted else 0),
        gate=buffer(capacity * int(net.units[-1]) if gated else 0),
        lanes=_lanes(net, rows, 2 * lane, dtype) if tiny else None,
        planes=None if net.origin is None else _planes(net, dtype),
        pulled=buffer(pulled_size(net, 2 * lane) if shard < capacity and net.origin is None else 0),
    )


def _is_tiny(net, rows):
    """Whether samples side by side are the quicker way."""
    samples, weights, both = _SMALL if net.origin is None else _TINY
    return rows <= samples and flops(net, 1) <= 6 * weights and flops(net, rows) <= 6 * both


def pulled_size(net, width):
    """Room for the panels of the weights of every layer but the lowest."""
    return int((-(-net.sizes[1:-1] // width) * width * net.sizes[2:]).sum())


def _lanes(net, rows, beyond, dtype):
    """`Lanes` of some samples, which may be written a little beyond their end."""
    size = rows * (int(net.sizes[0]) + int(net.units[-1])) + beyond
    loss = 3 * int(net.sizes[-1]) + _LOSS_ROWS
    widest = rows * max(int(net.sizes.max()), loss) + beyond
    return Lanes(*(np.zeros(size, dtype) for _ in range(3)), np.zeros(widest, dtype))


def _planes(net, dtype):
    """`Planes` of a complex network."""
    W = empty_planes(net, dtype)
    strip = int(net.sizes.max()) * 4 * VECTOR_BYTES // np.dtype(dtype).itemsize
    return Planes(W, np.zeros_like(W), np.empty(PLANE_PARTITIONS * strip, dtype))


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


def point(net, rows, dtype, *, whole=False):
    """`Point` for `rows` samples; `whole` if they are not to be cut into shards."""
    shard = rows
    if not whole and flops(net, rows) >= WORTH_THREADS:
        shard = -(-rows // max(2, -(-rows // _SHARD)))
    size, n_out, widest = rows * int(net.units[-1]), int(net.sizes[-1]), int(net.sizes[1:].max())

    def buffer(size):
        return np.empty(size, dtype)

    return Point(
        capacity=rows,
        shard=shard,
        packed=buffer(int(net.panels[-1])),
        **{name: buffer(size) for name in ("a", "slope", "curvature", "bend", "twist", "g")},
        p=buffer(rows * n_out),
        mass=buffer(rows),
        covector=buffer(rows * n_out),
        scratch=buffer(rows * widest),
        zeros=np.zeros(int(net.sizes.max()), dtype),
        sample=np.empty(rows),
        scale=np.full(1, 1 / rows, dtype),
    )


def tangent(net, rows, dtype, *, second=False):
    """`Tangent` for `rows` samples; with `second` also for responses of second order."""
    size, n_out, widest = rows * int(net.units[-1]), int(net.sizes[-1]), int(net.sizes[1:].max())
    pairs = net.origin is not None
    sizes = {
        "packed_v": int(net.panels[-1]),
        "z1": size,
        "a1": size,
        "g1": size,
        "z2": size * second,
        "a2": size * second,
        "drift": size * second,
        "covector1": rows * n_out,
        "scratch1": rows * widest,
        "gate": size if (net.gate >= 0).any() else 0,
        "series": rows * SERIES if pairs else 0,
    }
    return Tangent(**{name: np.empty(size, dtype) for name, size in sizes.items()})


def for_workers(buffers, workers):
    """A set of the same buffers for each worker, along a new first axis of every array."""
    if isinstance(buffers, tuple):
        return type(buffers)(*(for_workers(part, workers) for part in buffers))
    return np.repeat(buffers[None], workers, axis=0) if isinstance(buffers, np.ndarray) else buffers


def partial_sums(rows, size, shape, dtype):
    """Sums (partitions, *shape) over blocks of `size` samples, see `blocks`."""
    return np.empty((min(_BLOCK_PARTITIONS, -(-rows // size)), *shape), dtype)
