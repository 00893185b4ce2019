"""The compiled loop of finite steps: dL, W ← W − step·g^♯dL, record; many a call.

The loop is compiled once. What a potential or a mechanics is compiled to, it calls by address.
"""

import math
from collections import namedtuple

import numpy as np
from numba import types

from ...._compile import (
    ROOM,
    absent,
    bound_at,
    call_bound,
    chosen,
    held,
    jit,
    lacks,
    part,
    separate,
    with_crew,
)
from ..base.pointwise import copy
from .force import force_at, hold_force
from .move import finite_step, raise_coupled

BLOCK_BYTES = 1 << 20  # of rows that a file takes at once: they stay in the cache meanwhile


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
def _stay(ascent, rule, force, W, dL, iteration, threads):
    """dL is taken at W."""


@part
def _ascend(ascent, rule, force, W, dL, iteration, threads):
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
        call_bound(force, point, dL, iteration, rule.lowest, threads)


_climb = chosen(lambda ascent, *more: _stay if absent(ascent) else _ascend)


@jit
def step_with_memory(rule, W, memory, dL, step, iteration):
    """A finite step for a loop in Python, whether it ends somewhere finite; it may change dL."""
    return finite_step(rule, W, memory, dL, step, iteration, 1)


#: what the loop itself asks of a `Rule`
During = namedtuple("During", "of_loss lowest since until")


@part
def _move(rule, force, W, memory, dL, step, iteration, threads):
    """The step of an iteration, whether it ends somewhere finite."""
    _take_metric(rule, iteration)
    _climb(rule.ascent, rule, force, W, dL, iteration, threads)
    return finite_step(rule, W, memory, dL, step, iteration, threads)


_held_move, _move_at = held(_move), bound_at(types.boolean)


@jit
def _hold_move(rule, room, W, memory):
    """Where the steps of a rule are, for W and memories of a dtype."""
    return _held_move(room, rule, force_at(0, room, W), W, memory, W, 0.0, 0, 1)


@separate
def _loop(force, move, during, tape, W, memory, dL, time, first, count, done, threads):
    """`advance` with a crew, or on one thread."""
    rows = 0
    done[2] = 1
    for i in range(count):
        done[0], done[1] = i, rows
        if not during.since <= time[0] < during.until:
            return
        k = first + i
        value = call_bound(force, W, dL, k, during.lowest, threads)
        step = tape.step[i] * value if during.of_loss else tape.step[i]
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
        finite = call_bound(move, force, W, memory, dL, step, k, threads)
        time[0] += step
        if not finite:
            done[0], done[1], done[2] = i + 1, rows, 0
            return
    done[0], done[1] = count, rows


_loop_with_crew = with_crew(_loop)


@jit
def _advance(
    forced, problem, moved, rule, during, tape, W, memory, dL, time, first, count, done, threads
):
    """`advance`, of where a problem and a rule are held, and of the rooms that hold them."""
    force = force_at(forced, problem, W)
    move = _move_at(moved, rule, force, W, memory, dL, 0.0, 0, 1)
    if threads > 1:
        _loop_with_crew(threads, force, move, during, tape, W, memory, dL, time, first, count, done)
    else:
        _loop(force, move, during, tape, W, memory, dL, time, first, count, done, 1)


def advance(problem, rule, tape, W, memory, dL, time, first, count, done, threads):
    """Steps `first` … `first + count − 1`, recorded; into `done` (3,): the steps taken, rows kept,
    and whether all stayed finite. A state whose loss, parameters or step are not finite is not
    recorded. It returns where the metric of its rule is no longer that of the time."""
    rooms = np.empty((2, ROOM), np.uint8)
    _advance(
        hold_force(problem, rooms[0], W),
        rooms[0],
        _hold_move(rule, rooms[1], W, memory),
        rooms[1],
        During(rule.of_loss, rule.lowest, rule.since, rule.until),
        tape,
        W,
        memory,
        dL,
        time,
        first,
        count,
        done,
        threads,
    )
