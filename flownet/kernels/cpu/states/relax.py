"""States settle: each layer at what its neighbours and the cost drive it to, sweep after sweep.

A layer at rest has G′(s_l) = a_l = W_l·s_{l−1} + W_{l+1}ᵀ·s_{l+1} + b_l. While its neighbours
stand still, settling there is exact minimisation of the energy over the whole layer: the energy
falls at every sweep, and no step size is needed.
"""

from ...._compile import by_crew, compiled, jit, part, separate
from ...scalar.states import SETTLED
from ..base.pointwise import copy
from ..base.product import product_packed
from ..base.views import address, flat
from ..layers.units import bias_of, units
from ..network.packing import pack_for_step, pulled_from


@part
def neighbours(net, W, work, s, layer, first, rows, z, base):
    """z ← base + W_l·s_{l−1} + W_{l+1}ᵀ·s_{l+1}, of some rows of a layer; `base` is a buffer."""
    n, top = net.sizes[layer + 1], net.weight.size - 1
    d, d_row = address(work.zeros), 0
    if base.size:
        d, d_row = address(units(net, base, work.capacity, layer, first, rows)), n
    if layer > 0:
        below = units(net, s, work.capacity, layer - 1, first, rows)
        product_packed(z, d, d_row, below, work.packed[net.panels[layer] :])
        d, d_row = address(z), n
    if layer < top:
        above = units(net, s, work.capacity, layer + 1, first, rows)
        product_packed(z, d, d_row, above, work.pulled[pulled_from(net, W, layer + 1) :])
    elif layer == 0:  # a single layer has no neighbours
        copy(flat(z), flat(units(net, base, work.capacity, layer, first, rows)))


def _settle(body):
    @part
    def loop(z, s, own, one, two, pull, first, measured):
        """s ← where the units settle; the largest change, if it is `measured`."""
        change, zero = 0.0, z.dtype.type(0)
        rows, n = z.shape
        if pull.held.size:
            for r in range(rows):
                for j in range(n):
                    drive, held = z[r, j] + pull.drive[first + r, j], pull.held[j]
                    new = body(drive, held, s[r, j], own[j], one[j], two[j])
                    change = _larger(change, abs(float(new - s[r, j])))
                    s[r, j] = new
        elif measured:
            for r in range(rows):
                for j in range(n):
                    new = body(z[r, j], zero, s[r, j], own[j], one[j], two[j])
                    change = _larger(change, abs(float(new - s[r, j])))
                    s[r, j] = new
        else:
            for r in range(rows):
                for j in range(n):
                    s[r, j] = body(z[r, j], zero, s[r, j], own[j], one[j], two[j])
        return change

    return loop


@part(inline=True)
def _larger(a, b):
    """The larger of two; NaN if b is."""
    return a if b <= a else b


def _by_code(bodies):
    bounded, tanh, sigmoid, diode = (_settle(compiled(body)) for body in bodies)

    @separate
    def settle(code, z, s, own, one, two, pull, first, measured):
        if code == 0:
            return bounded(z, s, own, one, two, pull, first, measured)
        if code == 1:
            return tanh(z, s, own, one, two, pull, first, measured)
        if code == 2:
            return sigmoid(z, s, own, one, two, pull, first, measured)
        return diode(z, s, own, one, two, pull, first, measured)

    return settle


_settle_layer = _by_code(SETTLED)


@part
def settle(net, kinds, layer, z, s, pull, first, measured):
    """Settle some rows of a layer, driven by z and, if it pulls, by a cost."""
    begin, end = net.units[layer], net.units[layer + 1]
    own, one, two = kinds.own[begin:end], kinds.first[begin:end], kinds.second[begin:end]
    return _settle_layer(kinds.code[layer], z, s, own, one, two, pull, first, measured)


@separate
def _relax_shard(net, kinds, W, work, pull, free, s, manner, i):
    """The i-th shard relaxes."""
    first = i * work.shard
    rows = min(work.shard, work.capacity - first)
    order, top = manner.schedule, net.weight.size - 1
    taken, change = 0, 0.0
    while taken < manner.sweeps:
        change, begin = 0.0, 0
        while begin < order.size:
            end = begin
            while order[end] >= 0:
                z = units(net, work.z, work.capacity, order[end], first, rows)
                neighbours(net, W, work, s, order[end], first, rows, z, work.base)
                end += 1
            for k in range(begin, end):
                layer = order[k]
                z = units(net, work.z, work.capacity, layer, first, rows)
                s_l = units(net, s, work.capacity, layer, first, rows)
                pulled = pull if layer == top else free
                moved = settle(net, kinds, layer, z, s_l, pulled, first, manner.tolerance >= 0)
                change = _larger(change, moved)
            begin = end + 1
        taken += 1
        if change <= manner.tolerance:
            break
    work.taken[i], work.change[i] = taken, change


_relax_by_crew = by_crew(_relax_shard)


@separate
def _drive_shard(net, W, work, x, i):
    """What drives the i-th shard from outside: x·W₁ᵀ + b₁, and the biases above."""
    first = i * work.shard
    rows = min(work.shard, work.capacity - first)
    for layer in range(net.weight.size):
        base = units(net, work.base, work.capacity, layer, first, rows)
        bias = bias_of(net, W, work.zeros, layer)
        if layer == 0:
            product_packed(base, bias, 0, x[first : first + rows], work.packed)
        else:
            for r in range(rows):
                for j in range(base.shape[1]):
                    base[r, j] = bias[j]


_drive_by_crew = by_crew(_drive_shard)


@jit
def drive_states(net, W, work, x, threads):
    """Pack W, and keep in `work` what drives the units from outside, for x (m, n_in)."""
    pack_for_step(net, W, work, 0, threads)
    count = work.taken.size
    if threads > 1:
        _drive_by_crew(threads, count, net, W, work, x)
    else:
        for i in range(count):
            _drive_shard(net, W, work, x, i)


@jit
def relax_states(net, kinds, W, work, pull, free, s, manner, threads):
    """Let s relax, from where it is, under what drives it since `drive_states`."""
    count = work.taken.size
    if threads > 1:
        _relax_by_crew(threads, count, net, kinds, W, work, pull, free, s, manner)
    else:
        for i in range(count):
            _relax_shard(net, kinds, W, work, pull, free, s, manner, i)
