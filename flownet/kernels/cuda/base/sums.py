"""Sums in an order that shapes alone fix: no atomics, nothing that the number of processors moves.

A block adds what its threads have found in a tree; where there are many numbers each of a fixed
number of blocks adds its own, and one more block adds those.
"""

import numpy as np

from ...._compile._cuda import SIMULATED, cuda
from .launch import kernel, over

WIDTH = 4 if SIMULATED else 256  # threads that add; a power of two
PARTS = 2 if SIMULATED else 64  # blocks of a long sum


@cuda.jit(device=True)
def block_sum(own):
    """Σ of a number of each of the WIDTH threads of a block; all of them have to come here."""
    found = cuda.shared.array(WIDTH, np.float64)
    tid = cuda.threadIdx.x
    cuda.syncthreads()  # of another sum, perhaps
    found[tid] = own
    width = WIDTH // 2
    while width > 0:
        cuda.syncthreads()
        if tid < width:
            found[tid] += found[tid + width]
        width //= 2
    cuda.syncthreads()
    return found[0]


@cuda.jit(device=True)
def sum_of_few(numbers, count):
    """Σ of the first numbers of a float64 array, by all threads of a block."""
    own = 0.0
    for i in range(cuda.threadIdx.x, count, WIDTH):
        own += numbers[i]
    return block_sum(own)


@kernel("f8[] i8 f8[] i8 f8")
def total_of(real):
    """out[at] ← scale·Σ of the first `count` numbers, by one block."""

    def run(out, at, numbers, count, scale):
        found = sum_of_few(numbers, count)
        if cuda.threadIdx.x == 0:
            out[at] = scale * found

    return run


def total(out, at, numbers, count, scale=1.0):
    """out[at] ← scale·Σ of the first numbers of a float64 array."""
    total_of((1, WIDTH), out, at, numbers, count, scale)


@kernel("f8[] r[] r[] i8")
def pairing_parts(real):
    """Σ a·b of each block, in float64."""

    def run(parts, a, b, count):
        own = 0.0
        for i in range(cuda.grid(1), count, cuda.gridsize(1)):
            own += float(a[i]) * float(b[i])
        found = block_sum(own)
        if cuda.threadIdx.x == 0:
            parts[cuda.blockIdx.x] = found

    return run


def pairing(out, at, parts, a, b, count):
    """out[at] ← Σ a·b of the first numbers; `parts` are PARTS float64 numbers to work with."""
    pairing_parts((PARTS, WIDTH), parts, a, b, count)
    total(out, at, parts, PARTS)


@kernel("r[] r[] i8[] i8 i8 i8")
def collect_parts(real):
    """Numbers of ranges ← the sums of their parts."""

    def run(out, parts, table, ranges, count, add):
        for i in range(cuda.grid(1), count, cuda.gridsize(1)):
            r, j = 0, i
            while j >= table[5 * r + 1]:
                j -= table[5 * r + 1]
                r += 1
            at = table[5 * r + 3] + j
            found = parts[at]
            for _ in range(1, table[5 * r + 2]):
                at += table[5 * r + 4]
                found += parts[at]
            to = table[5 * r] + j
            out[to] = out[to] + found if add != 0 else found

    return run


def collect(out, parts, table, ranges, count, add=False):
    """Add up parts that `columns` and `unit_sums` have left, of all ranges at once.

    Parameters
    ----------
    out, parts : flat arrays of the device
    table : flat array of int64
        For each range where it goes in `out`, how many numbers it has, in how many parts, where
        the first part is in `parts`, and how far they are apart.
    ranges, count : int
        How many there are, and numbers of all of them.
    add : bool
        Whether they are added to what is in `out`.
    """
    collect_parts(over(count), out, parts, table, ranges, count, add)


@kernel("r[] i8 r[] i8[] i8[] i8 i8 i8 i8 i8")
def unit_parts(real):
    """Σ_s G_s of every unit of the layers, in parts."""
    zero = real(0)

    def run(parts, at, g, units, sizes, layers, capacity, rows, chunk, count):
        width = units[layers]
        for i in range(cuda.grid(1), width * count, cuda.gridsize(1)):
            part, unit = i // width, i % width
            layer = 0
            while unit >= units[layer + 1]:
                layer += 1
            n = sizes[layer + 1]
            first, last = part * chunk, min(part * chunk + chunk, rows)
            place = capacity * units[layer] + first * n + unit - units[layer]
            found = zero
            for _ in range(first, last):
                found += g[place]
                place += n
            parts[at + i] = found

    return run


_CHUNK = 4 if SIMULATED else 32  # samples of a part


def parts_of_units(rows):
    """In how many parts the sums of units over samples are split, and samples of each."""
    chunk = max(_CHUNK, -(-rows // _CHUNK))
    return -(-rows // chunk), chunk


def unit_sums(parts, at, g, units, sizes, capacity, rows, net_units, layers):
    """Σ_s G_s of all units, G a buffer of `capacity` rows a layer, in parts of `parts_of_units`.

    Part p of them is in `parts` from `at + p·net_units` on; `units` and `sizes` are those of `Net`,
    on the device.
    """
    count, chunk = parts_of_units(rows)
    unit_parts(
        over(net_units * count), parts, at, g, units, sizes, layers, capacity, rows, chunk, count
    )
