"""Loss and dL of a small network by the threads of one block, some samples at a time."""

from ...._compile._cuda import cuda, device, load1, store1
from ...scalar.activation import BODIES
from ..base import elementary  # noqa: F401  stands for plain functions: before any body is made
from .loss import make_loss
from .plan import (
    CAPACITY,
    CODE,
    HEAD,
    INPUTS,
    LAYERS,
    N_X,
    N_Y,
    OUT,
    PRODUCT,
    ROWS,
    SLOPE,
    STRIDE,
    SUMS,
    TRUTH,
    WAIT,
    WEIGHTS,
    A,
)  # fmt: skip
from .product import make_product


def make_activation(real, codes):
    """Device function: value and slope of the activation of a code, which is one of some."""
    chosen = None
    for code in codes:
        chosen = _or_else(code, device(BODIES[code], real), chosen)
    return chosen


def _or_else(code, body, other):
    if other is None:

        @cuda.jit(device=True)
        def only(asked, z):
            a, slope, _, _ = body(z)
            return a, slope

        return only

    @cuda.jit(device=True)
    def either(asked, z):
        if asked == code:
            a, slope, _, _ = body(z)
            return a, slope
        return other(asked, z)

    return either


def make_gather(real):
    """Device function: samples into the array of a block: inputs, truth, weights.

    Called with the array, the plan, inputs, truth and weights of all samples, whether there are
    weights, an order and where it begins (−1: the samples' own), the first sample, and how many.
    """
    one = real(1)

    @cuda.jit(device=True)
    def gather(u, plan, x, y, weights, weighted, order, begin, first, rows):
        lanes, s = min(32, cuda.blockDim.x), cuda.threadIdx.x >> 5
        n_x, n_y, stride = load1(plan, N_X), load1(plan, N_Y), load1(plan, STRIDE)
        inputs, truth = load1(plan, INPUTS), load1(plan, TRUTH)
        while s < rows:
            row = first + s if begin < 0 else load1(order, begin + first + s)
            i = cuda.threadIdx.x & 31
            if i == 0:
                store1(u, load1(plan, WEIGHTS) + s, load1(weights, row) if weighted else one)
            while i < n_x:
                store1(u, inputs + i * stride + s, load1(x, row * n_x + i))
                i += lanes
            i = cuda.threadIdx.x & 31
            while i < n_y:
                store1(u, truth + i * stride + s, load1(y, row * n_y + i))
                i += lanes
            s += (cuda.blockDim.x + 31) >> 5
        cuda.syncthreads()

    return gather


def make_differential(real, codes, kind, plain):
    """Device function: L and dL of one run by a block; every thread gets L.

    Called with the array, the plan, where in it W is, the samples as `gather` takes them, how many
    they are, whether they are there already, γ, 1/kT, and room for losses and for four sums.
    """
    product, gather = make_product(real), make_gather(real)
    activation, loss = make_activation(real, codes), make_loss(real, kind, plain)
    zero = real(0)

    @cuda.jit(device=True)
    def activate(u, plan, at, rows):
        """z ← φ(z) and φ′ of a layer's units."""
        n, stride, code = load1(plan, at + ROWS), load1(plan, STRIDE), load1(plan, at + CODE)
        z, slope = load1(plan, at + OUT), load1(plan, at + SLOPE)
        bits = 0
        while (1 << bits) < rows and (2 << bits) <= cuda.blockDim.x:
            bits += 1
        j = cuda.threadIdx.x >> bits
        while j < n:
            s = cuda.threadIdx.x & ((1 << bits) - 1)
            while s < rows:
                i = j * stride + s
                a, da = activation(code, load1(u, z + i))
                store1(u, z + i, a)
                store1(u, slope + i, da)
                s += 1 << bits
            j += cuda.blockDim.x >> bits
        cuda.syncthreads()

    @cuda.jit(device=True)
    def sum_rows(u, plan, at, rows, later):
        """Σ_s G of a layer's units."""
        n, sums, j = load1(plan, at + ROWS), load1(plan, at + SUMS), cuda.threadIdx.x
        while j < n:
            total, g = zero, load1(plan, at + A) + j * load1(plan, STRIDE)
            if later:
                total = load1(u, sums + j)
            for s in range(rows):
                total += load1(u, g + s)
            store1(u, sums + j, total)
            j += cuda.blockDim.x

    @cuda.jit(device=True)
    def differential(
        u, plan, w_at, x, y, weights, weighted, order, begin, m, there, gamma, beta, losses, sums
    ):
        t, layers, scale = cuda.threadIdx.x, load1(plan, LAYERS), real(1 / m)
        total, whole, first, capacity = 0.0, m // 4 * 4, 0, load1(plan, CAPACITY)
        while first < m:
            rows = min(capacity, m - first)
            if not there:
                gather(u, plan, x, y, weights, weighted, order, begin, first, rows)
            for number in range(3 * layers - 1):
                if number == layers:
                    s = t
                    while s < rows:
                        weight = float(load1(u, load1(plan, WEIGHTS) + s))
                        losses[s] = loss(u, plan, s, gamma, beta, weight, scale)
                        s += cuda.blockDim.x
                    cuda.syncthreads()
                    if t < 4:  # four sums, as of the `mean` of the CPU's kernels
                        for s in range(rows):
                            k = first + s
                            if t == (k & 3 if k < whole else 0):
                                total += load1(losses, s)
                at = HEAD + number * PRODUCT
                product(u, plan, at, w_at, rows, first > 0)
                if load1(plan, at + SUMS) >= 0:
                    sum_rows(u, plan, at, rows, first > 0)
                if load1(plan, at + WAIT) != 0:
                    cuda.syncthreads()
                if load1(plan, at + SLOPE) >= 0:
                    activate(u, plan, at, rows)
            first += capacity
        if t < 4:
            store1(sums, t, total)
        cuda.syncthreads()
        return ((sums[0] + sums[1]) + (sums[2] + sums[3])) / m

    return differential
