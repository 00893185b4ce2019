"""Where everything lies that a block needs of one run, and what it multiplies: whole numbers.

All of it lies in one flat array: W, dL, what else is as long, then the units. A block works through
`capacity` samples at a time. Their units lie one below the other, the samples side by side, a row
of them `stride` apart, which is odd: neighbours in a column are in different banks of the shared
memory. What does not fit there lies in global memory.

A loss with its dL is a list of products out ← start + a·b, each a row of whole numbers.
"""

from collections import namedtuple

import numpy as np

SHARED = 44 << 10  # bytes of shared memory that are dealt out here, of the 48 kB that a block has
MOST = 128  # samples at a time; their losses have a place of their own
SIDES = 1, 2, 4  # of the squares of sums that a thread makes at a time
_FEW = 8  # samples at a time that shared memory has to hold, else all lies in global memory

#: whether all lies in shared memory; how many numbers it is; the whole numbers below
Plan = namedtuple("Plan", "near size ints")

#: places among the whole numbers: layers, D, samples, of a batch (0: all) and at a time, their
#: stride, inputs and outputs of a sample; where inputs begin and the top layer's outputs, their
#: slopes, truth, Boltzmann's probabilities, and weights
(
    LAYERS, SIZE, SAMPLES, BATCH, CAPACITY, STRIDE, N_X, N_Y, INPUTS, OUTPUTS, SLOPES, TRUTH,
    BOLTZMANN, WEIGHTS,
) = range(14)  # fmt: skip
HEAD = 14

#: then of each product: side of the squares that threads take; where out begins, and how far apart
#: its rows and columns are; the same of start (−1: sums begin at 0), of a and of b; rows, columns
#: and depth (−1: the samples at hand). Then an activation's slopes, which begin there (−1: there is
#: none), and its code; where the sums of a's rows go (−1: nowhere); whether out is multiplied, in
#: place of written; whether it is added to from the second samples on; whether the next product has
#: to wait for it
(
    SIDE, OUT, OUT_ROW, OUT_COL, START, START_ROW, A, A_ROW, A_COL, B, B_ROW, B_COL, ROWS, COLS,
    DEPTH, SLOPE, CODE, SUMS, TIMES, ADDED, WAIT,
) = range(21)  # fmt: skip
PRODUCT = 21
SAMPLES_AT_HAND = -1


def parameters(net):
    """D."""
    n_in, n_out = int(net.sizes[-2]), int(net.sizes[-1])
    return int(net.weight[-1]) + n_out * (n_in + int(net.bias[-1] >= 0))


def plan_of(net, m, batch, dtype, points, threads):
    """`Plan` of a network on m samples, in batches or not (0).

    Parameters
    ----------
    points : int
        Vectors as long as W that a block works with: W, dL and what else a step wants.
    threads : int
        Of a block.
    """
    size = parameters(net)
    n_x, n_y, units, rows = int(net.sizes[0]), int(net.sizes[-1]), int(net.units[-1]), batch or m
    column = n_x + 2 * units + 2 * n_y + 1  # numbers of one sample
    fit = (SHARED // np.dtype(dtype).itemsize - points * size) // column - 1  # its stride is odd
    near = fit >= min(rows, _FEW)
    most = min(MOST, fit) if near else MOST
    capacity = -(-rows // -(-rows // most))
    stride = capacity | 1
    begin = points * size
    places = np.array([0, n_x + units - n_y, n_x + 2 * units - n_y, n_x + 2 * units,
                       n_x + 2 * units + n_y, column - 1])  # fmt: skip
    head = [len(net.weight), size, m, batch, capacity, stride, n_x, n_y, *begin + places * stride]
    layers = [_Layer(net, i, begin, stride, size, capacity, threads) for i in range(head[0])]
    products = [layer.forward() for layer in layers]
    for layer in layers[::-1]:
        products += [layer.covectors(), *([layer.pullback()] if layer.number else [])]
    return Plan(near, begin + column * stride, np.concatenate([head, *products]).astype(np.int64))


class _Layer:
    """The three products of a layer."""

    def __init__(self, net, i, begin, stride, size, capacity, threads):
        n_x, units = int(net.sizes[0]), int(net.units[-1])
        self.number, self.n_in, self.n_out = i, int(net.sizes[i]), int(net.sizes[i + 1])
        self._weight, self._bias, self._code = (
            int(table[i]) for table in (net.weight, net.bias, net.activation)
        )
        own = n_x + int(net.units[i])
        self._z, self._slope = begin + own * stride, begin + (own + units) * stride
        self._below = begin + (own - self.n_in if i else 0) * stride
        self._below_slope = begin + (own - self.n_in + units) * stride
        self._stride, self._size = stride, size
        self._capacity, self._threads = capacity, threads

    def forward(self):
        """Z = W·A + b, and φ."""
        return self._product(
            out=(self._z, self._stride, 1),
            start=(self._bias, 1) if self._bias >= 0 else (0, -1),
            a=(self._weight, self.n_in, 1),
            b=(self._below, self._stride, 1),
            shape=(self.n_out, SAMPLES_AT_HAND, self.n_in),
            slope=self._slope,
        )

    def covectors(self):
        """dW = Σ_s G ⊗ x, db = Σ_s G."""
        dw = self._size + self._weight
        return self._product(
            out=(dw, self.n_in, 1),
            start=(dw, self.n_in),
            a=(self._slope, self._stride, 1),
            b=(self._below, 1, self._stride),
            shape=(self.n_out, self.n_in, SAMPLES_AT_HAND),
            sums=self._size + self._bias if self._bias >= 0 else -1,
            added=1,
            wait=int(self.number == 0),
        )

    def pullback(self):
        """G of the layer below ← φ′·(Wᵀ·G)."""
        return self._product(
            out=(self._below_slope, self._stride, 1),
            start=(0, -1),
            a=(self._weight, 1, self.n_in),
            b=(self._slope, self._stride, 1),
            shape=(self.n_in, SAMPLES_AT_HAND, self.n_out),
            times=1,
        )

    def _product(self, out, start, a, b, shape, slope=-1, sums=-1, times=0, added=0, wait=1):
        rows, cols = (self._capacity if n == SAMPLES_AT_HAND else n for n in shape[:2])
        # the largest squares that leave no more than half of the threads idle
        side = max((s for s in SIDES if -(-rows // s) * -(-cols // s) >= self._threads // 2),
                   default=1)  # fmt: skip
        return [side, *out, *start, *a, *b, *shape, slope, self._code, sums, times, added, wait]
