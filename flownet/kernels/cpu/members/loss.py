"""Losses of the members in lanes, and their covectors on the outputs.

The plain quadratic loss is worked out in lanes. For all else the outputs of all lanes are handed to
the kernel of single runs as so many rows.
"""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from ...._compile import part, separate
from ...layout import QUADRATIC
from ..base.simd import VECTOR_BYTES, Emitter, lanes
from ..base.views import address, shift
from ..layers.loss import covector_on_output, weight_of
from .product import product_with_shared

_DOUBLES = VECTOR_BYTES // 8  # of a vector


@intrinsic
def _add_errors(typing, sample, slope, a, truth, factor):
    """With e = a − truth of each lane: sample += e², summed in float64, and slope ·= factor·e.

    In one piece, since of loops over lanes the compiler would ask each time what overlaps.
    """

    def codegen(context, builder, signature, args):
        sample, slope, a, truth, factor = args
        emit = Emitter(context, builder, signature.args[1].dtype)
        e = builder.fsub(emit.load(a), emit.splat(truth))
        square, doubles = builder.fmul(e, e), ir.VectorType(ir.DoubleType(), emit.width)
        square = square if emit.bytes == 8 else builder.fpext(square, doubles)
        there = builder.bitcast(sample, doubles.as_pointer())
        builder.store(builder.fadd(builder.load(there, align=8), square), there, align=8)
        scaled = builder.fmul(emit.splat(factor), e)
        emit.store(builder.fmul(emit.load(slope), scaled), slope)
        return context.get_dummy_value()

    return types.void(sample, slope, a, truth, factor), codegen


@part
def _quadratic_shared(work, a, slope, y, weights, first, rows):
    """½ Σ e² of each lane and sample, and φ′·e: the same bits as of `layers.loss`."""
    n, n_out, row = lanes(work.W), a.shape[0], a.shape[1]
    scale = work.scale[0]
    for s in range(rows):
        sample, factor, half = work.sample[first + s], scale, 0.5
        if weights.size:
            factor = work.W.dtype.type(weight_of(weights, first + s)) * scale
            half = 0.5 * weight_of(weights, first + s)
        for lane in range(n):
            sample[lane] = 0.0
        for b in range(n_out):
            of = b * row + s * n
            _add_errors(
                address(sample), shift(address(slope), of), shift(address(a), of),
                y[first + s, b], factor,
            )  # fmt: skip
        for lane in range(n):
            sample[lane] *= half


@part
def _quadratic(work, a, slope, y, weights, first, rows):
    """The same where each lane has samples of its own."""
    n, n_out, sample = lanes(work.W), a.shape[0], work.sample
    scale = work.scale[0]
    for s in range(rows):
        for lane in range(n):
            sample[first + s, lane] = 0.0
    for b in range(n_out):
        for s in range(rows):
            for lane in range(n):
                i = (first + s) * n + lane
                e = a[b, s * n + lane] - y[i, b]
                sample[first + s, lane] += float(e) * float(e)
                slope[b, s * n + lane] *= work.W.dtype.type(weight_of(weights, i)) * scale * e
    for s in range(rows):
        for lane in range(n):
            sample[first + s, lane] *= 0.5 * weight_of(weights, (first + s) * n + lane)


@separate
def _by_rows(loss, work, a, slope, y, weights, first, rows, shared):
    """The same of any loss, by the kernel of single runs."""
    n, n_out = lanes(work.W), a.shape[0]
    count = n * rows
    for lane in range(n):
        for s in range(rows):
            of_lane = first + s if shared else (first + s) * n + lane
            for b in range(n_out):
                work.y_hat[lane * rows + s, b] = a[b, s * n + lane]
                work.y[lane * rows + s, b] = y[of_lane, b]
            if weights.size:
                work.weights[lane * rows + s] = weights[of_lane]
    covector_on_output(
        loss,
        work.y_hat[:count],
        work.y[:count],
        work.weights[: count if weights.size else 0],
        work.covector[:count],
        work.errors[:count],
        work.scratch[:count],
        work.zeros,
        work.losses[:count],
        work.scale,
    )
    for lane in range(n):
        for s in range(rows):
            work.sample[first + s, lane] = work.losses[lane * rows + s]
            for b in range(n_out):
                slope[b, s * n + lane] *= work.covector[lane * rows + s, b]


@part
def loss_of_lanes(loss, work, a, slope, y, weights, first, rows, shared):
    """Losses of some samples of every lane, and G_z = φ′·∂ℓ/∂a of the outputs a (n_out, rows·L).

    Truth y and weights are those of all members where they are `shared`, else a row a lane.
    """
    if loss.kind == QUADRATIC and loss.gamma.size == 0 and shared:
        _quadratic_shared(work, a, slope, y, weights, first, rows)
    elif loss.kind == QUADRATIC and loss.gamma.size == 0:
        _quadratic(work, a, slope, y, weights, first, rows)
    else:
        _by_rows(loss, work, a, slope, y, weights, first, rows, shared)


@part
def mean_of_lanes(work, m, values):
    """Means of m losses (m, L) into `values` (L,), each as `base.pointwise.mean`."""
    sample, sums, n = work.sample, work.sums, lanes(work.W)
    for chain in range(4):
        for lane in range(n):
            sums[chain, lane] = 0.0
    for lane in range(0, n, _DOUBLES):  # each fourth sample's: a product with ones
        c, a = shift(address(sums), lane), shift(address(sample), lane)
        product_with_shared(
            c, n, 0, c, n, 0, a, n, 4 * n, address(work.one), 0, 0, 4, 1, m // 4
        )  # fmt: skip
    for i in range(m // 4 * 4, m):
        for lane in range(n):
            sums[0, lane] += sample[i, lane]
    for lane in range(n):
        values[lane] = ((sums[0, lane] + sums[1, lane]) + (sums[2, lane] + sums[3, lane])) / m
