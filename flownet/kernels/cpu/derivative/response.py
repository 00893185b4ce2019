"""How every unit and cotangent responds to a displacement V, to first and second order.

Forward: Z₁ = A·Vᵀ + A₁·Wᵀ, Z₂ = A₁·Vᵀ + A₂·Wᵀ. Backward, with u = φ′(z(s)): G_z = G_a·u order by
order, and G_a = G_z·(W + sV) of the layer above. The inputs do not move, which saves half of the
work where they are wide. The state at W (`point`) is of order 0.
"""

from ...._compile import part, separate, spliced
from ...layout import QUADRATIC
from ...scalar.pair import PAIR
from ..base.plan import SERIES
from ..base.pointwise import clear, copy
from ..base.product import product_packed, pull_product
from ..base.views import address, flat, view
from ..layers.loss import metric
from ..layers.units import bias_of, gate_of, gates, of_planes, outputs, spare, units, weights
from . import pair_response

pair_values = of_planes(pair_response.pair_values)
pair_cotangents = of_planes(pair_response.pair_cotangents)


@part
def loss_response(net, loss, data, at, t, first, rows, second):
    """Change c₁ of the covector on the output along Y₁ (c₂ along Y₁, Y₂), into `t.covector1`."""
    top = net.weight.size - 1
    y1 = units(net, t.a1, at.capacity, top, first, rows)
    y2 = units(net, t.a2, at.capacity, top, first, rows) if second else y1
    c = outputs(net, t.covector1, first, rows)
    scale = at.scale[0]
    if loss.kind == QUADRATIC:
        metric(loss, y2, c, spare(t.scratch1, at.capacity, first, rows, net.sizes[-1]), at.zeros)
        for s in range(rows):
            factor = scale
            if data.weights.size:
                factor *= data.weights[first + s]
            for b in range(c.shape[1]):
                c[s, b] *= factor
        return
    p = outputs(net, at.p, first, rows)
    beta = c.dtype.type(loss.inverse_temperature)
    half = c.dtype.type(0.5)
    zero = c.dtype.type(0)
    for s in range(rows):
        factor = beta * scale * at.mass[first + s]
        top = 0  # changes are counted from the leading class's, see `loss_series`
        for b in range(1, c.shape[1]):
            top = b if p[s, b] > p[s, top] else top
        centre = zero
        for b in range(c.shape[1]):
            c[s, b] = beta * (y1[s, b] - y1[s, top])
            centre += p[s, b] * c[s, b]
        for b in range(c.shape[1]):
            c[s, b] -= centre  # z₁ − F₁
        if second:
            later = zero
            for b in range(c.shape[1]):
                c[s, b] = beta * (y2[s, b] - y2[s, top]) + half * c[s, b] * c[s, b]
                later += p[s, b] * c[s, b]
            for b in range(c.shape[1]):
                c[s, b] -= later
        for b in range(c.shape[1]):
            c[s, b] *= factor * p[s, b]


@part
def _times(out, a, b):
    for i in range(out.size):
        out[i] = a[i] * b[i]


@spliced
def _series(t, first):
    """Room for the series of one complex unit."""
    return t.series[first * SERIES : (first + 1) * SERIES]


@part
def _respond_pairs(net, W, V, at, t, layer, first, rows, order, out):
    """A_k, of order 1 or 2, of a layer of complex units, from what it keeps and Z₁, Z₂."""
    z1 = units(net, t.z1, at.capacity, layer, first, rows)
    z2 = units(net, t.z2, at.capacity, layer, first, rows) if order == 2 else z1
    pair_values(
        net,
        net.activation[layer],
        order,
        units(net, at.curvature, at.capacity, layer, first, rows),
        z1,
        z2,
        gate_of(net, W, at.zeros, layer),
        gate_of(net, V, at.zeros, layer),
        _series(t, first),
        out,
    )


@part
def _pull_pairs(net, W, V, at, t, layer, first, rows, order, ga, out):
    """G_k, of order 1 or 2, of a layer of complex units from G_a of that order; see `drift`."""
    z1 = units(net, t.z1, at.capacity, layer, first, rows)
    z2 = units(net, t.z2, at.capacity, layer, first, rows) if order == 2 else z1
    ga1 = units(net, t.drift, at.capacity, layer, first, rows) if order == 2 else ga
    pair_cotangents(
        net,
        net.activation[layer],
        order,
        units(net, at.curvature, at.capacity, layer, first, rows),
        z1,
        z2,
        units(net, at.bend, at.capacity, layer, first, rows),
        ga1,
        ga,
        gate_of(net, W, at.zeros, layer),
        gate_of(net, V, at.zeros, layer),
        _series(t, first),
        out,
        gates(net, t.gate, at.capacity, layer, first, rows, out),
    )


@part
def first_forward(net, W, V, at, t, x, first, rows):
    """Z₁ and A₁ = φ′·Z₁ of every layer."""
    for layer in range(net.weight.size):
        n_in = net.sizes[layer]
        z1 = units(net, t.z1, at.capacity, layer, first, rows)
        a = (
            view(x, first * n_in, rows, n_in)
            if layer == 0
            else units(net, at.a, at.capacity, layer - 1, first, rows)
        )
        product_packed(z1, bias_of(net, V, at.zeros, layer), 0, a, t.packed_v[net.panels[layer] :])
        if layer > 0:
            product_packed(
                z1,
                address(z1),
                z1.shape[1],
                units(net, t.a1, at.capacity, layer - 1, first, rows),
                at.packed[net.panels[layer] :],
            )
        a1 = units(net, t.a1, at.capacity, layer, first, rows)
        if net.activation[layer] < PAIR:
            _times(flat(a1), flat(units(net, at.slope, at.capacity, layer, first, rows)), flat(z1))
        else:
            _respond_pairs(net, W, V, at, t, layer, first, rows, 1, a1)


@part
def _pull(net, W, V, at, layer, g_next, g, ga):
    """G_a,k+1 = G_k+1·W + G_k·V of the layer below, from G_k+1 and G_k of this one."""
    pull_product(ga, address(at.zeros), 0, g_next, weights(net, W, layer))
    pull_product(ga, address(ga), ga.shape[1], g, weights(net, V, layer))


@part
def _first_pull(g1, slope, ga1, bend, z1):
    """G₁ = G_a₁·φ′ + G_a·φ″·Z₁."""
    for i in range(g1.size):
        g1[i] = slope[i] * ga1[i] + bend[i] * z1[i]


@part
def _drift(drift, curvature, ga1, twist, z1):
    """d(G_a·φ″)/ds = G_a₁·φ″ + G_a·φ‴·Z₁."""
    for i in range(drift.size):
        drift[i] = curvature[i] * ga1[i] + (twist[i] + twist[i]) * z1[i]


@part
def _first_backward(net, W, V, at, t, first, rows):
    """G₁ of every layer, from the output downwards; the drift of `bend` if its buffer is there."""
    ga1 = outputs(net, t.covector1, first, rows)
    for layer in range(net.weight.size - 1, -1, -1):
        g1 = units(net, t.g1, at.capacity, layer, first, rows)
        z1 = flat(units(net, t.z1, at.capacity, layer, first, rows))
        if net.activation[layer] >= PAIR:
            if t.drift.size:
                copy(flat(units(net, t.drift, at.capacity, layer, first, rows)), flat(ga1))
            _pull_pairs(net, W, V, at, t, layer, first, rows, 1, ga1, g1)
        else:
            _first_pull(
                flat(g1),
                flat(units(net, at.slope, at.capacity, layer, first, rows)),
                flat(ga1),
                flat(units(net, at.bend, at.capacity, layer, first, rows)),
                z1,
            )
            if t.drift.size:
                _drift(
                    flat(units(net, t.drift, at.capacity, layer, first, rows)),
                    flat(units(net, at.curvature, at.capacity, layer, first, rows)),
                    flat(ga1),
                    flat(units(net, at.twist, at.capacity, layer, first, rows)),
                    z1,
                )
        if layer > 0:
            g = units(net, at.g, at.capacity, layer, first, rows)
            ga1 = spare(t.scratch1, at.capacity, first, rows, net.sizes[layer])
            _pull(net, W, V, at, layer, g1, g, ga1)


@part
def _second_activate(a2, z2, slope, curvature, z1):
    """A₂ = φ′·Z₂ + ½φ″·Z₁²."""
    half = a2.dtype.type(0.5)
    for i in range(a2.size):
        a2[i] = slope[i] * z2[i] + half * curvature[i] * z1[i] * z1[i]


@part
def _second_forward(net, W, V, at, t, first, rows):
    """Z₂ and A₂ of every layer."""
    for layer in range(net.weight.size):
        z2 = units(net, t.z2, at.capacity, layer, first, rows)
        if layer == 0:
            clear(flat(z2))
        else:
            product_packed(
                z2,
                address(at.zeros),
                0,
                units(net, t.a1, at.capacity, layer - 1, first, rows),
                t.packed_v[net.panels[layer] :],
            )
            product_packed(
                z2,
                address(z2),
                z2.shape[1],
                units(net, t.a2, at.capacity, layer - 1, first, rows),
                at.packed[net.panels[layer] :],
            )
        a2 = units(net, t.a2, at.capacity, layer, first, rows)
        if net.activation[layer] < PAIR:
            _second_activate(
                flat(a2),
                flat(z2),
                flat(units(net, at.slope, at.capacity, layer, first, rows)),
                flat(units(net, at.curvature, at.capacity, layer, first, rows)),
                flat(units(net, t.z1, at.capacity, layer, first, rows)),
            )
        else:
            _respond_pairs(net, W, V, at, t, layer, first, rows, 2, a2)


@part
def _second_pull(g2, slope, ga2, bend, z2, drift, twist, z1):
    """G₂ = G_a₂·φ′ + G_a₁·φ″·Z₁ + G_a·(φ″·Z₂ + ½φ‴·Z₁²)."""
    for i in range(g2.size):
        g2[i] = slope[i] * ga2[i] + bend[i] * z2[i] + (drift[i] - twist[i] * z1[i]) * z1[i]


@part
def _second_backward(net, W, V, at, t, first, rows):
    """G₂ of every layer, in place of Z₂."""
    ga2 = outputs(net, t.covector1, first, rows)
    for layer in range(net.weight.size - 1, -1, -1):
        g2 = units(net, t.z2, at.capacity, layer, first, rows)
        if net.activation[layer] < PAIR:
            _second_pull(
                flat(g2),
                flat(units(net, at.slope, at.capacity, layer, first, rows)),
                flat(ga2),
                flat(units(net, at.bend, at.capacity, layer, first, rows)),
                flat(g2),
                flat(units(net, t.drift, at.capacity, layer, first, rows)),
                flat(units(net, at.twist, at.capacity, layer, first, rows)),
                flat(units(net, t.z1, at.capacity, layer, first, rows)),
            )
        else:
            _pull_pairs(net, W, V, at, t, layer, first, rows, 2, ga2, g2)
        if layer > 0:
            g1 = units(net, t.g1, at.capacity, layer, first, rows)
            ga2 = spare(t.scratch1, at.capacity, first, rows, net.sizes[layer])
            _pull(net, W, V, at, layer, g2, g1, ga2)


@separate
def respond(net, loss, data, W, V, at, t, second, shard):
    """Change of first order along V (and of second) of every unit and cotangent of a shard."""
    first = shard * at.shard
    rows = min(at.shard, data.x.shape[0] - first)
    first_forward(net, W, V, at, t, data.x, first, rows)
    loss_response(net, loss, data, at, t, first, rows, False)
    _first_backward(net, W, V, at, t, first, rows)
    if second:
        _second_forward(net, W, V, at, t, first, rows)
        loss_response(net, loss, data, at, t, first, rows, True)
        _second_backward(net, W, V, at, t, first, rows)
