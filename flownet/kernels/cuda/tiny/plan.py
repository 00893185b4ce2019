"""Where everything lies that a block needs of one run, and what it multiplies: whole numbers.

All of it lies in one flat array: W, dL, what else is as long, then the units. A block works through
`capacity` samples at a time. Their units lie one below the other, the samples side by side, a row
of them `stride` apart, which is odd: neighbours in a column are in different banks of the shared
memory. What does not fit there lies in global memory.

A loss with its dL is a list of products out ← start + a·b. A kernel is made for a plan: to its
compiler all of these numbers are known.
"""

from collections import namedtuple
from itertools import pairwise

import numpy as np

SHARED = 44 << 10  # bytes of shared memory that are dealt out here, of the 48 kB that a block has
MOST = 128  # samples at a time; their losses have a place of their own
SIDES = 1, 2, 4  # of the squares of sums that a thread makes at a time
_FEW = 8  # samples at a time that shared memory has to hold, else all lies in global memory
SAMPLES = -1  # a width or a depth: the samples at hand

#: where the parameters of a layer begin in W, its biases (None: there are none), and its widths
Layer = namedtuple("Layer", "at bias n_in n_out")

#: whether all lies in shared memory, how many numbers it is, threads of a block; D, samples at a
#: time and their stride, inputs and outputs of a sample; where inputs begin and the top layer's
#: outputs, their slopes, truth, Boltzmann's probabilities, and weights; the `Product`s of the way
#: forward and of the way back
Plan = namedtuple(
    "Plan",
    "near room threads size capacity stride n_x n_y inputs outputs slopes truth boltzmann weights "
    "forward backward",
)

#: a product: side of the squares that threads take; where out begins, and how far apart its rows
#: are; the same of start (−1: sums begin at 0); where a and b begin, and how far apart their rows
#: and columns are; rows, columns and depth. Then where an activation's slopes go (−1: there is
#: none), and its code; where the sums of a's rows go (−1: nowhere); whether out is multiplied, in
#: place of written; whether it is added to from the second samples on; whether the next product has
#: to wait for it
Product = namedtuple(
    "Product",
    "side out out_row start start_row a a_row a_col b b_row b_col rows cols depth slope code sums "
    "times added wait",
)


def layers_of(sizes, bias):
    """`Layer`s of a network, and how many parameters it has."""
    layers, at = [], 0
    for n_in, n_out in pairwise(sizes):
        layers.append(Layer(at, at + n_out * n_in if bias else None, n_in, n_out))
        at += n_out * (n_in + bias)
    return layers, at


def plan_of(sizes, codes, bias, rows, dtype, points, threads):
    """`Plan` of a network.

    Parameters
    ----------
    sizes, codes : tuples
        Widths, and codes of the layers' activations.
    bias : bool
    rows : int
        Samples of a step.
    points : int
        Vectors as long as W that a block works with: W, dL and what else a step wants.
    threads : int
        Of a block.
    """
    layers, size = layers_of(sizes, bias)
    n_x, n_y, units = sizes[0], sizes[-1], sum(sizes[1:])
    column = n_x + 2 * units + 2 * n_y + 1  # numbers of one sample
    fit = (SHARED // np.dtype(dtype).itemsize - points * size) // column - 1  # its stride is odd
    near = fit >= min(rows, _FEW)
    most = min(MOST, fit) if near else MOST
    capacity = -(-rows // -(-rows // most))
    begin, stride = points * size, capacity | 1
    places = [n_x + units - n_y, n_x + 2 * units - n_y, n_x + 2 * units, n_x + 2 * units + n_y,
              column - 1]  # fmt: skip
    made = _Products(sizes, begin, stride, size, capacity, threads)
    forward = [made.forward(l, layer, code) for l, (layer, code) in enumerate(zip(layers, codes))]
    backward = []
    for l, layer in reversed(list(enumerate(layers))):
        backward += [made.covectors(l, layer), *([made.pullback(l, layer)] if l else [])]
    return Plan(
        near, begin + column * stride, threads, size, capacity, stride, n_x, n_y, begin,
        *(begin + place * stride for place in places), tuple(forward), tuple(backward),
    )  # fmt: skip


class _Products:
    """The three products of each layer."""

    def __init__(self, sizes, begin, stride, size, capacity, threads):
        above = np.cumsum([0, *sizes]).tolist()  # units below each layer, the inputs among them
        units = sum(sizes[1:])
        self._unit = [begin + n * stride for n in above]
        self._slope = [begin + (n + units) * stride for n in above]
        self._stride, self._size = stride, size
        self._capacity, self._threads = capacity, threads

    def forward(self, l, layer, code):
        """Z = W·A + b, and φ."""
        return self._product(
            out=(self._unit[l + 1], self._stride),
            start=(0, -1) if layer.bias is None else (layer.bias, 1),
            a=(layer.at, layer.n_in, 1),
            b=(self._unit[l], self._stride, 1),
            shape=(layer.n_out, SAMPLES, layer.n_in),
            slope=self._slope[l + 1],
            code=code,
        )

    def covectors(self, l, layer):
        """dW = Σ_s G ⊗ x, db = Σ_s G."""
        dw = self._size + layer.at
        return self._product(
            out=(dw, layer.n_in),
            start=(dw, layer.n_in),
            a=(self._slope[l + 1], self._stride, 1),
            b=(self._unit[l], 1, self._stride),
            shape=(layer.n_out, layer.n_in, SAMPLES),
            sums=-1 if layer.bias is None else self._size + layer.bias,
            added=1,
            wait=int(l == 0),
        )

    def pullback(self, l, layer):
        """G of the layer below ← φ′·(Wᵀ·G)."""
        return self._product(
            out=(self._slope[l], self._stride),
            start=(0, -1),
            a=(layer.at, 1, layer.n_in),
            b=(self._slope[l + 1], self._stride, 1),
            shape=(layer.n_in, SAMPLES, layer.n_out),
            times=1,
        )

    def _product(
        self, out, start, a, b, shape, slope=-1, code=0, sums=-1, times=0, added=0, wait=1
    ):
        rows, cols = (self._capacity if n == SAMPLES else n for n in shape[:2])
        # the largest squares that leave no more than half of the threads idle
        side = max((s for s in SIDES if -(-rows // s) * -(-cols // s) >= self._threads // 2),
                   default=1)  # fmt: skip
        return Product(side, *out, *start, *a, *b, *shape, slope, code, sums, times, added, wait)
