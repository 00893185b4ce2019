"""Covectors on all parameters from cotangents and units: Σ_s G⊗x, layer by layer."""

from ..base.launch import over
from ..base.mirror import mirror
from ..base.product import Part, columns
from ..base.sums import collect, unit_sums
from ..planes.pair import sum_rows


def collect_layers(sums, out, g, a, x, rows, *, add=False, lowest=0, bias=True):
    """Σ_s G_s ⊗ x_s of the layers from `lowest` up, and with `bias` Σ_s G_s.

    Parameters
    ----------
    sums : `network.work.Work`
        What sums over so many samples are split into, and room for the parts.
    out : `Parameters`
    g, a : (`Units`, kind)
        Cotangents and units.
    x : Part
        Inputs.
    """
    how, (cotangents, kind), (units, of) = sums.columns(rows, lowest), g, a
    parts, ranges, count = how.parts, how.ranges, how.count
    for i, layer in enumerate(sums.layers):
        if i >= lowest:
            whole = how.at[i] < 0
            columns(
                out.weights(i) if whole else Part(parts, how.at[i]),
                cotangents.part(kind, i),
                units.part(of, i - 1) if i else x,
                *(rows, layer.n_in, layer.n_out),
                add=add and whole,
                parts=how.split[i],
            )
    if bias and how.biases >= 0:
        _, begin = cotangents.part(kind, 0)
        own = cotangents.array[begin : begin + cotangents.size]
        net = sums.net
        where = mirror(net.units), mirror(net.sizes), cotangents.capacity
        top = len(sums.layers)
        unit_sums(parts, how.biases, own, *where, rows, int(net.units[-1]), top)
    elif how.biases >= 0:  # which come last
        biased = [layer for layer in sums.layers[lowest:] if layer.bias >= 0]
        ranges -= len(biased)
        count -= sum(layer.n_out for layer in biased)
    if ranges:
        collect(out.array[out.base :], parts, how.table, ranges, count, add)


def sum_gates(out, gate, rows, *, add=False):
    """Σ_s ∂ℓ/∂b of every modReLU, from the `Units` that hold it, if there are any."""
    for layer in range(out.net.weight.size if gate is not None else 0):
        at, wide = out.gate(layer), int(out.net.sizes[layer + 1])
        if at >= 0:
            own = gate.part(0, layer)
            sum_rows(over(wide // 2), out.array, at, *own, rows, wide, wide // 2, add)
