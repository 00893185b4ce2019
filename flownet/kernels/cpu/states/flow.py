"""States flow: Euler steps of ṡ = −∂F/∂s, all layers at once, sweep after sweep.

Units may be seen by their neighbours through ρ(s); r holds what is seen, and is s itself where all
units show themselves as they are.
"""

from ...._compile import by_crew, compiled, jit, part, separate
from ...scalar.states import FLOWS, IMAGES, MAPPED
from ..base.pointwise import copy
from ..base.views import flat
from ..layers.units import units
from .relax import _larger, neighbours


def _flow(body):
    @part
    def loop(z, s, own, one, two, pull, first, rate):
        """s ← one step on; the largest change."""
        change, zero = 0.0, z.dtype.type(0)
        for r in range(z.shape[0]):
            for j in range(z.shape[1]):
                drive, held = zero, zero
                if pull.held.size:
                    drive, held = pull.drive[first + r, j], pull.held[j]
                new = body(z[r, j], drive, held, s[r, j], own[j], one[j], two[j], rate)
                change = _larger(change, abs(float(new - s[r, j])))
                s[r, j] = new
        return change

    return loop


def _image(body):
    @part
    def loop(s, seen):
        for r in range(s.shape[0]):
            for j in range(s.shape[1]):
                seen[r, j] = body(s[r, j])

    return loop


def _by_code(flows, images):
    bounded, tanh, sigmoid, diode, rho_tanh, rho_sigmoid = (_flow(compiled(body)) for body in flows)
    seen_tanh, seen_sigmoid = (_image(compiled(body)) for body in images)
    mapped = MAPPED

    @separate
    def flow(code, z, s, own, one, two, pull, first, rate):
        if code == 0:
            return bounded(z, s, own, one, two, pull, first, rate)
        if code == 1:
            return tanh(z, s, own, one, two, pull, first, rate)
        if code == 2:
            return sigmoid(z, s, own, one, two, pull, first, rate)
        if code == 3:
            return diode(z, s, own, one, two, pull, first, rate)
        if code == mapped:
            return rho_tanh(z, s, own, one, two, pull, first, rate)
        return rho_sigmoid(z, s, own, one, two, pull, first, rate)

    @separate
    def show(code, s, seen):
        if code == mapped:
            seen_tanh(s, seen)
        elif code > mapped:
            seen_sigmoid(s, seen)
        else:
            copy(flat(seen), flat(s))

    return flow, show


_flow_layer, _show = _by_code(FLOWS, IMAGES)


@separate
def _flow_shard(net, kinds, W, work, pull, free, s, seen, manner, rate, i):
    """The i-th shard flows."""
    first = i * work.shard
    rows = min(work.shard, work.capacity - first)
    order, top, shown = manner.schedule, net.weight.size - 1, False
    for layer in range(top + 1):
        shown = shown or kinds.code[layer] >= MAPPED
    for layer in range(top + 1 if shown else 0):
        s_l = units(net, s, work.capacity, layer, first, rows)
        _show(kinds.code[layer], s_l, units(net, seen, work.capacity, layer, first, rows))
    taken, change = 0, 0.0
    while taken < manner.sweeps:
        change = 0.0
        for layer in order:
            if layer >= 0:
                z = units(net, work.z, work.capacity, layer, first, rows)
                neighbours(net, W, work, seen, layer, first, rows, z, work.base)
        for layer in order:
            if layer >= 0:
                begin, end = net.units[layer], net.units[layer + 1]
                z = units(net, work.z, work.capacity, layer, first, rows)
                s_l = units(net, s, work.capacity, layer, first, rows)
                own, one, two = (
                    kinds.own[begin:end],
                    kinds.first[begin:end],
                    kinds.second[begin:end],
                )
                seen_l = units(net, seen, work.capacity, layer, first, rows)
                pulled = pull if layer == top else free
                code = kinds.code[layer]
                moved = _flow_layer(code, z, s_l, own, one, two, pulled, first, rate)
                if shown:
                    _show(code, s_l, seen_l)
                change = _larger(change, moved)
        taken, change = taken + 1, change / rate  # in a unit of time, whatever the steps
        if change <= manner.tolerance:
            break
    work.taken[i], work.change[i] = taken, change


_flow_by_crew = by_crew(_flow_shard)


@jit
def flow_states(net, kinds, W, work, pull, free, s, seen, manner, rate, threads):
    """Let s flow, from where it is, by steps of `rate`; `seen` is s itself or a buffer like it."""
    count = work.taken.size
    if threads > 1:
        _flow_by_crew(threads, count, net, kinds, W, work, pull, free, s, seen, manner, rate)
    else:
        for i in range(count):
            _flow_shard(net, kinds, W, work, pull, free, s, seen, manner, rate, i)
