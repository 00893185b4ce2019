"""The differential of a tiny network on a handful of samples, where calls cost more than numbers.

Units lie one below the other, their samples side by side in `LANES` lanes that fill one or two
vector registers: nothing is packed, and a layer is one product Z = W·A. Lanes beyond the last
sample hold numbers that count nowhere.
"""

from ...._compile import part, spliced
from ...scalar.pair import PAIR
from ..base.elementary import fma
from ..base.plan import LANES
from ..base.product import panel, panel_width
from ..base.views import address, flat, shift, view
from ..layers.activation import activate_slope
from ..layers.loss import covector_on_output
from ..layers.units import activate_pairs, pull_pairs


@part(inline=True)
def _load(x, lanes):
    """Inputs (m, n) into lanes (n, LANES)."""
    a = address(lanes)
    for s in range(x.shape[0]):
        for i in range(x.shape[1]):
            a[i * LANES + s] = x[s, i]


@part(inline=True)
def _product(c, d, d_row, a, a_row, a_col, b, rows, depth, width):
    """C = D + A·B for B and C in lanes."""
    for j in range(0, LANES, width):
        panel(
            shift(c, j),
            LANES,
            shift(d, j),
            d_row,
            a,
            a_row,
            a_col,
            shift(b, j),
            LANES,
            rows,
            depth,
            min(width, LANES - j),
            width,
        )


@spliced
def _gates(net, gate, layer):
    """Lanes for the biases of a layer's modReLUs, and later for ∂ℓ/∂b."""
    n = net.sizes[layer + 1] // 2 if net.gate[layer] >= 0 else 0
    return flat(view(gate, LANES * net.units[layer], n, LANES))


@part(inline=True)
def _load_gates(net, W, gates, layer):
    for j in range(gates.size // LANES):
        for s in range(LANES):
            gates[j * LANES + s] = W[net.gate[layer] + j]


@part(inline=True)
def _forward(net, W, a, slope, gate):
    """A_l = φ(W·A_{l−1} + b) and φ′ of every layer."""
    for layer in range(net.weight.size):
        n_in, n_out = net.sizes[layer], net.sizes[layer + 1]
        above = net.sizes[0] + net.units[layer]
        z = view(a, above * LANES, n_out, LANES)
        bias = shift(address(W), net.bias[layer])
        for j in range(n_out):
            start = bias[j] if net.bias[layer] >= 0 else W.dtype.type(0)
            for s in range(LANES):
                z[j, s] = start
        _product(
            address(z),
            address(z),
            LANES,
            shift(address(W), net.weight[layer]),
            n_in,
            1,
            shift(address(a), (above - n_in) * LANES),
            n_out,
            n_in,
            panel_width(a),
        )
        if net.activation[layer] < PAIR:
            activate_slope(
                net.activation[layer], flat(z), flat(view(slope, above * LANES, n_out, LANES))
            )
        else:  # a row of real parts, then imaginary ones
            gates = _gates(net, gate, layer)
            _load_gates(net, W, gates, layer)
            activate_pairs(
                net,
                net.activation[layer],
                view(a, above * LANES, 1, n_out * LANES),
                gates,
                view(slope, above * LANES, 1, n_out * LANES),
            )


@part(inline=True)
def _pull(net, layer, slope, ga, gate):
    """slope ← G_z from G_a of a layer's units, all lanes of all units in one row."""
    if net.activation[layer] < PAIR:
        for i in range(slope.size):
            slope[0, i] = ga[0, i] * slope[0, i].conjugate()
    else:
        gates = _gates(net, gate, layer)
        pull_pairs(net, net.activation[layer], slope, gates, ga, view(gates, 0, 1, gates.size))


@part(inline=True)
def _pullback(net, W, slope, ga, gate, zeros, lowest):
    """Slopes of the hidden layers into cotangents G_z, downwards from the top layer's."""
    for layer in range(net.weight.size - 1, lowest, -1):
        n_in, n_out = net.sizes[layer], net.sizes[layer + 1]
        above = net.sizes[0] + net.units[layer]
        _product(
            address(ga),
            address(zeros),
            0,
            shift(address(W), net.weight[layer]),
            1,
            n_in,
            shift(address(slope), above * LANES),
            n_in,
            n_out,
            panel_width(ga),
        )
        _pull(
            net,
            layer - 1,
            view(slope, (above - n_in) * LANES, 1, n_in * LANES),
            view(ga, 0, 1, n_in * LANES),
            gate,
        )


@part(inline=True)
def _covectors(net, inputs, a, g, gate, dL, zeros, lowest):
    """∂L/∂W = Σ_s G_s ⊗ x̄_s and ∂L/∂b = Σ_s G_s of the free layers."""
    rows = inputs.shape[0]
    for layer in range(lowest, net.weight.size):
        n_in, n_out = net.sizes[layer], net.sizes[layer + 1]
        above = net.sizes[0] + net.units[layer]
        dw, db = shift(address(dL), net.weight[layer]), shift(address(dL), net.bias[layer])
        if layer == 0:  # the inputs lie sample by sample already
            width = panel_width(dL)
            for i in range(0, n_in, width):
                panel(
                    shift(dw, i),
                    n_in,
                    address(zeros),
                    0,
                    shift(address(g), above * LANES),
                    LANES,
                    1,
                    shift(address(inputs), i),
                    n_in,
                    n_out,
                    rows,
                    min(width, n_in - i),
                    width,
                )
        for j in range(n_out):
            g_j = shift(address(g), (above + j) * LANES)
            for i in range(n_in if layer > 0 else 0):
                x = shift(address(a), (above - n_in + i) * LANES)
                total = g_j[0] * x[0].conjugate()
                for s in range(1, rows):
                    total = fma(g_j[s], x[s].conjugate(), total)
                dw[j * n_in + i] = total
            if net.bias[layer] >= 0:
                total = g_j[0]
                for s in range(1, rows):
                    total += g_j[s]
                db[j] = total
        gates = _gates(net, gate, layer)
        for j in range(gates.size // LANES):
            total = gates[j * LANES]
            for s in range(1, rows):
                total += gates[j * LANES + s]
            dL[net.gate[layer] + j] = total


@part(inline=True)
def tiny_differential(net, loss, x, y, sample_weights, W, dL, work, lowest):
    """Losses of some samples into `work.sample`, dL of the layers from `lowest` up."""
    lanes = work.lanes
    rows, n_out = y.shape
    top = net.sizes[0] + net.units[net.weight.size - 1]
    _load(x, lanes.a)
    _forward(net, W, lanes.a, lanes.slope, work.gate)
    a, slope = (
        view(lanes.a, top * LANES, n_out, LANES),
        view(lanes.slope, top * LANES, n_out, LANES),
    )
    y_hat, covector = view(work.a, 0, rows, n_out), view(work.covector, 0, rows, n_out)
    for s in range(rows):
        for b in range(n_out):
            y_hat[s, b] = a[b, s]
    covector_on_output(
        loss,
        y_hat,
        y,
        sample_weights,
        covector,
        view(work.errors, 0, rows, n_out),
        view(work.scratch, 0, rows, n_out),
        work.zeros,
        work.sample,
        work.scale,
    )
    if net.activation[net.weight.size - 1] < PAIR:
        for s in range(rows):
            for b in range(n_out):
                slope[b, s] *= covector[s, b]
    else:
        g = view(lanes.scratch, 0, n_out, LANES)
        for s in range(rows):
            for b in range(n_out):
                g[b, s] = covector[s, b]
        _pull(
            net,
            net.weight.size - 1,
            view(lanes.slope, top * LANES, 1, n_out * LANES),
            view(lanes.scratch, 0, 1, n_out * LANES),
            work.gate,
        )
    _pullback(net, W, lanes.slope, lanes.scratch, work.gate, work.zeros, lowest)
    _covectors(net, x, lanes.a, lanes.slope, work.gate, dL, work.zeros, lowest)
