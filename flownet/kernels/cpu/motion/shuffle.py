"""The order of the mini-batches: a permutation of the samples keyed by (seed, epoch).

Fisher-Yates turns Philox's words into a permutation. The same on every device.
"""

from ...._compile import compiled, jit, part
from ...scalar import philox as scalar

words_of_batches, below = compiled(scalar.words_of_batches), compiled(scalar.below)


@jit
def shuffle(order, seed, epoch):
    """Permutation of 0 … m−1 into `order` (m,), keyed by seed and epoch."""
    for i in range(order.size):
        order[i] = i
    for block in range(order.size // 2):  # two swaps a block: 64 random bits for each
        w0, w1, w2, w3 = words_of_batches(block, epoch, seed)
        _swap(order, order.size - 1 - 2 * block, w0, w1)
        if order.size - 2 - 2 * block > 0:
            _swap(order, order.size - 2 - 2 * block, w2, w3)


@part
def _swap(order, i, high, low):
    """Swap element i with a random one of the first i + 1."""
    j = below(high, low, i + 1)
    order[i], order[j] = order[j], order[i]
