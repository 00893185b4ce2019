"""The compiled loop of finite steps: differential, W ← W − step·g^♯dL, record; many a call."""

import math

from ...._compile import absent, by_crew, chosen, field, jit, lacks, part, separate, with_crew
from ...layout import OWN, Data
from ...scalar.mechanics import Aristotle, Langevin, Newton
from ..base.pointwise import all_finite, clear, copy
from ..base.simd import stack
from ..base.views import address
from ..network.differential import network_differential
from . import coupling as coupling_kernel
from .analytic import analytic_differential
from .mechanics import step_of_mechanics
from .own import own_differential
from .shuffle import shuffle

_CHUNK = 1 << 13  # parameters that one thread updates at a time


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
def _move(W, dL, h):
    """W ← W − h·dL; whether all of it stayed finite."""
    bad = 0
    for i in range(W.size):  # one trip through memory for both
        moved = W[i] - h * dL[i]
        W[i] = moved
        bad |= not math.isfinite(moved)
    return bad == 0


@part
def add_decay(W, dL, decay):
    """dL ← dL + κW, the slope of κ·Parabola."""
    decay = W.dtype.type(decay)
    for i in range(W.size):
        dL[i] += decay * W[i]


@part
def _shrink(W, share):
    """W ← (1 − share)·W."""
    keep = W.dtype.type(1 - share)
    for i in range(W.size):
        W[i] *= keep


@part(inline=True)
def _along(rule, W, memory, dL, step, iteration, i, begin, end):
    """W ← W − step·g^♯dL of a part of a range; whether it stayed finite."""
    return _move(W[begin:end], dL[begin:end], W.dtype.type(step * rule.sharp[i]))


@part(inline=True)
def _as_they_are(rule, iteration):
    return rule.numbers


@part(inline=True)
def _langevin_at(rule, iteration):
    return Langevin(rule.temperatures[iteration - rule.first])


@part(inline=True)
def _newton_at(rule, iteration):
    n = rule.numbers
    return Newton(n.mass, n.friction, n.integrator, rule.temperatures[iteration - rule.first])


def _numbers(rule, iteration):
    if lacks(rule, "temperatures"):
        return _as_they_are
    return _langevin_at if field(rule, "numbers").instance_class is Langevin else _newton_at


#: numbers of the mechanics at an iteration, with the temperature that its schedule says
_numbers_at = chosen(_numbers)


@part(inline=True)
def _with_memory(rule, W, memory, dL, step, iteration, i, begin, end):
    """A step of mechanics that remember or tremble, of a part of a range."""
    step_of_mechanics(
        _numbers_at(rule, iteration),
        W[begin:end],
        memory,
        rule.sharp[i],
        dL[begin:end],
        step,
        iteration + 1 - rule.born,
        begin,
        rule.pairs,
        rule.seed,
    )
    return all_finite(W[begin:end])


_by_mechanics = chosen(
    lambda rule, *more: (
        _along if field(rule, "numbers").instance_class is Aristotle else _with_memory
    )
)


@separate
def _move_chunk(rule, W, memory, dL, step, iteration, i, bad, chunk):
    """The step of a chunk of a range, which stays in the cache meanwhile."""
    begin = rule.bounds[i] + chunk * _CHUNK
    end = min(begin + _CHUNK, rule.bounds[i + 1])
    if not _by_mechanics(rule, W, memory, dL, step, iteration, i, begin, end):
        bad[0] = 1  # whichever thread comes to it, the same number


_chunks_by_crew, _flag = by_crew(_move_chunk), stack(1)


@part
def _move_in_chunks(rule, W, memory, dL, step, iteration, i, threads):
    bad = _flag(address(W))
    bad[0] = 0
    count = (rule.bounds[i + 1] - rule.bounds[i] + _CHUNK - 1) // _CHUNK
    if threads > 1:
        _chunks_by_crew(threads, count, rule, W, memory, dL, step, iteration, i, bad)
    else:
        for chunk in range(count):
            _move_chunk(rule, W, memory, dL, step, iteration, i, bad, chunk)
    return bad[0] == 0


raise_coupled = chosen(
    lambda coupling, dL: None if absent(coupling) else coupling_kernel.raise_coupled
)


@part(inline=True)
def finite_step(rule, W, memory, dL, step, iteration, threads):
    """W ← W − step·g^♯dL (TM 39), or a step with memory; frozen ranges keep every bit.

    Of coupled layers dL holds g^♯dL afterwards.
    """
    finite = True
    if rule.decay != 0:
        add_decay(W, dL, rule.decay)
    raise_coupled(rule.coupling, dL)
    for i in range(rule.sharp.size):
        if rule.sharp[i] != 0.0:
            if rule.shrink != 0:
                _shrink(W[rule.bounds[i] : rule.bounds[i + 1]], rule.shrink * step * rule.sharp[i])
            begin, end = rule.bounds[i], rule.bounds[i + 1]
            if end - begin > _CHUNK:
                finite &= _move_in_chunks(rule, W, memory, dL, step, iteration, i, threads)
            else:
                finite &= _by_mechanics(rule, W, memory, dL, step, iteration, i, begin, end)
    return finite


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
    """A finite step for a loop in Python; it may change dL."""
    finite_step(rule, W, memory, dL, step, iteration, 1)


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
