"""Loss and dL of a sum of potentials, on a mini-batch or on all samples."""

from numba import types

from ...._compile import bound_at, chosen, held, jit, lacks, part
from ...layout import OWN, Data
from ..base.pointwise import clear
from ..network.differential import network_differential
from .analytic import analytic_differential
from .own import own_differential
from .shuffle import shuffle


@part
def batch_rows(batches, m, iteration):
    """Where the mini-batch of an iteration begins and ends in its epoch's order."""
    per_epoch = (m + batches.size - 1) // batches.size
    epoch = iteration // per_epoch
    if batches.epoch[0] != epoch:
        shuffle(batches.order, batches.seed, epoch)
        batches.epoch[0] = epoch
    begin = (iteration - epoch * per_epoch) * batches.size
    return begin, min(begin + batches.size, m)


@part(inline=True)
def _of_network(problem, W, dL, iteration, lowest, threads):
    """Loss and dL of the network's term, on the mini-batch of this iteration."""
    data, terms, batches = problem.data, problem.terms, problem.batches
    rows = data.rows
    if batches.size > 0:
        begin, end = batch_rows(batches, data.x.shape[0], iteration)
        rows = batches.order[begin:end]
    data = Data(data.x, data.y, data.weights, rows)
    total = network_differential(
        problem.net, problem.loss, data, W, dL, problem.work, lowest, threads
    )
    if terms.factor != 1.0:
        total *= terms.factor
        factor = W.dtype.type(terms.factor)
        for i in range(dL.size):
            dL[i] *= factor
    return total


@part
def _of_nothing(problem, W, dL, iteration, lowest, threads):
    clear(dL)
    return 0.0


_of_term = chosen(lambda problem, *more: _of_nothing if lacks(problem, "net") else _of_network)


@part(inline=True)
def potential_differential(problem, W, dL, iteration, lowest, threads):
    """Loss and dL of the sum of potentials, on the mini-batch of this iteration."""
    total = _of_term(problem, W, dL, iteration, lowest, threads)
    return add_formulas(problem.terms, total, W, dL)


@part(inline=True)
def add_formulas(terms, total, W, dL):
    """Add the formulas' scale·L(W) to a total, and their slopes to dL."""
    for t in range(terms.code.size):
        scale, p, q = terms.parameters[t]
        if terms.code[t] >= OWN:
            total += own_differential(terms, t, scale, W, dL)
        else:
            total += analytic_differential(terms.code[t], p, q, scale, W, dL)
    return total


# ---- at an address: whoever calls it is compiled once for all potentials ----------------------

_held_force = held(potential_differential)
_bound_force = bound_at(types.float64)


@part(inline=True)
def force_at(function, room, W):
    """What is called as `potential_differential` without its problem, of what is held."""
    return _bound_force(function, room, W, W, 0, 0, 1)


@jit
def hold_force(problem, room, W):
    """Where `potential_differential` of a problem is, for W of a dtype."""
    return _held_force(room, problem, W, W, 0, 0, 1)
