"""Loss and dL of a small network by the threads of one block, some samples at a time."""

from ...._compile._cuda import cuda, device, load1, store1
from ...scalar.activation import BODIES
from ..base import elementary  # noqa: F401  stands for plain functions: before any body is made
from .loss import make_loss
from .product import bits_for, make_product


def make_gather(real, plan):
    """Device function: samples into the array of a block: inputs, truth, weights.

    Called with the array, inputs, truth and weights of all samples, whether there are weights, an
    order and where it begins (−1: the samples' own), the first sample, and how many.
    """
    one, threads, n_x, n_y, stride = real(1), plan.threads, plan.n_x, plan.n_y, plan.stride
    inputs, truth, masses, lanes = plan.inputs, plan.truth, plan.weights, min(32, plan.threads)

    @cuda.jit(device=True)
    def gather(u, x, y, weights, weighted, order, begin, first, rows):
        s = cuda.threadIdx.x >> 5
        while s < rows:
            row = first + s if begin < 0 else load1(order, begin + first + s)
            i = cuda.threadIdx.x & 31
            if i == 0:
                store1(u, masses + s, load1(weights, row) if weighted else one)
            while i < n_x:
                store1(u, inputs + i * stride + s, load1(x, row * n_x + i))
                i += lanes
            i = cuda.threadIdx.x & 31
            while i < n_y:
                store1(u, truth + i * stride + s, load1(y, row * n_y + i))
                i += lanes
            s += (threads + 31) >> 5
        cuda.syncthreads()

    return gather


def _make_activate(real, plan, of):
    """Device function: z ← φ(z) and φ′ of a layer's units."""
    n, stride, z, slope, body = (
        of.rows,
        plan.stride,
        of.out,
        of.slope,
        device(BODIES[of.code], real),
    )
    bits = bits_for(plan.capacity, plan.threads)
    lanes, turn = 1 << bits, plan.threads >> bits

    @cuda.jit(device=True)
    def activate(u, rows):
        j = cuda.threadIdx.x >> bits
        while j < n:
            s = cuda.threadIdx.x & (lanes - 1)
            while s < rows:
                i = j * stride + s
                a, da, _, _ = body(load1(u, z + i))
                store1(u, z + i, a)
                store1(u, slope + i, da)
                s += lanes
            j += turn
        cuda.syncthreads()

    return activate


def _make_sum_rows(real, plan, of):
    """Device function: Σ_s G of a layer's units."""
    n, a_at, stride, sums, threads, zero = (
        of.rows, of.a, plan.stride, of.sums, plan.threads, real(0),
    )  # fmt: skip

    @cuda.jit(device=True)
    def sum_rows(u, rows, later):
        j = cuda.threadIdx.x
        while j < n:
            total, g = zero, a_at + j * stride
            if later:
                total = load1(u, sums + j)
            for s in range(rows):
                total += load1(u, g + s)
            store1(u, sums + j, total)
            j += threads

    return sum_rows


def _make_stage(real, plan, of):
    """Device function: a product, and what is done with its rows."""
    product, waits = make_product(real, plan, of), of.wait == 1
    if of.slope >= 0:
        activate = _make_activate(real, plan, of)

        @cuda.jit(device=True)
        def stage(u, w_at, rows, later):
            product(u, w_at, rows, later)
            cuda.syncthreads()
            activate(u, rows)

        return stage
    sums = of.sums >= 0
    sum_rows = _make_sum_rows(real, plan, of)

    @cuda.jit(device=True)
    def stage(u, w_at, rows, later):
        product(u, w_at, rows, later)
        if sums:
            sum_rows(u, rows, later)
        if waits:
            cuda.syncthreads()

    return stage


def _in_turn(stages):
    """Device function: stages one after another."""
    first = stages[0]
    if len(stages) == 1:
        return first
    then = _in_turn(stages[1:])

    @cuda.jit(device=True)
    def in_turn(u, w_at, rows, later):
        first(u, w_at, rows, later)
        then(u, w_at, rows, later)

    return in_turn


def make_differential(real, plan, kind, plain):
    """Device function: L and dL of one run by a block; every thread gets L.

    Called with the array, where in it W is, the samples as `gather` takes them, how many they are,
    whether they are there already, γ, 1/kT, and room for losses and for four sums.
    """
    gather, loss = make_gather(real, plan), make_loss(real, plan, kind, plain)
    forward, backward = (
        _in_turn([_make_stage(real, plan, of) for of in products])
        for products in (plan.forward, plan.backward)
    )
    capacity, threads, masses = plan.capacity, plan.threads, plan.weights

    @cuda.jit(device=True)
    def differential(
        u, w_at, x, y, weights, weighted, order, begin, m, there, gamma, beta, losses, sums
    ):
        t, scale, total, whole, first = cuda.threadIdx.x, real(1 / m), 0.0, m // 4 * 4, 0
        while first < m:
            rows = min(capacity, m - first)
            if not there:
                gather(u, x, y, weights, weighted, order, begin, first, rows)
            forward(u, w_at, rows, False)
            s = t
            while s < rows:
                weight = float(load1(u, masses + s))
                losses[s] = loss(u, s, gamma, beta, weight, scale)
                s += threads
            cuda.syncthreads()
            if t < 4:  # four sums, as of the `mean` of the CPU's kernels
                s = (t - first) & 3
                while s < min(rows, whole - first):
                    total += load1(losses, s)
                    s += 4
                if t == 0:
                    for s in range(max(0, whole - first), rows):
                        total += load1(losses, s)
            backward(u, w_at, rows, first > 0)
            first += capacity
        if t < 4:
            store1(sums, t, total)
        cuda.syncthreads()
        return ((sums[0] + sums[1]) + (sums[2] + sums[3])) / m

    return differential
