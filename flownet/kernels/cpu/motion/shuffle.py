"""The order of the mini-batches: a permutation of the samples keyed by (seed, epoch).

Philox 4x32-10 (Salmon et al. 2011), a counter-based generator, gives word i of a stream without
the words before it; Fisher-Yates turns the words into a permutation. The same on every device.
"""

import numpy as np

from ...._compile import jit

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
_TWO = np.uint64(2)
_BATCH_STREAM = np.uint64(3)  # third counter word: other uses of a seed draw from other streams


@jit(cached=False)
def philox(c0, c1, c2, c3, k0, k1):
    """Four random 32-bit words, each in a uint64, of a counter and a key in 32-bit words."""
    for _ in range(10):
        p0, p1 = _M0 * c0, _M1 * c2
        c0, c1, c2, c3 = ((p1 >> _HALF) ^ c1 ^ k0), p1 & _LOW, ((p0 >> _HALF) ^ c3 ^ k1), p0 & _LOW
        k0, k1 = (k0 + _W0) & _LOW, (k1 + _W1) & _LOW
    return c0, c1, c2, c3


@jit
def shuffle(order, seed, epoch):
    """Permutation of 0 … m−1 into `order` (m,), keyed by seed and epoch."""
    for i in range(order.size):
        order[i] = i
    seed, epoch = np.uint64(seed), np.uint64(epoch)
    k0, k1 = seed & _LOW, seed >> _HALF
    for block in range(order.size // 2):  # two swaps a block: 64 random bits for each
        w0, w1, w2, w3 = philox(
            np.uint64(block), epoch & _LOW, epoch >> _HALF, _BATCH_STREAM, k0, k1
        )
        _swap(order, order.size - 1 - 2 * block, w0, w1)
        if order.size - 2 - 2 * block > 0:
            _swap(order, order.size - 2 - 2 * block, w2, w3)


@jit(cached=False)
def _swap(order, i, high, low):
    """Swap element i with a random one of the first i + 1."""
    bound = np.uint64(i + 1)
    carry = (low * bound) >> _HALF
    j = np.int64((high * bound + carry) >> _HALF)  # ⌊(high·2³² + low)·bound / 2⁶⁴⌋
    order[i], order[j] = order[j], order[i]
