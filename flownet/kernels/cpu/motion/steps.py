"""The compiled loop of finite steps: differential, W ← W − step·g^♯dL, record; many a call."""

import math

from ...._compile import absent, chosen, jit, lacks, part, separate, with_crew
from ...layout import OWN, Data
from ..base.pointwise import clear, copy
from ..network.differential import network_differential
from .analytic import analytic_differential
from .move import finite_step, raise_coupled
from .own import own_differential
from .shuffle import shuffle

BLOCK_BYTES = 1 << 20  # of rows that a file takes at once: they stay in the cache meanwhile


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


@part
def _in_one_metric(rule, iteration):
    """The stiffness stays."""


@part
def _in_its_metric(rule, iteration):
    """The inverse stiffness of the step of an iteration."""
    copy(rule.sharp, rule.sharps[iteration - rule.first])


_take_metric = chosen(
    lambda rule, iteration: _in_one_metric if lacks(rule, "sharps") else _in_its_metric
)


@part
def _stay(ascent, rule, problem, W, dL, iteration, threads):
    """dL is taken at W."""


@part
def _ascend(ascent, rule, problem, W, dL, iteration, threads):
    """dL ← dL at W + ρ·g^♯dL/‖dL‖_g, on the same mini-batch."""
    point, square = ascent.point, 0.0
    copy(point, dL)
    raise_coupled(rule.coupling, point)
    for i in range(rule.sharp.size):
        for j in range(rule.bounds[i], rule.bounds[i + 1]):
            square += rule.sharp[i] * dL[j] * point[j]
    if square > 0:
        for i in range(rule.sharp.size):
            along = W.dtype.type(ascent.radius / math.sqrt(square) * rule.sharp[i])
            for j in range(rule.bounds[i], rule.bounds[i + 1]):
                point[j] = W[j] + along * point[j]
        potential_differential(problem, point, dL, iteration, rule.lowest, threads)


_climb = chosen(lambda ascent, *more: _stay if absent(ascent) else _ascend)


@jit
def step_with_memory(rule, W, memory, dL, step, iteration):
    """A finite step for a loop in Python, whether it ends somewhere finite; it may change dL."""
    return finite_step(rule, W, memory, dL, step, iteration, 1)


@separate
def _advance(problem, rule, tape, W, memory, dL, time, first, count, done, threads):
    """`advance` with a crew, or on one thread."""
    rows = 0
    done[2] = 1
    for i in range(count):
        done[0], done[1] = i, rows
        if not rule.since <= time[0] < rule.until:
            return
        k = first + i
        value = potential_differential(problem, W, dL, k, rule.lowest, threads)
        step = tape.step[i] * value if rule.of_loss else tape.step[i]
        if not (math.isfinite(value) and math.isfinite(step)):
            done[2] = 0
            return
        if k % tape.every == 0:
            copy(tape.parameters[rows], W)
            tape.row_iteration[rows] = k
            tape.row_time[rows] = time[0]
            rows += 1
        tape.iteration[i], tape.time[i] = k, time[0]
        tape.loss[i], tape.step[i] = value, step
        _take_metric(rule, k)
        _climb(rule.ascent, rule, problem, W, dL, k, threads)
        finite = finite_step(rule, W, memory, dL, step, k, threads)
        time[0] += step
        if not finite:
            done[0], done[1], done[2] = i + 1, rows, 0
            return
    done[0], done[1] = count, rows


_advance_with_crew = with_crew(_advance)


@jit
def advance(problem, rule, tape, W, memory, dL, time, first, count, done, threads):
    """Steps `first` … `first + count − 1`, recorded; into `done` (3,): the steps taken, rows kept,
    and whether all stayed finite. A state whose loss, parameters or step are not finite is not
    recorded. It returns where the metric of its rule is no longer that of the time."""
    if threads > 1:
        _advance_with_crew(threads, problem, rule, tape, W, memory, dL, time, first, count, done)
    else:
        _advance(problem, rule, tape, W, memory, dL, time, first, count, done, 1)
