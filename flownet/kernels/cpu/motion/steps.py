"""The compiled loop of finite steps: differential, W ← W − step·g^♯dL, record; many a call."""

import math
from collections import namedtuple

from numba import prange

from ...._compile import jit
from ..base.plan import Data
from ..base.pointwise import all_finite, clear, copy
from ..network.differential import differential
from .analytic import analytic_differential
from .coupling import raise_coupled
from .mechanics import ARISTOTLE, remembering_step
from .shuffle import shuffle

#: a sum of potentials: the network's scale (0: none), then codes (T,) and (scale, p, q) (T, 3)
Terms = namedtuple("Terms", "network code parameters")

#: mini-batches: their size (0: full batch), the seed, the order of epoch `epoch[0]`
Batches = namedtuple("Batches", "size seed order epoch")

#: whether the loss multiplies each step; the inverse stiffness of each range of W, bounds[i] …
#: bounds[i+1] (0: frozen), and the first layer that moves; layers that the metric couples; the
#: times from and until which this is the metric; code and numbers of the mechanics, the κ of a
#: parabola whose slope joins dL (`decay`) or moves W by itself (`shrink`), whether W are pairs
#: (re, im) that share ⟨|F|²⟩, and the seed of thermal noise
Rule = namedtuple(
    "Rule", "of_loss bounds sharp lowest coupling since until code numbers decay shrink pairs seed"
)

#: where rows go: every `every`-th W with its iteration and time, every loss and step with theirs;
#: `step` (count,) comes with the steps to take, or their factors where the loss multiplies them
Tape = namedtuple(
    "Tape",
    "every parameters row_iteration row_time "
    "loss loss_iteration loss_time step step_iteration step_time",
)

_CHUNK = 1 << 15  # parameters that one thread updates at a time
_WORTH_THREADS = 1 << 18


@jit(cached=False)
def batch_rows(batches, m, iteration):
    """Where the mini-batch of an iteration begins and ends in its epoch's order."""
    per_epoch = (m + batches.size - 1) // batches.size
    epoch = iteration // per_epoch
    if batches.epoch[0] != epoch:
        shuffle(batches.order, batches.seed, epoch)
        batches.epoch[0] = epoch
    begin = (iteration - epoch * per_epoch) * batches.size
    return begin, min(begin + batches.size, m)


@jit(cached=False, inline=True)
def potential_differential(
    net, loss, data, terms, work, batches, W, dL, iteration, lowest, threads
):
    """Loss and dL of the sum of potentials, on the mini-batch of this iteration."""
    total = 0.0
    if terms.network != 0.0:
        rows = data.rows
        if batches.size > 0:
            begin, end = batch_rows(batches, data.x.shape[0], iteration)
            rows = batches.order[begin:end]
        total = differential(
            net, loss, Data(data.x, data.y, data.weights, rows), W, dL, work, lowest, threads
        )
        if terms.network != 1.0:
            total *= terms.network
            factor = W.dtype.type(terms.network)
            for i in range(dL.size):
                dL[i] *= factor
    else:
        clear(dL)
    for t in range(terms.code.size):
        scale, p, q = terms.parameters[t]
        total += analytic_differential(terms.code[t], p, q, scale, W, dL)
    return total


@jit(cached=False)
def _move(W, dL, h):
    """W ← W − h·dL; whether all of it stayed finite."""
    for i in range(W.size):
        W[i] -= h * dL[i]
    return all_finite(W)


@jit(parallel=True)
def _move_parallel(W, dL, h):
    bad = 0
    for chunk in prange((W.size + _CHUNK - 1) // _CHUNK):
        begin = chunk * _CHUNK
        end = min(begin + _CHUNK, W.size)
        bad += not _move(W[begin:end], dL[begin:end], h)
    return bad == 0


@jit(cached=False)
def add_decay(W, dL, decay):
    """dL ← dL + κW, the slope of κ·Parabola."""
    decay = W.dtype.type(decay)
    for i in range(W.size):
        dL[i] += decay * W[i]


@jit(cached=False)
def _shrink(W, share):
    """W ← (1 − share)·W."""
    keep = W.dtype.type(1 - share)
    for i in range(W.size):
        W[i] *= keep


@jit(cached=False, inline=True)
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
            h = W.dtype.type(step * rule.sharp[i])
            part = slice(rule.bounds[i], rule.bounds[i + 1])
            if rule.shrink != 0:
                _shrink(W[part], rule.shrink * step * rule.sharp[i])
            if rule.code != ARISTOTLE:
                remembering_step(
                    rule.code,
                    rule.numbers,
                    W[part],
                    memory[:, part],
                    rule.sharp[i],
                    dL[part],
                    step,
                    iteration + 1,
                    rule.bounds[i],
                    rule.pairs,
                    rule.seed,
                )
                finite &= all_finite(W[part])
            elif threads > 1 and W[part].size >= _WORTH_THREADS:
                finite &= _move_parallel(W[part], dL[part], h)
            else:
                finite &= _move(W[part], dL[part], h)
    return finite


@jit
def step_with_memory(rule, W, memory, dL, step, iteration):
    """A finite step for a loop in Python; it may change dL."""
    finite_step(rule, W, memory, dL, step, iteration, 1)


@jit
def advance(
    net, loss, data, terms, work, batches, rule, tape, W, memory, dL, time, first, count, threads
):
    """Steps `first` … `first + count − 1`, recorded; the steps taken, rows kept, and whether all
    stayed finite. A state whose loss, parameters or step are not finite is not recorded. It returns
    where the metric of its rule is no longer that of the time."""
    rows = 0
    for i in range(count):
        if not rule.since <= time[0] < rule.until:
            return i, rows, True
        k = first + i
        value = potential_differential(
            net, loss, data, terms, work, batches, W, dL, k, rule.lowest, threads
        )
        step = tape.step[i] * value if rule.of_loss else tape.step[i]
        if not (math.isfinite(value) and math.isfinite(step)):
            return i, rows, False
        if k % tape.every == 0:
            copy(tape.parameters[rows], W)
            tape.row_iteration[rows] = k
            tape.row_time[rows] = time[0]
            rows += 1
        tape.loss[i] = value
        tape.loss_iteration[i] = k
        tape.loss_time[i] = time[0]
        tape.step[i] = step
        tape.step_iteration[i] = k
        tape.step_time[i] = time[0]
        finite = finite_step(rule, W, memory, dL, step, k, threads)
        time[0] += step
        if not finite:
            return i + 1, rows, False
    return count, rows, True
