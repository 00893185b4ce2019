"""Losses of the members in lanes, and their covectors on the outputs.

The plain quadratic loss is worked out in lanes. For all else the outputs of all lanes are handed to
the kernel of single runs as so many rows.
"""

from ...._compile import part, separate
from ...layout import QUADRATIC
from ..base.simd import lanes
from ..layers.loss import covector_on_output, weight_of


@part
def _quadratic(work, a, slope, y, weights, first, rows, shared):
    """½ Σ e² of each lane and sample, and φ′·e: the same bits as of `layers.loss`."""
    n, n_out, sample = lanes(work.W), a.shape[0], work.sample
    scale = work.scale[0]
    for s in range(rows):
        for lane in range(n):
            sample[first + s, lane] = 0.0
    for b in range(n_out):
        for s in range(rows):
            if shared:
                truth, factor = y[first + s, b], scale
                if weights.size:
                    factor = work.W.dtype.type(weight_of(weights, first + s)) * scale
                for lane in range(n):
                    e = a[b, s * n + lane] - truth
                    sample[first + s, lane] += float(e) * float(e)
                    slope[b, s * n + lane] *= factor * e
            else:
                for lane in range(n):
                    i = (first + s) * n + lane
                    e = a[b, s * n + lane] - y[i, b]
                    sample[first + s, lane] += float(e) * float(e)
                    slope[b, s * n + lane] *= work.W.dtype.type(weight_of(weights, i)) * scale * e
    for s in range(rows):
        for lane in range(n):
            i = first + s if shared else (first + s) * n + lane
            sample[first + s, lane] *= 0.5 * weight_of(weights, i)


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
    if loss.kind == QUADRATIC and loss.gamma.size == 0:
        _quadratic(work, a, slope, y, weights, first, rows, shared)
    else:
        _by_rows(loss, work, a, slope, y, weights, first, rows, shared)


@part
def mean_of_lanes(sample, m, values):
    """Means of m losses (m, L) into `values` (L,), each as `base.pointwise.mean`."""
    whole = m // 4 * 4
    for lane in range(values.size):
        s0 = s1 = s2 = s3 = 0.0
        for i in range(0, whole, 4):
            s0 += sample[i, lane]
            s1 += sample[i + 1, lane]
            s2 += sample[i + 2, lane]
            s3 += sample[i + 3, lane]
        for i in range(whole, m):
            s0 += sample[i, lane]
        values[lane] = ((s0 + s1) + (s2 + s3)) / m
