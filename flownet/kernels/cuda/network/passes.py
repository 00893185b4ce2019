"""Forward pass, loss and pullback on the device, a few launches each; nothing waits for them."""

from ...scalar.pair import PAIR
from ..base.launch import over
from ..base.mirror import mirror
from ..base.product import Part, columns, product, pull_product
from ..base.sums import collect, unit_sums
from ..layers.loss import cotangent_of_loss
from ..planes import pair
from ..planes.pair import put, sum_rows
from ..planes.planes import collect as collect_planes, spread


def forward_rows(work, W, x, rows):
    """Units A_l and their slopes φ′ of some rows, from inputs x (a `Part`).

    Pairs of complex units keep what their pullback needs elsewhere.
    """
    for layer in work.layers:
        at = work.capacity * layer.units
        if layer.activation >= PAIR:
            _forward_pairs(work, W, x, rows, layer, at)
            x = Part(work.a, at)
            continue
        product(
            Part(work.a, at),
            x,
            Part(W, layer.weight),
            rows,
            layer.n_in,
            layer.n_out,
            bias=layer.bias,
            activation=layer.activation,
            slope=Part(work.slope, at),
        )
        x = Part(work.a, at)


def _forward_pairs(work, W, x, rows, layer, at):
    """The same of a layer of complex units; slopes of 1, by which an output's cotangent is G_a."""
    a, n = Part(work.a, at), layer.n_out // 2
    product(a, x, Part(W, layer.weight), rows, layer.n_in, layer.n_out, bias=layer.bias)
    pair.activate(layer.activation, a, Part(work.kept, at), W, layer.gate, rows, n)
    if layer is work.layers[-1]:
        put(over(rows * layer.n_out), work.slope, at, rows * layer.n_out, 1)


def _pull_pairs(work, W, rows, layer):
    """Cotangents G_a of a layer of complex units become G_z; ∂ℓ/∂b of modReLU go to the gates."""
    if layer.activation >= PAIR:
        buffers = work.kept, work.slope, work.gate
        at = (Part(buffer, work.capacity * layer.units) for buffer in buffers)
        pair.pull(layer.activation, *at, W, layer.gate, rows, layer.n_out // 2)


def pullback_rows(work, W, rows, lowest):
    """Slopes of the layers below the top become cotangents G_z, from the top one downwards."""
    _pull_pairs(work, W, rows, work.layers[-1])
    for below, layer in reversed(list(zip(work.layers[lowest:], work.layers[lowest + 1 :]))):
        pull_product(
            Part(work.slope, work.capacity * below.units),
            Part(work.slope, work.capacity * layer.units),
            Part(W, layer.weight),
            rows,
            layer.n_in,
            layer.n_out,
            times=below.activation < PAIR,
        )
        _pull_pairs(work, W, rows, below)


def columns_of_rows(work, dL, x, rows, lowest, add):
    """dL of every layer from `lowest` up: Σ_s G_s ⊗ x_s, and Σ_s G_s of those with a bias."""
    how = work.columns(rows, lowest)
    parts = how.parts
    for i, layer in enumerate(work.layers):
        if i >= lowest:
            whole = how.at[i] < 0
            columns(
                Part(dL, layer.weight) if whole else Part(parts, how.at[i]),
                Part(work.slope, work.capacity * layer.units),
                x,
                rows,
                layer.n_in,
                layer.n_out,
                add=add and whole,
                parts=how.split[i],
            )
        x = Part(work.a, work.capacity * layer.units)
    if how.biases >= 0:
        unit_sums(
            parts,
            how.biases,
            work.slope,
            mirror(work.net.units),
            mirror(work.net.sizes),
            work.capacity,
            rows,
            int(work.net.units[-1]),
            len(work.layers),
        )
    if how.ranges:
        collect(dL, parts, how.table, how.ranges, how.count, add)
    for layer in work.layers[lowest:]:
        if layer.gate >= 0:
            own, n = Part(work.gate, work.capacity * layer.units), layer.n_out
            sum_rows(over(n // 2), dL, layer.gate, *own, rows, n, n // 2, add)


def differential_of(work, loss, samples, W, dL, m, lowest, factor=1.0):
    """Losses of m samples into `work.losses`, and dL of the layers from `lowest` up.

    Parameters
    ----------
    work : Work
    loss : `kernels.layout.Loss`
    samples : tuple
        Inputs, flat; truth (m, n_out); weights (m,) or None: arrays of the device.
    W, dL : arrays of the device
    m, lowest : int
    factor : float
        What the covector is multiplied by, the losses are not.
    """
    if work.net.origin is not None:  # a complex network's own numbers, outside its planes
        own, E, dE = dL, work.W, work.dL
        spread(work.net, W, E)
        _differential_of(work, loss, samples, E, dE, m, lowest, factor)
        if lowest < len(work.layers):
            collect_planes(work.net, dE, own, lowest)
    else:
        _differential_of(work, loss, samples, W, dL, m, lowest, factor)


def _differential_of(work, loss, samples, W, dL, m, lowest, factor):
    x, y, weights = samples
    n_in, scale = work.layers[0].n_in, factor / m
    for start in range(0, m, work.capacity):
        rows = min(work.capacity, m - start)
        inputs = Part(x, start * n_in)
        forward_rows(work, W, inputs, rows)
        cotangent_of_loss(loss, work.y_hat, y, weights, work, work.top_slope, start, rows, scale)
        if lowest < len(work.layers):
            pullback_rows(work, W, rows, lowest)
            columns_of_rows(work, dL, inputs, rows, lowest, start > 0)


def samples_of(data):
    """Inputs, truth and weights of a `kernels.layout.Data`, kept on the device."""
    return (
        mirror(data.x),
        mirror(data.y).reshape(*data.y.shape),
        mirror(data.weights) if data.weights.size else None,
    )
