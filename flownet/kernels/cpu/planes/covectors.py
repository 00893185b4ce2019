"""Covectors on complex weights, strip by strip: planes are summed in a corner and gathered at once.

A strip holds the columns of some inputs' real parts beside those of their imaginary ones.
"""

from ...._compile import by_crew, part, separate
from ..base.plan import PLANE_PARTITIONS
from ..base.product import covector_strip, panel_width
from ..base.views import view
from ..layers.covectors import sum_bias
from ..layers.units import units


@part
def _gather(w, strip, first, cols, sign, accumulate):
    """Rows of ∂L/∂A + i∂L/∂B from a strip with sign 1, of the conjugate's with sign −1."""
    n, wide = strip.shape[0] // 2, strip.shape[1] // 2
    zero, sign = strip.dtype.type(0), strip.dtype.type(sign)
    for a in range(n):
        x, y, row = strip[a], strip[n + a], w[a, 2 * first :]
        right, lower = x[wide:], y[wide:]
        for b in range(cols):
            re, im = x[b] + sign * lower[b], y[b] - sign * right[b]
            row[2 * b] = (row[2 * b] if accumulate else zero) + re
            row[2 * b + 1] = (row[2 * b + 1] if accumulate else zero) + im


@separate
def _partition_columns(net, x, dL, work, rows, accumulate, lowest, partitions, partition):
    """Every `partitions`-th strip of dL from layer `lowest` up; biases go to the planes of dL."""
    count = 0
    for layer in range(lowest, net.origin.shape[0]):
        weight, conjugate, _, _ = net.origin[layer]
        n_in, n_out = net.sizes[layer] // 2, net.sizes[layer + 1] // 2
        wide = panel_width(dL)
        g = units(net, work.slope, work.capacity, layer, 0, rows)
        a = (
            view(x, 0, rows, 2 * n_in)
            if layer == 0
            else units(net, work.a, work.capacity, layer - 1, 0, rows)
        )
        for first in range(0, n_in, wide):
            if count % partitions == partition:
                cols = min(wide, n_in - first)
                strip = view(
                    work.planes.corners,
                    partition * (work.planes.corners.size // PLANE_PARTITIONS),
                    2 * n_out,
                    2 * wide,
                )
                covector_strip(strip, 0, work.zeros, g, a, first, cols)
                covector_strip(strip, wide, work.zeros, g, a, n_in + first, cols)
                _gather(view(dL, weight, n_out, 2 * n_in), strip, first, cols, 1, accumulate)
                if conjugate >= 0:
                    _gather(
                        view(dL, conjugate, n_out, 2 * n_in), strip, first, cols, -1, accumulate
                    )
                if first == 0 and net.bias[layer] >= 0:
                    sum_bias(net, work.planes.dL, g, layer, work.zeros, accumulate)
            count += 1


_by_crew = by_crew(_partition_columns)


@part
def complex_columns(net, x, dL, work, rows, accumulate, lowest, threads):
    """Σ_s G_s ⊗ x̄_s into dL; Σ_s G_s into the planes of its biases."""
    if threads > 1:
        n = PLANE_PARTITIONS
        _by_crew(threads, n, net, x, dL, work, rows, accumulate, lowest, n)
    else:
        _partition_columns(net, x, dL, work, rows, accumulate, lowest, 1, 0)
