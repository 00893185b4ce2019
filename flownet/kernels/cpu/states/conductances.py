"""Conductances of layered resistive networks: sums over the weights of a layer, and their bound.

Rows are summed in the order in which NumPy does it, in eights and, where they are long, by halves:
runs that were begun with its sums go on to the same bits.
"""

import numpy as np

from ...._compile import jit, part
from ..base.eights import sum_eights
from ..base.views import address
from ..layers.units import units, weights

_WHOLE = 128  # numbers that are summed in eights
_MERGE = -1  # in a program: add up the two last sums


def sums_of_rows(sizes):
    """Programs of the sums of a layer's rows, where each begins, and room for sums that wait.

    A program is a list of numbers of weights that are summed in eights, one after another, and of
    `_MERGE`.
    """
    programs = [_halves(n) for n in sizes[:-1]]
    begins = np.cumsum([0, *map(len, programs)])
    deep = max(sum(step > 0 for step in program) for program in programs)
    return np.concatenate(programs).astype(np.int64), begins.astype(np.int64), deep


def _halves(n):
    if n <= _WHOLE:
        return [n]
    half = n // 2 - n // 2 % 8
    return [*_halves(half), *_halves(n - half), _MERGE]


@part
def _eights(a):
    """Sum of a few numbers."""
    n = a.size
    if n < 8:
        total = a.dtype.type(0)
        for i in range(n):
            total += a[i]
        return total
    total = sum_eights(address(a), n // 8)
    for i in range(n - n % 8, n):
        total += a[i]
    return total


@part
def _row_sum(row, program, waiting):
    """Sum of a row, by its program."""
    top, first = 0, 0
    for step in program:
        if step < 0:
            top -= 1
            waiting[top - 1] += waiting[top]
        else:
            waiting[top] = _eights(row[first : first + step])
            top, first = top + 1, first + step
    return waiting[0]


@jit
def sum_conductances(net, W, programs, begins, waiting, content, drawn, own):
    """own ← Σ of what leads to each unit: c_l·g from below, and c_l·A²·g from above.

    `content` (L,) and `drawn` (L,) are c_l and c_l·A_{l−1}².
    """
    for layer in range(net.weight.size):
        w, first = weights(net, W, layer), net.units[layer]
        program = programs[begins[layer] : begins[layer + 1]]
        for i in range(w.shape[0]):
            own[first + i] = content[layer] * _row_sum(w[i], program, waiting)
        if layer > 0:
            below = net.units[layer - 1]
            total = waiting[waiting.size - w.shape[1] :]
            for j in range(total.size):
                total[j] = w[0, j]
            for i in range(1, w.shape[0]):
                row = w[i]
                for j in range(total.size):
                    total[j] += row[j]
            for j in range(total.size):
                own[below + j] += drawn[layer] * total[j]


@jit
def add_ends(net, dL, weight, s, u, content, drawn, ends):
    """w_ij ← w_ij + c_l·e_i + c_l·A²·e_j, with e = Σ weight·s·u of each unit; of sources it is 0.

    Weights of samples, and the sums `ends` (U,), are doubles.
    """
    for layer in range(net.weight.size):
        own = ends[net.units[layer] : net.units[layer + 1]]
        for j in range(own.size):
            own[j] = 0.0
        s_l, u_l = (
            units(net, s, weight.size, layer, 0, weight.size),
            units(net, u, weight.size, layer, 0, weight.size),
        )
        for r in range(weight.size):
            for j in range(own.size):
                own[j] += weight[r] * s_l[r, j] * u_l[r, j]
    for layer in range(net.weight.size):
        w, c, a = weights(net, dL, layer), content[layer], drawn[layer]
        own = ends[net.units[layer] : net.units[layer + 1]]
        for i in range(w.shape[0]):
            row, end = w[i], c * dL.dtype.type(own[i])
            if layer == 0:
                for j in range(row.size):
                    row[j] += end
            else:
                below = ends[net.units[layer - 1] : net.units[layer]]
                for j in range(row.size):
                    row[j] = (row[j] + end) + a * dL.dtype.type(below[j])


@jit
def hold_conductances(net, W):
    """Weights below 0 become 0."""
    zero = W.dtype.type(0)
    for layer in range(net.weight.size):
        w = weights(net, W, layer).reshape(-1)
        for i in range(w.size):
            g = w[i]
            w[i] = g if g > zero or g != g else zero
