"""Covectors on the weights, Σ_s G_Y ⊗ x, strip by strip; and those on biases, Σ_s G_Y."""

from ...._compile import by_crew, part, separate
from ..base.pointwise import clear
from ..base.product import covector_product, panel, panel_width
from ..base.simd import stack
from ..base.views import address, shift, view
from .units import units, weights

_one = stack(1)
_WIDE, _GROUP = 256, 2  # of so many units: that many panels share a cotangent in the cache


@part
def _columns(net, dL, g, x, layer, first, last, zeros, accumulate):
    """Columns `first` to `last` of a layer's Σ_s G_s ⊗ x_s."""
    dw = weights(net, dL, layer)
    d, d_row = (address(dw), dw.shape[1]) if accumulate else (address(zeros), 0)
    covector_product(dw, d, d_row, g, x, first, last)


@part
def sum_bias(net, dL, g, layer, zeros, accumulate):
    """A layer's Σ_s G_s: the product of a row of ones with G, a panel at a time."""
    rows, n = g.shape
    width, one = panel_width(dL), _one(address(dL))
    one[0] = dL.dtype.type(1)
    for first in range(0, n, width):
        columns = min(width, n - first)
        db, g_j = shift(address(dL), net.bias[layer] + first), shift(address(g), first)
        d = db if accumulate else address(zeros)
        panel(db, n, d, 0, one, 0, 0, g_j, n, 1, rows, columns, width, None)


@part
def _width(net, dL, layer):
    """Columns of a strip."""
    return panel_width(dL) * (_GROUP if net.sizes[layer + 1] >= _WIDE else 1)


@part
def strips(net, dL):
    """How many there are of all layers."""
    count = 0
    for layer in range(net.weight.size):
        width = _width(net, dL, layer)
        count += (net.sizes[layer] + width - 1) // width
    return count


@separate
def partition_columns(
    net, x, dL, g, a, capacity, rows, zeros, accumulate, bias, lowest, partitions, partition
):
    """Every `partitions`-th strip of columns of Σ_s G_s ⊗ x_s, from the `partition`-th on.

    Of the layers from `lowest` up. Cotangents g and units a are buffers of `capacity` rows; with
    `bias` Σ_s G_s goes to the biases.
    """
    count = 0
    for layer in range(net.weight.size):
        n_in, width = net.sizes[layer], _width(net, dL, layer)
        g_l = units(net, g, capacity, layer, 0, rows)
        a_l = view(x, 0, rows, n_in) if layer == 0 else units(net, a, capacity, layer - 1, 0, rows)
        for first in range(0, n_in, width):
            if count % partitions == partition and layer >= lowest:
                _columns(
                    net, dL, g_l, a_l, layer, first, min(first + width, n_in), zeros, accumulate
                )
                if bias and first == 0 and net.bias[layer] >= 0:
                    sum_bias(net, dL, g_l, layer, zeros, accumulate)
            count += 1


columns_by_crew = by_crew(partition_columns)


@part
def sum_gates(net, dL, gate, capacity, rows, accumulate, lowest):
    """Σ_s ∂ℓ/∂b of every modReLU from layer `lowest` up."""
    for layer in range(lowest, net.weight.size):
        if net.gate[layer] >= 0:
            n, start = net.sizes[layer + 1] // 2, net.gate[layer]
            own, db = units(net, gate, capacity, layer, 0, rows), dL[start : start + n]
            if not accumulate:
                clear(db)
            for s in range(rows):
                for b in range(n):
                    db[b] += own[s, b]
