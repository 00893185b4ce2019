"""W is moved along g^♯dL: a finite step of every range, in chunks that stay in the cache."""

import math

from ...._compile import absent, by_crew, chosen, field, lacks, part, separate
from ...scalar.mechanics import Aristotle, Langevin, Newton
from ..base.pointwise import all_finite
from ..base.simd import stack
from ..base.views import address
from . import coupling as coupling_kernel
from .mechanics import step_of_mechanics

_CHUNK = 1 << 13  # parameters that one thread moves at a time


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
