"""The state at a point W, kept so that derivatives of second and third order there cost little.

For every unit of every sample: a = φ(z), φ′, φ″, the cotangent G_z of the loss, and G_a·φ″ and
½G_a·φ‴, by which the map bends (`bend`, `twist`). For the loss, the probabilities P̂ and Σq. Pairs
of complex units keep z instead of φ″ and G_a instead of G_a·φ″.
"""

from ...._compile import by_crew, jit, part, separate
from ...layout import CROSS_ENTROPY
from ...scalar.pair import PAIR
from ..base.pointwise import copy, mean
from ..base.product import product_packed, pull_product
from ..base.views import address, flat, view
from ..layers.activation import activate_third
from ..layers.loss import covector_on_output, cross_entropy_state
from ..layers.units import activate_units, bias_of, outputs, pull_units, spare, units, weights
from ..network.packing import pack_all


@part
def _forward(net, W, at, x, first, rows):
    """A_l = φ(A_{l−1}·Wᵀ + b), with three derivatives of φ."""
    a = view(x, first * net.sizes[0], rows, net.sizes[0])
    for layer in range(net.weight.size):
        z = units(net, at.a, at.capacity, layer, first, rows)
        product_packed(z, bias_of(net, W, at.zeros, layer), 0, a, at.packed[net.panels[layer] :])
        slope = units(net, at.slope, at.capacity, layer, first, rows)
        curvature = flat(units(net, at.curvature, at.capacity, layer, first, rows))
        if net.activation[layer] < PAIR:
            activate_third(
                net.activation[layer],
                flat(z),
                flat(slope),
                curvature,
                flat(units(net, at.twist, at.capacity, layer, first, rows)),
            )
        else:  # pairs keep z instead
            copy(curvature, flat(z))
            activate_units(net, W, at.zeros, layer, z, slope)
        a = z


@part
def _loss(net, loss, data, at, first, rows):
    """Losses and the covector on the output; for cross-entropy also P̂ and Σq."""
    y_hat = units(net, at.a, at.capacity, net.weight.size - 1, first, rows)
    y, p = data.y[first : first + rows], outputs(net, at.p, first, rows)
    covector, sample = outputs(net, at.covector, first, rows), at.sample[first : first + rows]
    if loss.kind == CROSS_ENTROPY:
        cross_entropy_state(
            loss, y_hat, y, p, at.mass[first : first + rows], covector, sample, at.scale
        )
    else:
        sample_weights = data.weights[first : first + rows] if data.weights.size else data.weights
        covector_on_output(
            loss,
            y_hat,
            y,
            sample_weights,
            covector,
            p,
            spare(at.scratch, at.capacity, first, rows, net.sizes[-1]),
            at.zeros,
            sample,
            at.scale,
        )


@part
def _bend(slope, curvature, twist, g, bend, ga):
    """G_z, G_a·φ″ and ½G_a·φ‴ from G_a."""
    half = ga.dtype.type(0.5)
    for i in range(ga.size):
        g[i] = slope[i] * ga[i]
        bend[i] = curvature[i] * ga[i]
        twist[i] *= half * ga[i]


@part
def _backward(net, W, at, first, rows):
    """Cotangents from the output downwards."""
    ga = outputs(net, at.covector, first, rows)
    for layer in range(net.weight.size - 1, -1, -1):
        g = units(net, at.g, at.capacity, layer, first, rows)
        slope = units(net, at.slope, at.capacity, layer, first, rows)
        bend = flat(units(net, at.bend, at.capacity, layer, first, rows))
        if net.activation[layer] < PAIR:
            _bend(
                flat(slope),
                flat(units(net, at.curvature, at.capacity, layer, first, rows)),
                flat(units(net, at.twist, at.capacity, layer, first, rows)),
                flat(g),
                bend,
                flat(ga),
            )
        else:  # pairs keep G_a
            copy(bend, flat(ga))
            copy(flat(g), flat(slope))
            pull_units(
                net,
                W,
                at.zeros,
                layer,
                g,
                ga,
                units(net, at.twist, at.capacity, layer, first, rows),
            )
        if layer > 0:
            n = net.sizes[layer]
            ga = spare(at.scratch, at.capacity, first, rows, n)
            pull_product(ga, address(at.zeros), 0, g, weights(net, W, layer))


@separate
def fill_state(net, loss, data, W, at, shard):
    """Fill the state at W for the rows of a shard."""
    first = shard * at.shard
    rows = min(at.shard, data.x.shape[0] - first)
    _forward(net, W, at, data.x, first, rows)
    _loss(net, loss, data, at, first, rows)
    _backward(net, W, at, first, rows)


_fill_by_crew = by_crew(fill_state)


@jit
def state_at(net, loss, data, W, at, threads):
    """Fill the state at W; returns L(W)."""
    m = data.x.shape[0]
    shards = (m + at.shard - 1) // at.shard
    at.scale[0] = 1 / m
    pack_all(net, W, at.packed, threads)
    if threads > 1:
        _fill_by_crew(threads, shards, net, loss, data, W, at)
    else:
        for shard in range(shards):
            fill_state(net, loss, data, W, at, shard)
    return mean(at.sample)
