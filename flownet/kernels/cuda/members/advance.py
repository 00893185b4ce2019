"""Steps of many members: a thread or half a warp each where they are tiny, else a block each."""

from functools import partial

import numpy as np

from ...._compile._cuda import SIMULATED
from ...._compile._cuda_group import GROUP
from ...layout import Batches
from ..base.current import stream
from ..base.mirror import fetch, fresh, lasting, mirror, send
from ..tiny.pack import formulas_of, kind, runs_of
from ..tiny.run import fetched, plan_for, take_steps, without
from .registers import Shape, by_group, by_thread, fits, fits_group

#: threads of a block, and of a member
_THREADS = {
    by_thread: (4 if SIMULATED else 64, 1),
    by_group: (GROUP if SIMULATED else 8 * GROUP, GROUP),
}
_STEPS = 2048  # of one launch at most
_ROOM = 1 << 31  # bytes of the device that the members of one launch may take
_MOST = 1 << 16  # of them
#: members that fill one, by how many parameters they have at most: a thread, half a warp, a block
_FILL = [(100, 1 << 15), (600, 1 << 14), (np.inf, 1 << 10)]
_LARGEST = 1 << 17  # parameters from which one member should have more than a block


def lanes_of(dtype):
    """Members come one by one: none has to be added to fill a vector."""
    return 1


def members_of_tile(size, dtype):
    """Members of `size` parameters that a first tile has: as many as fill a device, about."""
    words = size * (np.dtype(dtype).itemsize // 4)
    return 8 if SIMULATED else next(members for most, members in _FILL if words <= most)


def largest_member(dtype):
    """Parameters up to which members are quicker side by side than one after another."""
    return _LARGEST


def members_batches(size, seeds, m):
    """`Batches` of members: the device finds the order of each epoch anew in each call."""
    R = len(seeds)
    return Batches(size, np.array(seeds, np.int64), np.zeros((R, 0), np.int64), np.full((R, 1), -1))


def members_work(net, rows, dtype, *, gathered=False, weighted=False):
    """Bytes of the device that a member takes, without its rows of the tape."""
    plan = plan_for(net, rows, rows if gathered else 0, dtype, False, False)
    return 8 * plan.size * 5 + (0 if plan.near else plan.room * np.dtype(dtype).itemsize)


def members_at_once(work, m):
    """Members of one call at most; `m` samples, of which each may hold an order of its own."""
    return max(1, min(_MOST, _ROOM // (work + 16 * m + 24 * _STEPS)))


def members_looks(steps):
    """Iterations at which to look at who is left: those that ended wait at no cost until then."""
    return set(range(_STEPS, steps, _STEPS))


def members_works(work, tiles):
    """Members share nothing that a tile of them would have to have for itself."""
    return work


def advance_members(problem, rules, tape, W, memory, dL, first, count, work, tiles, threads):
    """Steps `first` … `first + count − 1` of members W (R, D), as of the CPU's twin."""
    take = _way(problem, rules, W)
    came = take(problem, rules, tape, W, memory, first)
    tape.loss[:], tape.seen[:], tape.taken[:], tape.going[:] = came


def _way(problem, rules, W):
    """Who takes the steps of a member: a thread or half a warp, where its numbers fit their
    registers and all members move the same ranges; else a block."""
    net, loss, codes = problem.net, problem.loss, problem.terms.code.tolist()
    hot, bounds = kind(rules).hot, rules.bounds
    if rules.coupling is not None or not (bounds == bounds[0]).all():
        return _in_blocks
    if fits(net, loss, W.dtype, W.shape[1], hot, codes):
        return partial(_in_registers, by_thread)
    if fits_group(net, loss, W.dtype, hot, codes, bounds[0].tolist()):
        return partial(_in_registers, by_group)
    return _in_blocks


def _in_blocks(problem, rules, tape, W, memory, first):
    came = take_steps(
        problem, rules, W, memory, tape.time, tape.steps, first, which=tape.which, low=tape.low,
        high=tape.high, losses=tape.loss.shape[1],
    )  # fmt: skip
    return came.loss, came.seen, came.taken, came.going


def _in_registers(by, problem, rules, tape, W, memory, first):
    """The same by a thread or half a warp each: what belongs to all members lies side by side,
    (…, R), but for parameters and memories of those that a group of threads has."""
    net, loss, data, batches = problem.net, problem.loss, problem.data, problem.batches
    R, count, rows = len(W), tape.steps.shape[1], tape.loss.shape[1]
    m, batch = len(data.x), int(batches.size)
    side, beside = ((1, 0), (1, 2, 0)) if by is by_thread else ((0, 1), (0, 1, 2))
    runs = runs_of(rules, batches, tape.low, tape.high)
    shape = Shape(
        sizes=tuple(net.sizes.tolist()),
        codes=tuple(net.activation.tolist()),
        bias=bool(net.bias[-1] >= 0),
        loss=int(loss.kind),
        plain=loss.gamma.size == 0,
        weighted=data.weights.size > 0,
        kind=kind(rules),
        bounds=tuple(runs.bounds[0].tolist()),
        scaled=problem.terms.factor != 1.0,
        formulas=tuple(problem.terms.code.tolist()),
        batched=batch > 0,
        decays=bool(np.any(rules.decay)),
        shrinks=bool(np.any(rules.shrink)),
    )
    on = {
        "loss": lasting("losses of members", rows * R, np.float64),
        "told": fresh(np.zeros((3, R), np.int64)), "times": fresh(tape.time),
        "W": lasting("members", W.size, W.dtype), "memory": fresh(memory.transpose(beside)),
        "order": lasting("order of members", m * R if batch else 1, np.int64),
    }  # fmt: skip
    send(np.ascontiguousarray(W.transpose(side)).reshape(-1), on["W"])
    threads, each = _THREADS[by]
    by.of(W.dtype, shape)[-(-R * each // threads), threads, stream()](
        mirror(data.x), mirror(data.y), mirror(data.weights), mirror(loss.gamma),
        fresh(formulas_of(problem.terms, loss)), fresh(tape.steps), fresh(tape.which), on["loss"],
        on["told"], on["times"], on["W"], on["memory"], fresh(runs.numbers.T), fresh(runs.sharps.T),
        fresh(runs.seeds.T), on["order"], m, batch, first, count, rows,
    )  # fmt: skip
    taken, going, seen = fetched(on["told"], (3, R), np.int64)
    fetch(on["times"], tape.time)
    for name, array, axes in (("W", W, side), ("memory", memory, beside)):
        there = array.transpose(axes)  # a view, into which what came back goes
        if there.flags.c_contiguous:
            fetch(on[name], there.reshape(-1))
        else:
            there[...] = fetched(on[name], there.shape, W.dtype)
    loss = without(fetched(on["loss"], (R, rows), np.float64), seen)
    return loss, seen, taken, going != 0
