"""How states yield to a small force: H·v = c with H = E_ss, without H or its inverse.

With the compliance K = 1/G″ of every unit, H = K⁻¹ − M, and v = √K·w with

    (1 − √K·M·√K)·w = √K·c

which is solved by conjugate gradients, each sample for itself. A unit held by a bound has K = 0.
"""

import math

from ...._compile import by_crew, compiled, jit, part, separate
from ...scalar.states import COMPLIANCES
from ..base.views import flat
from ..layers.units import units
from .relax import neighbours


def _root(body):
    @part
    def loop(s, root, own, one, two):
        for r in range(s.shape[0]):
            for j in range(s.shape[1]):
                root[r, j] = s.dtype.type(math.sqrt(body(s[r, j], own[j], one[j], two[j])))

    return loop


def _by_code(bodies):
    bounded, tanh, sigmoid, diode, rho_tanh, rho_sigmoid = (
        _root(compiled(body)) for body in bodies
    )

    @separate
    def roots(code, s, root, own, one, two):
        if code == 0:
            bounded(s, root, own, one, two)
        elif code == 1:
            tanh(s, root, own, one, two)
        elif code == 2:
            sigmoid(s, root, own, one, two)
        elif code == 3:
            diode(s, root, own, one, two)
        elif code == 4:
            rho_tanh(s, root, own, one, two)
        else:
            rho_sigmoid(s, root, own, one, two)

    return roots


_roots_of_layer = _by_code(COMPLIANCES)


@part
def _roots(net, kinds, work, s, layer, first, rows):
    """√(compliance) of some rows of a layer."""
    begin, end = net.units[layer], net.units[layer + 1]
    _roots_of_layer(
        kinds.code[layer],
        units(net, s, work.capacity, layer, first, rows),
        units(net, work.solve.root, work.capacity, layer, first, rows),
        kinds.own[begin:end],
        kinds.first[begin:end],
        kinds.second[begin:end],
    )


@part
def _image(net, W, work, v, first, rows):
    """q ← p − √K·M·√K·p of a shard; v is scratch, √K·p."""
    solve, layers = work.solve, net.weight.size
    for layer in range(layers):
        p, root, out = _three(net, work, solve.p, solve.root, v, layer, first, rows)
        for i in range(p.size):
            out[i] = root[i] * p[i]
    for layer in range(layers):
        z = units(net, work.z, work.capacity, layer, first, rows)
        if layers > 1:
            neighbours(net, W, work, v, layer, first, rows, z, work.zeros[:0])
        p, root, q = _three(net, work, solve.p, solve.root, solve.q, layer, first, rows)
        z = flat(z)
        for i in range(p.size):
            q[i] = p[i] - root[i] * z[i] if layers > 1 else p[i]


@part(inline=True)
def _three(net, work, a, b, c, layer, first, rows):
    capacity = work.capacity
    return (
        flat(units(net, a, capacity, layer, first, rows)),
        flat(units(net, b, capacity, layer, first, rows)),
        flat(units(net, c, capacity, layer, first, rows)),
    )


@part
def _dots(net, work, a, b, first, rows, out):
    """out[r] ← ⟨a, b⟩ of each row of a shard."""
    for r in range(first, first + rows):
        out[r] = 0.0
    for layer in range(net.weight.size):
        x, y = (
            units(net, a, work.capacity, layer, first, rows),
            units(net, b, work.capacity, layer, first, rows),
        )
        for r in range(rows):
            total = 0.0
            for j in range(x.shape[1]):
                total += float(x[r, j]) * float(y[r, j])
            out[first + r] += total


@part
def _add(net, work, y, x, by, sign, first, rows):
    """y ← y + sign·by[r]·x in each row of a shard."""
    for layer in range(net.weight.size):
        a, b = (
            units(net, y, work.capacity, layer, first, rows),
            units(net, x, work.capacity, layer, first, rows),
        )
        for r in range(rows):
            factor = y.dtype.type(sign * by[first + r])
            for j in range(a.shape[1]):
                a[r, j] += factor * b[r, j]


@part
def _renew(net, work, by, first, rows):
    """p ← r + by[r]·p."""
    solve = work.solve
    for layer in range(net.weight.size):
        p, r = (
            units(net, solve.p, work.capacity, layer, first, rows),
            units(net, solve.r, work.capacity, layer, first, rows),
        )
        for i in range(rows):
            factor = p.dtype.type(by[first + i])
            for j in range(p.shape[1]):
                p[i, j] = r[i, j] + factor * p[i, j]


@separate
def _solve_shard(net, kinds, W, work, s, c, v, w, tries, tolerance, i):
    """The i-th shard: v ← H⁻¹·c; w is a buffer like a state."""
    first = i * work.shard
    rows = min(work.shard, work.capacity - first)
    solve, top = work.solve, net.weight.size - 1
    for layer in range(top + 1):
        _roots(net, kinds, work, s, layer, first, rows)
        root, r, force = _three(net, work, solve.root, solve.r, c, layer, first, rows)
        for k in range(r.size):
            r[k] = root[k] * force[k]
        p, r, x = _three(net, work, solve.p, solve.r, w, layer, first, rows)
        for k in range(p.size):
            p[k], x[k] = r[k], r.dtype.type(0)
    square, along = solve.square, solve.along
    _dots(net, work, solve.r, solve.r, first, rows, square)
    begun = 0.0
    for r in range(first, first + rows):
        begun = max(begun, square[r])
    taken, left = 0, begun
    while taken < tries and left > tolerance * tolerance * begun:
        _image(net, W, work, v, first, rows)
        _dots(net, work, solve.p, solve.q, first, rows, along)
        for r in range(first, first + rows):  # a sample that is done has p = 0
            along[r] = square[r] / along[r] if along[r] != 0 else 0.0
        _add(net, work, w, solve.p, along, 1.0, first, rows)
        _add(net, work, solve.r, solve.q, along, -1.0, first, rows)
        for r in range(first, first + rows):
            along[r] = square[r]
        _dots(net, work, solve.r, solve.r, first, rows, square)
        left = 0.0
        for r in range(first, first + rows):
            left = max(left, square[r])
            along[r] = square[r] / along[r] if along[r] > 0 else 0.0
        _renew(net, work, along, first, rows)
        taken += 1
    for layer in range(top + 1):
        root, x, out = _three(net, work, solve.root, w, v, layer, first, rows)
        for k in range(x.size):
            out[k] = root[k] * x[k]
    work.taken[i], work.change[i] = taken, math.sqrt(left / begun) if begun > 0 else 0.0


_solve_by_crew = by_crew(_solve_shard)


@jit
def solve_states(net, kinds, W, work, s, c, v, w, tries, tolerance, threads):
    """v ← H⁻¹·c at the state s of what `drive_states` was told last."""
    count = work.taken.size
    if threads > 1:
        _solve_by_crew(threads, count, net, kinds, W, work, s, c, v, w, tries, tolerance)
    else:
        for i in range(count):
            _solve_shard(net, kinds, W, work, s, c, v, w, tries, tolerance, i)
