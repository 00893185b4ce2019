"""The differential of a network whose kinked units stay on the branch they were on.

A unit of relu or leaky_relu is linear on its branch, a = slope·z, whatever the sign of z: L(W) is
then smooth, also a little beyond a kink. What pairs (sample, unit) are on is in `Kinks`.
"""

from ...._compile import by_crew, part, separate, spliced
from ..base.pointwise import mean
from ..base.product import product_packed, pull_product
from ..base.views import address, flat, view
from ..layers.units import activate_units, bias_of, outputs, pull_units, spare, units, weights
from .differential import columns, loss_shard
from .packing import pack_all


@spliced
def pairs(net, buffer, m, layer, first, rows):
    """Rows of a layer's pairs (rows, n) in a buffer of all pairs of m samples."""
    n = net.sizes[layer + 1]
    return view(buffer, m * net.units[layer] + first * n, rows, n)


@part
def _activate(z, seen, slope, branch):
    """Keep z, and put a = slope·z in its place."""
    for i in range(z.size):
        seen[i] = z[i]
        slope[i] = branch[i]
        z[i] = branch[i] * z[i]


@part
def _forward_shard(net, W, work, x, m, start, first, rows, kinks, seen):
    """Units of some rows, their slopes, and their pre-activations."""
    a = view(x, first * net.sizes[0], rows, net.sizes[0])
    for layer in range(net.weight.size):
        z = units(net, work.a, work.capacity, layer, first, rows)
        slope = units(net, work.slope, work.capacity, layer, first, rows)
        product_packed(
            z, bias_of(net, W, work.zeros, layer), 0, a, work.packed[net.panels[layer] :]
        )
        if kinks.below[layer] != 1.0:
            _activate(
                flat(z),
                flat(pairs(net, seen, m, layer, start + first, rows)),
                flat(slope),
                flat(pairs(net, kinks.slope, m, layer, start + first, rows)),
            )
        else:
            activate_units(net, W, work.zeros, layer, z, slope)
        a = z


@part
def _pulls(net, hold, layer, first, rows, ga):
    """∂L/∂a of the pairs that slide among these."""
    for j in range(hold.count[0]):
        s = hold.at[j, 0] - first
        if hold.at[j, 1] == layer and 0 <= s < rows:
            hold.pull[j] = ga[s, hold.at[j, 2]]


@part
def _pullback_shard(net, W, work, start, first, rows, lowest, kinks):
    """Slopes of some rows into cotangents G_z, from that on the output downwards."""
    ga = outputs(net, work.covector, first, rows)
    for layer in range(net.weight.size - 1, lowest - 1, -1):
        g = units(net, work.slope, work.capacity, layer, first, rows)
        _pulls(net, kinks.hold, layer, start + first, rows, ga)
        pull_units(net, W, work.zeros, layer, g, ga, ga)
        if layer > lowest:
            ga = spare(work.scratch, work.capacity, first, rows, net.sizes[layer])
            pull_product(ga, address(work.zeros), 0, g, weights(net, W, layer))


@separate
def _shard_on_branches(net, loss, data, W, work, start, chunk, lowest, kinks, seen, i):
    """The i-th shard of a chunk of rows forward, and where there is a loss through it and back."""
    first = i * work.shard
    rows = min(work.shard, chunk - first)
    m = data.x.shape[0]
    _forward_shard(net, W, work, data.x[start:], m, start, first, rows, kinks, seen)
    if lowest >= 0:
        loss_shard(net, loss, data, work, start, first, rows)
        if lowest < net.weight.size:
            _pullback_shard(net, W, work, start, first, rows, lowest, kinks)


_by_crew = by_crew(_shard_on_branches)


@part
def _shards(net, loss, data, W, work, start, rows, lowest, kinks, seen, threads):
    count = (rows + work.shard - 1) // work.shard
    if threads > 1:
        _by_crew(threads, count, net, loss, data, W, work, start, rows, lowest, kinks, seen)
    else:
        for i in range(count):
            _shard_on_branches(net, loss, data, W, work, start, rows, lowest, kinks, seen, i)


@part
def pre_activations(net, loss, data, W, work, kinks, seen, threads):
    """Pre-activations of all kinked pairs at W, each unit on its branch, into `seen` (P,)."""
    pack_all(net, W, work.packed, threads)
    for start in range(0, data.x.shape[0], work.capacity):
        rows = min(work.capacity, data.x.shape[0] - start)
        _shards(net, loss, data, W, work, start, rows, -1, kinks, seen, threads)


@part
def differential_on_branches(net, loss, data, W, dL, work, lowest, kinks, seen, threads):
    """L(W) and dL, each unit on its branch; pre-activations of all kinked pairs into `seen`."""
    m = data.x.shape[0]
    work.scale[0] = 1 / m
    pack_all(net, W, work.packed, threads)
    for start in range(0, m, work.capacity):
        rows = min(work.capacity, m - start)
        _shards(net, loss, data, W, work, start, rows, lowest, kinks, seen, threads)
        if lowest < net.weight.size:
            columns(
                net,
                data.x[start:],
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
    return mean(work.sample[:m])
