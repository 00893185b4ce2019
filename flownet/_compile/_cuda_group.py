"""Threads of half a warp: a group, which waits for nobody else and adds up what each has."""

import numpy as np

from ._cuda import SIMULATED, cuda

GROUP = 2 if SIMULATED else 16

if SIMULATED:  # a block is one group there

    @cuda.jit(device=True)
    def group_wait():
        """Wait until all threads of the group are here, and see what they wrote."""
        cuda.syncthreads()

    @cuda.jit(device=True)
    def group_sum(value):
        """The sum over the threads of the group, the same to the bit for each of them."""
        shared = cuda.shared.array(GROUP, np.float64)
        shared[cuda.threadIdx.x] = value
        cuda.syncthreads()
        total = type(value)(sum(shared))
        cuda.syncthreads()
        return total

    @cuda.jit(device=True)
    def group_sums(a, b):
        """The sums of two numbers over the threads of the group."""
        return group_sum(a), group_sum(b)

else:

    @cuda.jit(device=True)
    def _mask():
        return np.int32(0xFFFF) if cuda.laneid < GROUP else np.int32(-0x10000)

    @cuda.jit(device=True)
    def group_wait():
        """Wait until all threads of the group are here, and see what they wrote."""
        cuda.syncwarp(_mask())

    @cuda.jit(device=True)
    def group_sum(value):
        """The sum over the threads of the group, the same to the bit for each of them."""
        mask = _mask()
        value += cuda.shfl_xor_sync(mask, value, 8)
        value += cuda.shfl_xor_sync(mask, value, 4)
        value += cuda.shfl_xor_sync(mask, value, 2)
        return value + cuda.shfl_xor_sync(mask, value, 1)

    @cuda.jit(device=True)
    def group_sums(a, b):
        """The sums of two numbers over the threads of the group, each as `group_sum` adds it: one
        half of the threads adds one of them, the other half the other."""
        mask, low = _mask(), cuda.laneid & 8 == 0
        mine, other = (a, b) if low else (b, a)
        mine += cuda.shfl_xor_sync(mask, other, 8)
        mine += cuda.shfl_xor_sync(mask, mine, 4)
        mine += cuda.shfl_xor_sync(mask, mine, 2)
        mine += cuda.shfl_xor_sync(mask, mine, 1)
        other = cuda.shfl_xor_sync(mask, mine, 8)
        return (mine, other) if low else (other, mine)
