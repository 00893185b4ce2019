"""Forward pass and pullback of a dense network: Y = X·Wᵀ + b, φ; then transposed, in reverse order.

Two parallel phases make one differential (TM 18, 38). Shards of samples run forward, through the
loss and back to the lowest layer; then strips of every layer's weights collect Σ_s G_Y ⊗ x. Shards
and strips are cut by shapes alone, so the bits do not depend on the number of threads.
"""

from ...._compile import by_crew, chosen, jit, lacks, part, separate
from ...scalar.pair import PAIR
from ..base.pointwise import copy, mean
from ..base.product import product_packed, pull_product
from ..base.views import address, flat, view
from ..layers.activation import activate
from ..layers.covectors import columns_by_crew, partition_columns, strips, sum_gates
from ..layers.loss import covector_on_output
from ..layers.units import (
    activate_units,
    bias_of,
    gates,
    outputs,
    pull_units,
    spare,
    units,
    weights,
)
from ..planes.covectors import complex_columns
from ..planes.panels import pack_planes
from ..planes.planes import collect, gather_singles, spread
from .packing import pack_all, pack_for_step, pulled_from
from .tiny import tiny_differential


@part
def forward_shard(net, W, work, x, first, rows, slopes):
    """Units A_l of some rows, and their slopes φ′ if wanted, from inputs x."""
    a = view(x, first * net.sizes[0], rows, net.sizes[0])
    for layer in range(net.weight.size):
        z = units(net, work.a, work.capacity, layer, first, rows)
        product_packed(
            z, bias_of(net, W, work.zeros, layer), 0, a, work.packed[net.panels[layer] :]
        )
        if slopes or net.activation[layer] >= PAIR:
            activate_units(
                net,
                W,
                work.zeros,
                layer,
                z,
                units(net, work.slope, work.capacity, layer, first, rows),
            )
        else:
            activate(net.activation[layer], flat(z))
        a = z


@part
def pullback_shard(net, W, work, first, rows, lowest):
    """Turn the slopes of some rows into cotangents G_z, from that on the output downwards."""
    ga = outputs(net, work.covector, first, rows)
    for layer in range(net.weight.size - 1, lowest - 1, -1):
        g = units(net, work.slope, work.capacity, layer, first, rows)
        pull_units(
            net,
            W,
            work.zeros,
            layer,
            g,
            ga,
            gates(net, work.gate, work.capacity, layer, first, rows, ga),
        )
        if layer > lowest:
            ga = spare(work.scratch, work.capacity, first, rows, net.sizes[layer])
            if work.pulled.size:
                pulled = work.pulled[pulled_from(net, W, layer) :]
                product_packed(ga, address(work.zeros), 0, g, pulled)
            else:
                pull_product(ga, address(work.zeros), 0, g, weights(net, W, layer))


@part
def gather(data, work, start, first, rows):
    """Copy a shard's samples of the mini-batch side by side."""
    for s in range(first, first + rows):
        row = data.rows[start + s]
        copy(work.x[s], data.x[row])
        copy(work.y[s], data.y[row])
        if work.weights.size:
            work.weights[s] = data.weights[row]


@part
def loss_shard(net, loss, data, work, start, first, rows):
    """Losses of some rows, and the covector on their output."""
    m = first if data.rows.size else start + first
    y = (work.y if data.rows.size else data.y)[m : m + rows]
    sample_weights = work.weights if data.rows.size else data.weights
    if sample_weights.size:
        sample_weights = sample_weights[m : m + rows]
    covector_on_output(
        loss,
        units(net, work.a, work.capacity, net.weight.size - 1, first, rows),
        y,
        sample_weights,
        outputs(net, work.covector, first, rows),
        outputs(net, work.errors, first, rows),
        spare(work.scratch, work.capacity, first, rows, net.sizes[-1]),
        work.zeros,
        work.sample[start + first : start + first + rows],
        work.scale,
    )


@separate
def _shard(net, loss, data, W, work, start, chunk, lowest, i):
    """The i-th shard of a chunk of rows forward, through the loss, and back."""
    first = i * work.shard
    rows = min(work.shard, chunk - first)
    if data.rows.size:
        gather(data, work, start, first, rows)
    x = work.x if data.rows.size else data.x[start:]
    forward_shard(net, W, work, x, first, rows, lowest < net.weight.size)
    loss_shard(net, loss, data, work, start, first, rows)
    if lowest < net.weight.size:
        pullback_shard(net, W, work, first, rows, lowest)


_shards_by_crew = by_crew(_shard)


@part
def columns(net, x, dL, g, a, capacity, rows, zeros, accumulate, bias, lowest, threads):
    """Σ_s G_s ⊗ x_s of every layer from `lowest` up, and with `bias` Σ_s G_s."""
    if threads > 1:
        n = strips(net, dL)
        columns_by_crew(
            threads, n, net, x, dL, g, a, capacity, rows, zeros, accumulate, bias, lowest, n
        )
    else:
        partition_columns(net, x, dL, g, a, capacity, rows, zeros, accumulate, bias, lowest, 1, 0)


@part
def _shards(net, loss, data, W, work, start, rows, lowest, threads):
    count = (rows + work.shard - 1) // work.shard
    if threads > 1:
        _shards_by_crew(threads, count, net, loss, data, W, work, start, rows, lowest)
    else:
        for i in range(count):
            _shard(net, loss, data, W, work, start, rows, lowest, i)


@separate
def _of_reals(net, loss, data, W, dL, work, m, lowest, threads):
    """`differential` of a network of real numbers."""
    pack_for_step(net, W, work, lowest, threads)
    for start in range(0, m, work.capacity):
        rows = min(work.capacity, m - start)
        x = work.x if data.rows.size else data.x[start:]
        _shards(net, loss, data, W, work, start, rows, lowest, threads)
        if lowest < net.weight.size:
            columns(
                net,
                x,
                dL,
                work.slope,
                work.a,
                work.capacity,
                rows,
                work.zeros,
                start > 0,
                True,
                lowest,
                threads,
            )


@separate
def _of_planes(net, loss, data, W, dL, work, m, lowest, threads):
    """`differential` of a complex network, by the planes of W."""
    E, dE = work.planes.W, work.planes.dL
    pack_planes(net, W, E, work.packed, threads)
    for start in range(0, m, work.capacity):
        rows = min(work.capacity, m - start)
        x = work.x if data.rows.size else data.x[start:]
        _shards(net, loss, data, E, work, start, rows, lowest, threads)
        if lowest < net.weight.size:
            complex_columns(net, x, dL, work, rows, start > 0, lowest, threads)
            sum_gates(net, dE, work.gate, work.capacity, rows, start > 0, lowest)
    for layer in range(lowest, net.origin.shape[0]):
        gather_singles(net, dE, dL, layer)


_of_any = chosen(lambda net, *more: _of_reals if lacks(net, "origin") else _of_planes)


@part(inline=True)
def _lanes(net, loss, data, W, dL, work, m, lowest):
    if data.rows.size:
        gather(data, work, 0, 0, m)
    x, y = (work.x, work.y) if data.rows.size else (data.x, data.y)
    weights = work.weights if data.rows.size else data.weights
    if weights.size:
        weights = weights[:m]
    tiny_differential(net, loss, x[:m], y[:m], weights, W, dL, work, lowest)


@part(inline=True)
def _lanes_of_planes(net, loss, data, W, dL, work, m, lowest):
    spread(net, W, work.planes.W)
    _lanes(net, loss, data, work.planes.W, work.planes.dL, work, m, lowest)
    collect(net, work.planes.dL, dL, lowest)


_of_few = chosen(lambda net, *more: _lanes if lacks(net, "origin") else _lanes_of_planes)


@part(inline=True)
def _tiny(net, loss, data, W, dL, work, m, lowest, threads):
    """`differential` of a tiny network; L alone goes the way of the others."""
    if lowest < net.weight.size:
        _of_few(net, loss, data, W, dL, work, m, lowest)
    else:
        _of_any(net, loss, data, W, dL, work, m, lowest, threads)


_of_size = chosen(
    lambda net, loss, data, W, dL, work, *more: _of_any if lacks(work, "lanes") else _tiny
)


@part(inline=True)
def network_differential(net, loss, data, W, dL, work, lowest, threads):
    """`differential`, as part of other kernels."""
    m = data.rows.size if data.rows.size else data.x.shape[0]
    work.scale[0] = 1 / m
    _of_size(net, loss, data, W, dL, work, m, lowest, threads)
    return mean(work.sample[:m])


@jit
def differential(net, loss, data, W, dL, work, lowest, threads):
    """L(W), and dL pulled back to the layers from `lowest` up; none with `lowest` = L."""
    return network_differential(net, loss, data, W, dL, work, lowest, threads)


@jit
def planes_of(net, W, E):
    """E ← the planes of parameters W of a complex network."""
    spread(net, W, E)


@jit
def from_planes(net, dE, dW):
    """dW ← the covector on W of one on its planes."""
    collect(net, dE, dW, 0)


@jit
def forward(net, x, W, work, y_hat):
    """Outputs Ŷ (m, n_out) of inputs x (m, n_in)."""
    pack_all(net, W, work.packed, 1)
    for start in range(0, x.shape[0], work.capacity):
        rows = min(work.capacity, x.shape[0] - start)
        forward_shard(net, W, work, x[start:], 0, rows, False)
        top = units(net, work.a, work.capacity, net.weight.size - 1, 0, rows)
        copy(flat(y_hat[start : start + rows]), flat(top))


@jit
def pullback(net, x, cotangent, W, covector, work):
    """Covector Jᵀ·G (D,) of a cotangent G (m, n_out) on the output."""
    pack_for_step(net, W, work, 0, 1)
    for start in range(0, x.shape[0], work.capacity):
        rows = min(work.capacity, x.shape[0] - start)
        forward_shard(net, W, work, x[start:], 0, rows, True)
        copy(flat(outputs(net, work.covector, 0, rows)), flat(cotangent[start : start + rows]))
        pullback_shard(net, W, work, 0, rows, 0)
        g, a, n, zeros = work.slope, work.a, work.capacity, work.zeros
        partition_columns(net, x[start:], covector, g, a, n, rows, zeros, start > 0, True, 0, 1, 0)
        sum_gates(net, covector, work.gate, work.capacity, rows, start > 0, 0)
