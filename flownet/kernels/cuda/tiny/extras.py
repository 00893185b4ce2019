"""What a step may want beside the network's dL: formulas, coupled layers, an order of samples."""

import numpy as np

from ...._compile._cuda import cuda, device, load1, store1
from ...layout import DOUBLE_WELL, PARABOLA, UV
from ...scalar import philox as scalar

LANES = 32  # sums over W have so many parts, whatever the number of threads
FORMULAS = 2  # numbers before those of formulas: the network's factor, and 1/kT of its loss
COUPLED = 64  # layers of a stack at most


def make_add_formulas(real):
    """Device function: adds Σ scale·L(W) of formulas to a total, and their slopes to dL.

    Called with their codes, numbers, of which (scale, p, q) of each formula begin at `FORMULAS`,
    how many there are, the total, the array, where W lies in it, D, which is where dL does, and
    room for `LANES` sums. See `kernels.cpu.motion.analytic`.
    """

    @cuda.jit(device=True)
    def of_one(code, well, w, half_on):
        if code == UV:
            return float(w) * float(half_on)
        if code == PARABOLA:
            return float(w) * float(w)
        return float(w * w - well) * float(w * w - well)

    @cuda.jit(device=True)
    def add_formulas(codes, numbers, count, total, u, w, size, sums):
        for term in range(count):
            code, scale = load1(codes, term), load1(numbers, FORMULAS + 3 * term)
            p, q = load1(numbers, FORMULAS + 3 * term + 1), load1(numbers, FORMULAS + 3 * term + 2)
            well = real(q * q) if code == DOUBLE_WELL else real(0)
            over, half = size, 0
            if code == UV:
                over, half = size // 2, size // 2
            lane = cuda.threadIdx.x
            while lane < LANES:
                part, i = 0.0, lane
                while i < over:
                    part += of_one(code, well, load1(u, w + i), load1(u, w + half + i))
                    i += LANES
                store1(sums, lane, part)
                lane += cuda.blockDim.x
            cuda.syncthreads()
            whole = 0.0
            for lane in range(LANES):
                whole += load1(sums, lane)
            factor, value = scale * p, scale * 0.5 * p * whole  # of the parabola
            if code == UV:
                factor = scale * whole / half  # f = u·v/√n
                value = scale * 0.5 * whole * whole / half
            elif code != PARABOLA:
                factor, value = scale * p / 2, scale * p / 8 * whole
            i = cuda.threadIdx.x
            while i < over:
                here, there = load1(u, w + i), load1(u, w + half + i)
                if code == UV:
                    store1(u, size + half + i, load1(u, size + half + i) + real(factor) * here)
                    here = there
                elif code != PARABOLA:
                    here *= here * here - well
                store1(u, size + i, load1(u, size + i) + real(factor) * here)
                i += cuda.blockDim.x
            cuda.syncthreads()
            total += value
        return total

    return add_formulas


def make_raise_coupled(real):
    """Device function: dL^i ← Σ_j g^[ij] dL_j within each stack (TM 7), from `places` on.

    `places` holds the number of stacks, then of each how many layers, how many parameters they have
    each, and where they begin; `sharp` their g^[ij].
    """

    @cuda.jit(device=True)
    def raise_coupled(places, at, sharp, s_at, g, g_at):
        old = cuda.local.array(COUPLED, real)
        stacks = load1(places, at)
        at += 1
        for _ in range(stacks):
            n, extent, c = load1(places, at), load1(places, at + 1), cuda.threadIdx.x
            at += 2
            while c < extent:
                for j in range(n):
                    old[j] = load1(g, g_at + load1(places, at + j) + c)
                for i in range(n):
                    total = real(0)
                    for j in range(n):
                        total += real(load1(sharp, s_at + n * i + j)) * old[j]
                    store1(g, g_at + load1(places, at + i) + c, total)
                c += cuda.blockDim.x
            at += n
            s_at += n * n
        cuda.syncthreads()

    return raise_coupled


def make_shuffle(real, plan):
    """Device function: the order of an epoch, a permutation keyed by seed and epoch, by a block.

    Called with room for 2m whole numbers from a place on, of which the order is the first m, and
    the array of the block. Places change one after another, which one thread does: in the array,
    where the units of a step are not there yet, if that is near and has room for the order.
    """
    words, below = device(scalar.words_of_batches, real), device(scalar.below, real)
    units, room = plan.inputs, plan.room - plan.inputs if plan.near else 0
    most = min(room, 1 << np.finfo(real).nmant)  # whole numbers that a real one can be

    @cuda.jit(device=True)
    def change(order, at, m):
        for back in range(m - 1):
            i = m - 1 - back
            j, here = load1(order, at + m + i), load1(order, at + i)
            store1(order, at + i, load1(order, at + j))
            store1(order, at + j, here)

    @cuda.jit(device=True)
    def change_near(order, at, u, m):
        i = cuda.threadIdx.x
        while i < m:
            store1(u, units + i, real(i))
            i += cuda.blockDim.x
        cuda.syncthreads()
        if cuda.threadIdx.x == 0:
            i = m - 1
            j = load1(order, at + m + i)
            while i > 0:
                with_next = load1(order, at + m + i - 1)  # on its way while these two change
                here, there = load1(u, units + i), load1(u, units + j)
                store1(u, units + i, there)
                store1(u, units + j, here)
                i, j = i - 1, with_next
        cuda.syncthreads()
        i = cuda.threadIdx.x
        while i < m:
            store1(order, at + i, int(load1(u, units + i)))
            i += cuda.blockDim.x

    @cuda.jit(device=True)
    def shuffle(order, at, m, seed, epoch, u):
        i = cuda.threadIdx.x
        while i < m:
            store1(order, at + i, i)
            i += cuda.blockDim.x
        block = cuda.threadIdx.x
        while block < m // 2:  # with whom each place changes
            w0, w1, w2, w3 = words(block, epoch, seed)
            i = m - 1 - 2 * block
            store1(order, at + m + i, below(w0, w1, i + 1))
            if i > 1:
                store1(order, at + m + i - 1, below(w2, w3, i))
            block += cuda.blockDim.x
        cuda.syncthreads()
        if m <= most:
            change_near(order, at, u, m)
        elif cuda.threadIdx.x == 0:
            change(order, at, m)
        cuda.syncthreads()

    return shuffle
