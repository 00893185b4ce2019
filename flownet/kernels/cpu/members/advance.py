"""The compiled loop of finite steps for many members: a tile of them a thread, a lane a member."""

import math

from ...._compile import in_parallel, jit, part, separate
from ..base.views import member, of_worker
from ..motion.force import add_formulas, batch_rows
from ..motion.move import finite_step
from .differential import into_lanes, members_differential, out_of_lanes


@part
def _gather(data, batches, work, begin, iteration):
    """The mini-batch of every lane's member, the members of a sample side by side; its size."""
    L, n_in, size = work.W.shape[1], data.x.shape[1], 0
    for lane in range(L):
        own = member(batches, begin + lane)
        start, end = batch_rows(own, data.x.shape[0], iteration)
        size = end - start
        for s in range(size):
            row = own.order[start + s]
            for i in range(n_in):
                work.x_batch[(s * n_in + i) * L + lane] = data.x[row, i]
            for b in range(data.y.shape[1]):
                work.y_batch[s * L + lane, b] = data.y[row, b]
            if data.weights.size:
                work.weights_batch[s * L + lane] = data.weights[row]
    return size


@part
def _differential(problem, work, begin, iteration, values):
    """L and dL of a tile's members, on their mini-batches where there are any."""
    net, loss, data = problem.net, problem.loss, problem.data
    m = data.x.shape[0]
    if problem.batches.order.shape[1] > 0:
        m = _gather(data, problem.batches, work, begin, iteration)
        work.scale[0] = 1 / m
        x, y, weights = work.x_batch, work.y_batch, work.weights_batch
        members_differential(net, loss, x, y, weights, m, work, False, values)
    else:
        x = data.x.reshape(data.x.size)
        members_differential(net, loss, x, data.y, data.weights, m, work, True, values)


@part
def _step(problem, rules, tape, W, memory, dL, value, r, i, iteration):
    """One member's step: what it records, and whether it goes on."""
    rule, terms, total = member(rules, r), problem.terms, value * problem.terms.factor
    if terms.factor != 1.0:
        for j in range(dL.size):
            dL[j] *= W.dtype.type(terms.factor)
    total = add_formulas(terms, total, W, dL)
    step = tape.steps[tape.which[r], i]
    if rule.of_loss:
        step *= total
    if not (math.isfinite(total) and math.isfinite(step)):
        return False
    tape.loss[r, i % tape.loss.shape[1]] = total
    tape.seen[r] += 1
    if not tape.low[r] < total <= tape.high[r]:
        return False
    tape.taken[r] += 1
    tape.time[r] += step
    return finite_step(rule, W, memory, dL, step, iteration, 1)


@separate
def _tile(problem, rules, tape, W, memory, dL, first, count, works, tile):
    """Steps of one tile's members."""
    work = of_worker(works, tile)
    L = work.W.shape[1]
    begin = tile * L
    values = work.values
    for i in range(count):
        into_lanes(W[begin : begin + L], work.W)
        _differential(problem, work, begin, first + i, values)
        out_of_lanes(work.dL, dL[begin : begin + L])
        going = 0
        for lane in range(L):
            r = begin + lane
            if tape.going[r]:
                tape.going[r] = _step(
                    problem, rules, tape, W[r], memory[r], dL[r], values[lane], r, i, first + i
                )
                going += tape.going[r]
        if going == 0:
            return


_tiles_in_parallel = in_parallel(_tile)


@jit
def advance_members(problem, rules, tape, W, memory, dL, first, count, works, tiles, threads):
    """Steps `first` … `first + count − 1` of members W (R, D), R a whole number of tiles.

    Of each member the losses are recorded, of all its steps or of the last ones. One whose loss,
    step or parameters are not finite stands still from there on; one whose loss leaves its bounds
    stands still there, with that loss.
    """
    if threads > 1:
        _tiles_in_parallel(tiles, problem, rules, tape, W, memory, dL, first, count, works)
    else:
        for tile in range(tiles):
            _tile(problem, rules, tape, W, memory, dL, first, count, works, tile)
