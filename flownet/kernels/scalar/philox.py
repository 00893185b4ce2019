"""Random words from a counter and a key, and the numbers that they make: the same on every device.

Philox 4x32-10 (Salmon et al. 2011), a counter-based generator, gives word i of a stream without
the words before it. The fourth counter word names the use that a seed is put to.
"""

import math

import numpy as np

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_LOW, _HALF, _TOP = np.uint64(0xFFFFFFFF), np.uint64(32), np.uint64(11)
_BATCHES, _THERMAL = np.uint64(3), np.uint64(5)  # uses of a seed


def philox(c0, c1, c2, c3, k0, k1):
    """Four random 32-bit words, each in a uint64, of a counter and a key in 32-bit words."""
    for _ in range(10):
        p0, p1 = _M0 * c0, _M1 * c2
        c0, c1, c2, c3 = ((p1 >> _HALF) ^ c1 ^ k0), p1 & _LOW, ((p0 >> _HALF) ^ c3 ^ k1), p0 & _LOW
        k0, k1 = (k0 + _W0) & _LOW, (k1 + _W1) & _LOW
    return c0, c1, c2, c3


def words_of_batches(block, epoch, seed):
    """Four words for two swaps in the order of an epoch's samples."""
    block, epoch, seed = np.uint64(block), np.uint64(epoch), np.uint64(seed)
    return philox(block, epoch & _LOW, epoch >> _HALF, _BATCHES, seed & _LOW, seed >> _HALF)


def below(high, low, bound):
    """A whole number from 0 to below a bound, ⌊(high·2³² + low)·bound / 2⁶⁴⌋ of two words."""
    bound = np.uint64(bound)
    carry = (low * bound) >> _HALF
    return np.int64((high * bound + carry) >> _HALF)


def two_normals(block, iteration, seed):
    """Two independent standard normal numbers, by Box and Muller."""
    block, iteration, seed = np.uint64(block), np.uint64(iteration), np.uint64(seed)
    w0, w1, w2, w3 = philox(
        block, iteration & _LOW, iteration >> _HALF, _THERMAL, seed & _LOW, seed >> _HALF
    )
    p = (np.float64(((w0 << _HALF) | w1) >> _TOP) + 1.0) * 2.0**-53  # never 0
    angle = 2 * math.pi * np.float64(((w2 << _HALF) | w3) >> _TOP) * 2.0**-53
    radius = math.sqrt(-2 * math.log(p))
    return radius * math.cos(angle), radius * math.sin(angle)
