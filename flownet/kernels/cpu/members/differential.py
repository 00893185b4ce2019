"""Loss and dL of as many members as a vector has lanes, on the same network and loss.

Every number of a member lies in its lane: weights (D, L), units (n, ROWS, L) of a few samples at a
time, which stay in the cache.
"""

from ...._compile import part, spliced
from ..base.transpose import turn
from ..base.views import address, flat, shift, view
from ..layers.activation import activate_slope
from .loss import loss_of_lanes, mean_of_lanes
from .product import multiply_by_product, product, product_with_shared
from .work import ROWS

UNITS = 4  # of a layer at a time: a row of blocks of sums


@part
def into_lanes(rows, lanes):
    """lanes (D, L) ← rows (L, D)."""
    turn(address(lanes), address(rows), *rows.shape)


@part
def out_of_lanes(lanes, rows):
    """rows (L, D) ← lanes (D, L)."""
    turn(address(rows), address(lanes), *lanes.shape)


@spliced
def _units(net, buffer, layer, L):
    """Units (n, ROWS·L) of a layer."""
    n = net.sizes[layer + 1]
    return view(buffer, net.units[layer] * ROWS * L, n, ROWS * L)


@part
def _forward(net, work, x, first, rows, shared):
    """A_l = φ(W·A_{l−1} + b) and φ′ of every layer, of `rows` samples from `first` on; some units
    at a time, whose sums are still near when φ wants them."""
    L = work.W.shape[1]
    for layer in range(net.weight.size):
        n_in, n_out = net.sizes[layer], net.sizes[layer + 1]
        a, slope = _units(net, work.a, layer, L), _units(net, work.slope, layer, L)
        for begin in range(0, n_out, UNITS):
            n = min(UNITS, n_out - begin)
            z, w = a[begin : begin + n], net.weight[layer] + begin * n_in
            w = shift(address(work.W), w * L)
            biased = net.bias[layer] >= 0
            b = shift(address(work.W), (net.bias[layer] + begin) * L)
            b, b_row = (b, L) if biased else (address(work.zeros), 0)
            if layer > 0:
                below = _units(net, work.a, layer - 1, L)
                product(
                    address(z), ROWS * L, L, b, b_row, 0, w, n_in * L, L,
                    address(below), ROWS * L, L, n, rows, n_in,
                )  # fmt: skip
            elif shared:
                product_with_shared(
                    address(z), ROWS * L, L, b, b_row, 0, w, n_in * L, L,
                    shift(address(x), first * n_in), 1, n_in, n, rows, n_in,
                )  # fmt: skip
            else:
                product(
                    address(z), ROWS * L, L, b, b_row, 0, w, n_in * L, L,
                    shift(address(x), first * n_in * L), L, n_in * L, n, rows, n_in,
                )  # fmt: skip
            _activate(net.activation[layer], z, slope[begin : begin + n], rows * L)


@part
def _activate(code, z, slope, count):
    """z ← φ(z) and φ′ of units, `count` numbers of each."""
    if count == z.shape[1]:
        activate_slope(code, flat(z), flat(slope))
    else:
        for j in range(len(z)):
            activate_slope(code, z[j, :count], slope[j, :count])


@part
def _pullback(net, work, rows):
    """Slopes of the hidden layers into cotangents G_z, downwards."""
    L = work.W.shape[1]
    for layer in range(net.weight.size - 1, 0, -1):
        n_in, n_out = net.sizes[layer], net.sizes[layer + 1]
        g, slope = _units(net, work.slope, layer, L), _units(net, work.slope, layer - 1, L)
        multiply_by_product(
            address(slope), ROWS * L, L, address(work.zeros), 0, 0,
            shift(address(work.W), net.weight[layer] * L), L, n_in * L,
            address(g), ROWS * L, L, n_in, rows, n_out,
        )  # fmt: skip


@part
def _covectors(net, work, x, first, rows, shared):
    """∂L/∂W += Σ_s G_s ⊗ x_s and ∂L/∂b += Σ_s G_s; of the first samples in place of them."""
    L = work.W.shape[1]
    for layer in range(net.weight.size):
        n_in, n_out = net.sizes[layer], net.sizes[layer + 1]
        g = _units(net, work.slope, layer, L)
        c = shift(address(work.dL), net.weight[layer] * L)
        d = c if first > 0 else address(work.zeros)
        d_row, d_col = (n_in * L, L) if first > 0 else (0, 0)
        if layer > 0:
            below = _units(net, work.a, layer - 1, L)
            product(
                c, n_in * L, L, d, d_row, d_col, address(g), ROWS * L, L,
                address(below), L, ROWS * L, n_out, n_in, rows,
            )  # fmt: skip
        elif shared:
            product_with_shared(
                c, n_in * L, L, d, d_row, d_col, address(g), ROWS * L, L,
                shift(address(x), first * n_in), n_in, 1, n_out, n_in, rows,
            )  # fmt: skip
        else:
            product(
                c, n_in * L, L, d, d_row, d_col, address(g), ROWS * L, L,
                shift(address(x), first * n_in * L), n_in * L, L, n_out, n_in, rows,
            )  # fmt: skip
        if net.bias[layer] >= 0:
            for j in range(n_out):
                db = work.dL[net.bias[layer] + j]
                for lane in range(L):
                    total = db[lane] if first > 0 else work.zeros[0]
                    for s in range(rows):
                        total += g[j, s * L + lane]
                    db[lane] = total


@part
def members_differential(net, loss, x, y, weights, m, work, shared, values):
    """L into `values` (L,) and dL into `work.dL` of the members whose W is in `work`.

    Inputs x (m, n_in) and truth y (m, n_out) are those of all members where they are `shared`, else
    (m, n_in, L) flat, and y (m·L, n_out) with the members of a sample one below the other.
    """
    L, top = work.W.shape[1], net.weight.size - 1
    for first in range(0, m, ROWS):
        rows = min(ROWS, m - first)
        _forward(net, work, x, first, rows, shared)
        a, slope = _units(net, work.a, top, L), _units(net, work.slope, top, L)
        loss_of_lanes(loss, work, a, slope, y, weights, first, rows, shared)
        _pullback(net, work, rows)
        _covectors(net, work, x, first, rows, shared)
    mean_of_lanes(work, m, values)
