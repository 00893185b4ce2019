"""Thermal noise: normal numbers keyed by seed, iteration and place, the same on every device.

Philox (`shuffle.philox`) gives the words of any place without those before it, so that neither
threads nor a stop and a resumption nor the ranges of a metric change a bit.
"""

import math

import numpy as np

from ...._compile import jit
from .shuffle import philox

_LOW, _HALF, _TOP = np.uint64(0xFFFFFFFF), np.uint64(32), np.uint64(11)
_NOISE_STREAM = np.uint64(5)  # fourth counter word; that of mini-batches is 3


@jit(cached=False)
def two_normals(block, iteration, seed):
    """Two independent standard normal numbers, by Box and Muller."""
    block, iteration, seed = np.uint64(block), np.uint64(iteration), np.uint64(seed)
    w0, w1, w2, w3 = philox(
        block, iteration & _LOW, iteration >> _HALF, _NOISE_STREAM, seed & _LOW, seed >> _HALF
    )
    p = (np.float64(((w0 << _HALF) | w1) >> _TOP) + 1.0) * 2.0**-53  # never 0
    angle = 2 * math.pi * np.float64(((w2 << _HALF) | w3) >> _TOP) * 2.0**-53
    radius = math.sqrt(-2 * math.log(p))
    return radius * math.cos(angle), radius * math.sin(angle)


@jit
def add_noise(a, scale, seed, iteration, begin):
    """a ← a + scale·ξ; a[i] is place begin + i of the whole."""
    for block in range(begin // 2, (begin + a.size + 1) // 2):
        first, second = two_normals(block, iteration, seed)
        i = 2 * block - begin
        if i >= 0:
            a[i] += a.dtype.type(scale * first)
        if i + 1 < a.size:
            a[i + 1] += a.dtype.type(scale * second)
