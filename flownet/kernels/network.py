"""Forward pass and pullback of a dense network: Y = X·Wᵀ + b, φ; then transposed, in reverse order.

Two parallel phases make one differential (TM 18, 38). Shards of samples run forward, through the
loss and back to the first layer; then panels of every layer's weights collect Σ_s G_Y ⊗ x. Shards
and panels are cut by shapes alone, so the bits do not depend on the number of threads.
"""

from numba import prange

from .._compile import jit, spliced
from .activation import activate, activate_slope
from .loss import covector_on_output
from .product import pack, panel_width, panels, product, product_packed, product_transposed
from .pointwise import clear, times
from .simd import address, flat, shift, view

_LANES = 16  # panels are dealt out to this many hands, whatever the number of threads


@spliced
def weights(net, W, layer):
    """Weights (n_out, n_in) of a layer, in W."""
    return view(W, net.weight[layer], net.sizes[layer + 1], net.sizes[layer])


@spliced
def units(net, buffer, capacity, layer, first, rows):
    """Rows of a layer's units (rows, n) in a buffer that holds `capacity` rows."""
    n = net.sizes[layer + 1]
    return view(buffer, capacity * net.units[layer] + first * n, rows, n)


@jit(cached=False)
def pack_layer(net, W, packed, layer):
    w = weights(net, W, layer)
    pack(packed[net.panels[layer]:], w, 0, panels(w.shape[0], w))


@jit(cached=False)
def affine(net, W, packed, zeros, layer, z, a):
    """Z = A·Wᵀ + b."""
    bias = net.bias[layer]
    d = shift(address(W), bias) if bias >= 0 else address(zeros)
    product_packed(z, d, 0, a, packed[net.panels[layer]:net.panels[layer + 1]])


@jit(cached=False)
def forward_shard(net, W, work, x, first, rows, slopes):
    """Units A_l of some rows, and their slopes φ′ if wanted."""
    a = view(x, first * net.sizes[0], rows, net.sizes[0])
    for layer in range(net.sizes.size - 1):
        z = units(net, work.a, work.capacity, layer, first, rows)
        affine(net, W, work.packed, work.zeros, layer, z, a)
        if slopes:
            activate_slope(net.activation[layer], flat(z),
                           flat(units(net, work.slope, work.capacity, layer, first, rows)))
        else:
            activate(net.activation[layer], flat(z))
        a = z


@jit(cached=False)
def pullback_shard(net, W, work, first, rows, lowest):
    """Turn the slopes of some rows into cotangents G_z, from the output's, given, downwards."""
    for layer in range(net.sizes.size - 2, lowest, -1):
        g = units(net, work.slope, work.capacity, layer, first, rows)
        below = units(net, work.slope, work.capacity, layer - 1, first, rows)
        ga = view(work.scratch, first * below.shape[1], rows, below.shape[1])
        product(ga, address(work.zeros), 0, g, weights(net, W, layer))
        times(flat(below), flat(ga))


@jit(cached=False)
def _shard(net, loss, x, y, sample_weights, W, work, start, first, rows, lowest, scale):
    """One shard forward, through the loss, and back; `first` counts from the chunk's start."""
    m = start + first
    n = net.sizes[-1]
    forward_shard(net, W, work, x[start:], first, rows, True)
    y_hat = units(net, work.a, work.capacity, net.sizes.size - 2, first, rows)
    covector = view(work.scratch, first * n, rows, n)
    errors = view(work.error, first * n, rows, n)
    weighted = sample_weights[m:m + rows] if sample_weights.size else sample_weights
    covector_on_output(loss, y_hat, y[m:m + rows], weighted, covector, errors, work.zeros,
                       work.sample[m:m + rows], scale)
    times(flat(units(net, work.slope, work.capacity, net.sizes.size - 2, first, rows)),
          flat(covector))
    pullback_shard(net, W, work, first, rows, lowest)


@jit(cached=False)
def _panel(net, x, dL, work, rows, layer, panel, accumulate):
    """One panel of columns of a layer's ∂L/∂W = Σ_s G_s ⊗ x_s, with the first also ∂L/∂b."""
    g = units(net, work.slope, work.capacity, layer, 0, rows)
    a = (view(x, 0, rows, net.sizes[0]) if layer == 0
         else units(net, work.a, work.capacity, layer - 1, 0, rows))
    dw = weights(net, dL, layer)
    width = panel_width(dw)
    d, d_row = (address(dw), dw.shape[1]) if accumulate else (address(work.zeros), 0)
    product_transposed(dw, d, d_row, g, a, panel * width, min(a.shape[1], (panel + 1) * width))
    if panel == 0 and net.bias[layer] >= 0:
        db = dL[net.bias[layer]:net.bias[layer] + g.shape[1]]
        if not accumulate:
            clear(db)
        for s in range(rows):
            for b in range(db.size):
                db[b] += g[s, b]


@jit(cached=False)
def _deal(net, x, dL, work, rows, accumulate, lowest, lane, lanes):
    """Every `lanes`-th panel of all layers, from the `lane`-th on."""
    count = 0
    for layer in range(lowest, net.sizes.size - 1):
        for panel in range(panels(net.sizes[layer], dL)):
            if count % lanes == lane:
                _panel(net, x, dL, work, rows, layer, panel, accumulate)
            count += 1


@jit(parallel=True)
def _shards_parallel(net, loss, x, y, sample_weights, W, work, start, rows, lowest, scale):
    for i in prange((rows + work.shard - 1) // work.shard):
        first = i * work.shard
        _shard(net, loss, x, y, sample_weights, W, work, start, first,
               min(work.shard, rows - first), lowest, scale)


@jit(parallel=True)
def _panels_parallel(net, x, dL, work, rows, accumulate, lowest):
    for lane in prange(_LANES):
        _deal(net, x, dL, work, rows, accumulate, lowest, lane, _LANES)


@jit(parallel=True)
def _pack_parallel(net, W, packed):
    for lane in prange(_LANES):
        for layer in range(net.sizes.size - 1):
            w = weights(net, W, layer)
            target = packed[net.panels[layer]:net.panels[layer + 1]]
            for panel in range(lane, panels(w.shape[0], w), _LANES):
                pack(target, w, panel, panel + 1)


@jit(cached=False)
def pack_all(net, W, packed, threads):
    """Wᵀ of every layer in panels, as the forward products want it."""
    if threads > 1:
        _pack_parallel(net, W, packed)
    else:
        for layer in range(net.sizes.size - 1):
            pack_layer(net, W, packed, layer)


@jit
def differential(net, loss, data, W, dL, work, lowest, threads):
    """L(W) in float64 and dL, pulled back to the layers from `lowest` up."""
    m = data.x.shape[0]
    scale = W.dtype.type(1 / m)
    pack_all(net, W, work.packed, threads)
    for start in range(0, m, work.capacity):
        rows = min(work.capacity, m - start)
        x = data.x[start:]
        if threads > 1:
            _shards_parallel(net, loss, data.x, data.y, data.weights, W, work, start, rows,
                             lowest, scale)
            _panels_parallel(net, x, dL, work, rows, start > 0, lowest)
        else:
            for first in range(0, rows, work.shard):
                _shard(net, loss, data.x, data.y, data.weights, W, work, start, first,
                       min(work.shard, rows - first), lowest, scale)
            _deal(net, x, dL, work, rows, start > 0, lowest, 0, 1)
    return mean(work.sample[:m])


@jit(cached=False)
def mean(sample):
    """Mean of the samples' losses, summed eight apart in one order."""
    total = 0.0
    for s in range(sample.size):
        total += sample[s]
    return total / sample.size
