"""Buffers of the kernels of this room."""

from collections import namedtuple

import numpy as np

from ..base.plan import BLOCK_ROWS

#: a push at one neuron, see `neurons`, for a block of R samples side by side: (units, R) of the
#: state at W; (n, R) of the outputs and of the layer that the push has come to; (R,) sums
Push = namedtuple(
    "Push", "slope bend curvature twist drift z p y z1 z11 z2 scratch h dh t mean factor zeros"
)

#: what the diagonal of the Hessian needs, see `diagonal`, for a block of R samples side by side:
#: inputs (n_in, R), units (units, R), outputs (n_out, R) and as rows (R, n_out)
DiagonalBuffers = namedtuple(
    "DiagonalBuffers",
    "x a slope bend h z other p q lead rows matrix y_rows p_rows covector "
    "errors scratch mass sample factor mean zeros ones scale",
)


def push(net, dtype):
    """`Push` for a block of samples."""
    R, size, n_out = BLOCK_ROWS, int(net.units[-1]), int(net.sizes[-1])
    widest = int(net.sizes[1:].max())

    def buffers(names, height):
        return {name: np.zeros((height, R), dtype) for name in names.split()}

    return Push(
        **buffers("slope bend curvature twist drift z", size),
        **buffers("p y", n_out),
        **buffers("z1 z11 z2 scratch", widest),
        **{name: np.zeros(R, dtype) for name in ("h", "dh", "t", "mean", "factor")},
        zeros=np.zeros(max(widest, R), dtype),
    )


def diagonal_buffers(net, rows, dtype):
    """`DiagonalBuffers` of a network's Hessian on `rows` samples."""
    R, n_in, n_out, size = BLOCK_ROWS, int(net.sizes[0]), int(net.sizes[-1]), int(net.units[-1])
    widest = int(net.sizes[1:].max())

    def buffers(names, *shape):
        return {name: np.zeros(shape, dtype) for name in names.split()}

    return DiagonalBuffers(
        **buffers("x", n_in, R),
        **buffers("a slope bend", size, R),
        **buffers("h z other", widest, R),
        **buffers("p q lead", n_out, R),
        **buffers("rows", R * int(net.sizes[:-1].max())),
        **buffers("matrix", 2 * int((net.sizes[1:-1] * net.sizes[2:]).max(initial=0))),
        **buffers("y_rows p_rows covector errors scratch", R, n_out),
        **buffers("mass factor mean", R),
        sample=np.zeros(R),
        zeros=np.zeros(max(widest, R), dtype),
        ones=np.ones((R, 1), dtype),
        scale=np.full(1, 1 / rows, dtype),
    )
