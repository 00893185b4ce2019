"""The differential of a small network, where calls and half-filled registers cost most.

Units lie one below the other, their samples side by side: nothing is packed, a layer is one product
Z = W·A, and narrow layers fill vector registers with samples. Sums run in the order of
`differential`'s, to the bit.
"""

from ...._compile import part, spliced
from ...layout import QUADRATIC
from ...scalar.pair import PAIR
from ..base.product import panel, panel_from_column, panel_width
from ..base.transpose import turn
from ..base.views import address, flat, shift, view
from ..layers.activation import activate_slope_at
from ..layers.loss import covector_on_output
from ..layers.loss_aside import cross_entropy_aside, quadratic_aside
from ..layers.units import activate_pairs, bias_of, pull_pairs


@spliced
def _gates(net, gate, layer, m):
    """Samples side by side for the biases of a layer's modReLUs, and later for ∂ℓ/∂b."""
    n = net.sizes[layer + 1] // 2 if net.gate[layer] >= 0 else 0
    return flat(view(gate, m * net.units[layer], n, m))


@part(inline=True)
def _load_gates(net, W, gates, layer, m):
    for j in range(gates.size // m):
        for s in range(m):
            gates[j * m + s] = W[net.gate[layer] + j]


@part(inline=True)
def _forward(net, W, x, lanes, gate, zeros):
    """A_l = φ(W·A_{l−1} + b) and φ′ of every layer; x and the units below the top also turned."""
    m, width, above = x.shape[0], panel_width(W), 0
    turn(address(lanes.a), address(x), m, x.shape[1])
    for layer in range(net.weight.size):
        n_in, n_out = net.sizes[layer], net.sizes[layer + 1]
        below, above = above, above + m * n_in
        if layer > 0:
            turn(shift(address(lanes.turned), below), shift(address(lanes.a), below), n_in, m)
        z, slope = shift(address(lanes.a), above), shift(address(lanes.slope), above)
        biased = 1 if net.bias[layer] >= 0 else 0
        bias = bias_of(net, W, zeros, layer)
        weights, b = shift(address(W), net.weight[layer]), shift(address(lanes.a), below)
        for j in range(0, m, width):
            panel_from_column(
                shift(z, j),
                m,
                bias,
                biased,
                weights,
                n_in,
                1,
                shift(b, j),
                m,
                n_out,
                n_in,
                min(width, m - j),
                width,
                None,
            )
        if net.activation[layer] < PAIR:  # whole registers: what is beyond the end counts nowhere
            whole = (n_out * m + width - 1) // width * width
            activate_slope_at(net.activation[layer], z, slope, whole)
        else:  # a row of real parts, then imaginary ones
            gates = _gates(net, gate, layer, m)
            _load_gates(net, W, gates, layer, m)
            activate_pairs(
                net,
                net.activation[layer],
                view(lanes.a, above, 1, n_out * m),
                gates,
                view(lanes.slope, above, 1, n_out * m),
            )


@part(inline=True)
def _pull(net, layer, slope, ga, gate, m):
    """slope ← G_z from G_a of a layer's units, all samples of all units in one row."""
    if net.activation[layer] < PAIR:
        for i in range(slope.size):
            slope[0, i] = ga[0, i] * slope[0, i].conjugate()
    else:
        gates = _gates(net, gate, layer, m)
        pull_pairs(net, net.activation[layer], slope, gates, ga, view(gates, 0, 1, gates.size))


@part(inline=True)
def _top(net, loss, y, sample_weights, work, at):
    """Losses of the samples, and the top layer's slopes into cotangents G_z."""
    m, n = y.shape
    layer = net.weight.size - 1
    a, g = shift(address(work.lanes.a), at), shift(address(work.lanes.slope), at)
    real = net.activation[layer] < PAIR
    if real and loss.kind != QUADRATIC:
        room = address(work.lanes.scratch)
        cross_entropy_aside(loss, a, address(y), g, room, n, m, work.sample, work.scale)
        return
    if real and loss.gamma.size == 0 and loss.coupling.size == 0:
        quadratic_aside(a, address(y), sample_weights, g, n, m, work.sample, work.scale)
        return
    y_hat, covector = view(work.a, 0, m, n), view(work.covector, 0, m, n)
    turn(address(y_hat), a, n, m)
    covector_on_output(
        loss,
        y_hat,
        y,
        sample_weights,
        covector,
        view(work.errors, 0, m, n),
        view(work.scratch, 0, m, n),
        work.zeros,
        work.sample,
        work.scale,
    )
    turn(address(work.lanes.scratch), address(covector), m, n)
    _pull(
        net,
        layer,
        view(work.lanes.slope, at, 1, n * m),
        view(work.lanes.scratch, 0, 1, n * m),
        work.gate,
        m,
    )


@part(inline=True)
def _covectors(net, layer, x, g, W, dL, gate, zeros, m):
    """∂L/∂W = Σ_s G_s ⊗ x̄_s and ∂L/∂b = Σ_s G_s of a layer; x sample by sample."""
    n_in, n_out, width = net.sizes[layer], net.sizes[layer + 1], panel_width(dL)
    dw = shift(address(dL), net.weight[layer])
    if net.bias[layer] >= 0:  # with the first panel
        first = min(width, n_in)
        db = shift(address(dL), net.bias[layer])
        panel(dw, n_in, zeros, 0, g, m, 1, x, n_in, n_out, m, first, width, db)
    else:
        first = 0
    for i in range(first, n_in, width):
        panel(
            shift(dw, i),
            n_in,
            zeros,
            0,
            g,
            m,
            1,
            shift(x, i),
            n_in,
            n_out,
            m,
            min(width, n_in - i),
            width,
            None,
        )
    gates = _gates(net, gate, layer, m)
    for j in range(gates.size // m):
        total = gates[j * m]
        for s in range(1, m):
            total += gates[j * m + s]
        dL[net.gate[layer] + j] = total


@part(inline=True)
def tiny_differential(net, loss, x, y, sample_weights, W, dL, work, lowest):
    """Losses of some samples into `work.sample`, dL of the layers from `lowest` up."""
    m, lanes = x.shape[0], work.lanes
    _forward(net, W, x, lanes, work.gate, work.zeros)
    at = m * (net.sizes[0] + net.units[net.weight.size - 1])
    _top(net, loss, y, sample_weights, work, at)
    for layer in range(net.weight.size - 1, lowest - 1, -1):
        n_in, n_out = net.sizes[layer], net.sizes[layer + 1]
        g, at = shift(address(lanes.slope), at), at - m * n_in
        below = address(x) if layer == 0 else shift(address(lanes.turned), at)
        _covectors(net, layer, below, g, W, dL, work.gate, address(work.zeros), m)
        if layer > lowest:
            weights, ga = shift(address(W), net.weight[layer]), address(lanes.scratch)
            zeros, width = address(work.zeros), panel_width(W)
            for j in range(0, m, width):
                panel(
                    shift(ga, j),
                    m,
                    zeros,
                    0,
                    weights,
                    1,
                    n_in,
                    shift(g, j),
                    m,
                    n_in,
                    n_out,
                    min(width, m - j),
                    width,
                    None,
                )
            _pull(
                net,
                layer - 1,
                view(lanes.slope, at, 1, n_in * m),
                view(lanes.scratch, 0, 1, n_in * m),
                work.gate,
                m,
            )
