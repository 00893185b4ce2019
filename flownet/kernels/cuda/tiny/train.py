"""The kernel: a block of threads takes all the steps of a run, and only then tells the host.

Blocks train so many runs side by side, each with parameters, mechanics and seeds of its own; one
run is one block. Every sum has an order that shapes alone decide.
"""

import math
from collections import namedtuple

import numpy as np

from ...._compile._cuda import cuda, device, load1, store1
from ...layout import CROSS_ENTROPY, QUADRATIC
from ...scalar import philox
from ..base.launch import kernel
from .differential import make_differential, make_gather
from .extras import LANES, make_add_formulas, make_raise_coupled, make_shuffle
from .mechanics import Kind, make_stages
from .pack import BORN, DECAY, HIGH, LOW, OF_LOSS, RADIUS, RUN, SHRINK, SINCE, UNTIL
from .plan import MOST, plan_of

#: what a kernel is made for: the `Plan` of a network, kind of the loss and whether it has no γ, the
#: `Kind` of the mechanics; whether there are mini-batches, layers that the metric couples, and an
#: ascent before each step (SAM)
Variant = namedtuple("Variant", "plan loss plain kind batched coupled climbs")

#: whole numbers of a call: ranges of the metric, formulas, numbers of a run, its memories, numbers
#: of the stiffness from step to step, interval of rows (0: none), whether samples have weights and
#: the temperature a schedule; whole numbers and g^[ij] of a run's coupling; steps, losses kept;
#: samples, and those of a mini-batch
RANGES, TERMS, NUMBERS, MEMORIES, FOLLOWS, EVERY, WEIGHTED, SCHEDULED, PLACES, COUPLINGS = range(10)
COUNT, LOSSES, SAMPLES, BATCH = 10, 11, 12, 13
#: from here on where the arrays of a call begin: behind these numbers its whole ones, which are
#: codes of formulas, places of coupled layers, bounds of ranges, seeds, and whose steps are a
#: run's; among its real ones those of formulas, g^[ij] of coupled layers, inverse stiffness,
#: numbers of runs, temperatures, steps, and times
BEGINS = 14

#: what comes back of a run, and where the next launch takes it up: steps taken, losses and rows
#: kept, whether it goes on, the time, the epoch whose order of samples there is
TAKEN, SEEN, KEPT, GOING, TIME, EPOCH = range(6)
TOLD = 6

_ADAM = Kind("Adaptive", True, True, False, False, False, False)
_WHOLE = Kind("Adaptive", True, True, True, True, False, False)
_HOT = Kind("Newton", *[False] * 5, True)

TAKES = "i8[] f8[] r[] r[] r[] r[] r[] f8[] r[] r[] i8[] i8 i8 i8 i8"


def _train(real, variant):
    """Steps of runs, a block each, see the module; arrays hold one run behind the other.

    A launch takes the steps of a call from the `start`-th on up to the `end`-th.
    """
    plan, kind_of_loss, plain, kind, batched, coupled, climbs = variant
    size, threads, capacity, near = plan.size, plan.threads, plan.capacity, plan.near
    plan_room = plan.room
    differential = make_differential(real, plan, kind_of_loss, plain)
    gather, add_formulas = make_gather(real, plan), make_add_formulas(real)
    raise_coupled, shuffle = make_raise_coupled(real), make_shuffle(real, plan)
    two_normals = device(philox.two_normals, real)
    begin_step, of_range, move = make_stages(kind, real)
    item, hot, turns = np.dtype(real), kind.hot, 1 + climbs
    always = kind.name == "Adaptive"  # whose memories count anew each step
    temperature_at = RUN + (3 if kind.name == "Newton" else 0)

    @cuda.jit(device=True)
    def ascend(u, call, n_at, numbers, places, couplings, bounds, sharps, sh_at, sums):
        """The point W + ρ·g^♯dL/‖dL‖_g behind dL; whether there is one."""
        r, p, ranges = cuda.blockIdx.x, 2 * size, load1(call, RANGES)
        b_at = r * (ranges + 1)
        i = cuda.threadIdx.x
        while i < size:
            store1(u, p + i, load1(u, size + i))
            i += threads
        cuda.syncthreads()
        if coupled:
            raise_coupled(
                places, r * load1(call, PLACES), couplings, r * load1(call, COUPLINGS), u, p
            )
        lane = cuda.threadIdx.x
        while lane < LANES:
            part = 0.0
            for i in range(ranges):
                j, sharp = load1(bounds, b_at + i) + lane, load1(sharps, sh_at + i)
                while j < load1(bounds, b_at + i + 1):
                    part += sharp * float(load1(u, size + j)) * float(load1(u, p + j))
                    j += LANES
            store1(sums, lane, part)
            lane += threads
        cuda.syncthreads()
        square = 0.0
        for lane in range(LANES):
            square += load1(sums, lane)
        if square > 0:
            for i in range(ranges):
                ascent = load1(numbers, n_at + RADIUS) / math.sqrt(square)
                along = real(ascent * load1(sharps, sh_at + i))
                j = load1(bounds, b_at + i) + cuda.threadIdx.x
                while j < load1(bounds, b_at + i + 1):
                    store1(u, p + j, load1(u, j) + along * load1(u, p + j))
                    j += threads
        cuda.syncthreads()
        return square > 0

    @cuda.jit(device=True)
    def finite_step(
        u, call, n_at, numbers, begun, temperature, places, couplings, bounds, sharps, sh_at,
        memory, h, seed, iteration,
    ):  # fmt: skip
        """W ← W − step·g^♯dL (TM 39), or a step with memory; whether a number is not finite."""
        r, ranges = cuda.blockIdx.x, load1(call, RANGES)
        b_at, m_at = r * (ranges + 1), r * load1(call, MEMORIES) * size
        decay, shrink, bad = real(load1(numbers, n_at + DECAY)), load1(numbers, n_at + SHRINK), 0
        if coupled:
            if decay != 0:
                i = cuda.threadIdx.x
                while i < size:
                    store1(u, size + i, load1(u, size + i) + decay * load1(u, i))
                    i += threads
                decay = real(0)
                cuda.syncthreads()
            raise_coupled(
                places, r * load1(call, PLACES), couplings, r * load1(call, COUPLINGS), u, size
            )
        for i in range(ranges):
            sharp = load1(sharps, sh_at + i)
            if sharp != 0:
                of = of_range(numbers, n_at + RUN, 1, begun, sharp, h, temperature)
                keep, heat = real(1 - shrink * h * sharp), of[-1]
                j, end = load1(bounds, b_at + i), load1(bounds, b_at + i + 1)
                j += cuda.threadIdx.x
                while j < end:
                    w, noise = load1(u, j), real(0)
                    dL = load1(u, size + j) + decay * w
                    if shrink != 0:
                        w *= keep
                    if hot and heat > 0:
                        even, odd = two_normals(j >> 1, iteration, seed)
                        noise = real(heat * (odd if j & 1 else even))
                    w = move(of, w, dL, memory, m_at + j, size, noise)
                    if not math.isfinite(w):
                        bad = 1
                    store1(u, j, w)
                    j += threads
        return cuda.syncthreads_or(bad)

    @cuda.jit(device=True)
    def copy(out, o_at, a, a_at):
        i = cuda.threadIdx.x
        while i < size:
            store1(out, o_at + i, load1(a, a_at + i))
            i += threads

    def block(call, floats, x, y, weights, gamma, W, told, room, rows, order, first, start, end, R):
        codes_of, places = call[load1(call, BEGINS) :], call[load1(call, BEGINS + 1) :]
        bounds, seeds = call[load1(call, BEGINS + 2) :], call[load1(call, BEGINS + 3) :]
        which, formulas = call[load1(call, BEGINS + 4) :], floats[load1(call, BEGINS + 5) :]
        couplings, sharps = floats[load1(call, BEGINS + 6) :], floats[load1(call, BEGINS + 7) :]
        numbers, temperatures = floats[load1(call, BEGINS + 8) :], floats[load1(call, BEGINS + 9) :]
        steps, times = floats[load1(call, BEGINS + 10) :], floats[load1(call, BEGINS + 11) :]
        memory, loss = W[R * size :], told[TOLD * R :]
        losses = cuda.shared.array(MOST, np.float64)
        sums = cuda.shared.array(LANES, np.float64)
        r, t = cuda.blockIdx.x, cuda.threadIdx.x
        m, batch = load1(call, SAMPLES), load1(call, BATCH)
        weighted, factor = load1(call, WEIGHTED) != 0, load1(formulas, 0)
        far = r * plan_room
        u = cuda.shared.array(0, item) if near else room[far:]  # as many as the launch says
        n_at, sh_at = r * load1(call, NUMBERS), r * load1(call, RANGES)
        copy(u, 0, W, r * size)
        there = not batched and capacity >= m
        if there:
            gather(u, x, y, weights, weighted, order, -1, 0, m)
        cuda.syncthreads()
        count, time, epoch, before = load1(call, COUNT), load1(times, r), -1, math.nan
        path, kept_losses = load1(which, r) * count, load1(call, LOSSES)
        taken, seen, kept, going, begin, samples = 0, 0, 0, 1, -1, m
        if start > 0:
            taken, seen = int(load1(told, TOLD * r + TAKEN)), int(load1(told, TOLD * r + SEEN))
            kept, going = int(load1(told, TOLD * r + KEPT)), int(load1(told, TOLD * r + GOING))
            time, epoch = load1(told, TOLD * r + TIME), int(load1(told, TOLD * r + EPOCH))
        begun = begin_step(numbers, n_at + RUN, 1, 0.0, 1)
        while going != 0 and taken < end:
            if not (load1(numbers, n_at + SINCE) <= time and time < load1(numbers, n_at + UNTIL)):
                break
            k = first + taken
            if batched:
                per_epoch = (m + batch - 1) // batch
                if k // per_epoch != epoch:
                    epoch = k // per_epoch
                    shuffle(order, 2 * r * m, m, load1(seeds, 2 * r + 1), epoch, u)
                begin = 2 * r * m + (k - epoch * per_epoch) * batch
                samples = min(batch, 2 * r * m + m - begin)
            h, ended, w_at, follow = (
                load1(steps, path + taken),
                False,
                0,
                sh_at + taken * load1(call, FOLLOWS),
            )
            for turn in range(turns):  # the second one, of SAM, for dL at another point
                value = factor * differential(
                    u, w_at, x, y, weights, weighted, order, begin, samples, there, gamma,
                    load1(formulas, 1), losses, sums,
                )  # fmt: skip
                if factor != 1.0:
                    i = t
                    while i < size:
                        store1(u, size + i, load1(u, size + i) * real(factor))
                        i += threads
                cuda.syncthreads()
                value = add_formulas(
                    codes_of, formulas, load1(call, TERMS), value, u, w_at, size, sums
                )
                if turn == 0:
                    if load1(numbers, n_at + OF_LOSS) != 0:
                        h *= value
                    finite = math.isfinite(value) and math.isfinite(h)
                    if finite:
                        seen = taken + 1
                        if t == 0:
                            store1(loss, r * kept_losses + taken % kept_losses, value)
                    low, high = load1(numbers, n_at + LOW), load1(numbers, n_at + HIGH)
                    ended = not (finite and low < value and value <= high)
                    if ended:
                        break
                    if climbs:
                        w_at = 2 * size
                        if not ascend(
                            u, call, n_at, numbers, places, couplings, bounds, sharps, follow,
                            sums,
                        ):  # fmt: skip
                            break
            if ended:
                going = 0
                break
            if load1(call, EVERY) > 0 and k % load1(call, EVERY) == 0:
                copy(rows, kept * size, u, 0)
                kept += 1
                cuda.syncthreads()  # before W moves
            iteration = k - int(load1(numbers, n_at + BORN))
            if always or h != before or iteration < 2:
                begun = begin_step(numbers, n_at + RUN, 1, h, iteration + 1)
                before = h
            temperature = 0.0
            if hot:
                temperature = load1(numbers, n_at + temperature_at)
                if load1(call, SCHEDULED) != 0:
                    temperature = load1(temperatures, taken)
            bad = finite_step(
                u, call, n_at, numbers, begun, temperature, places, couplings, bounds, sharps,
                follow, memory, h, load1(seeds, 2 * r), iteration,
            )  # fmt: skip
            taken += 1
            time += h
            if bad != 0:
                going = 0
        copy(W, r * size, u, 0)
        if t == 0:
            store1(told, TOLD * r + TAKEN, float(taken))
            store1(told, TOLD * r + SEEN, float(seen))
            store1(told, TOLD * r + KEPT, float(kept))
            store1(told, TOLD * r + GOING, float(going))
            store1(told, TOLD * r + TIME, time)
            store1(told, TOLD * r + EPOCH, float(epoch))

    return block


_DIGITS = plan_of((64, 32, 10), (1, 0), True, 64, np.float32, 2, 256)
_DEEP = plan_of((2, 5, 6, 7, 3), (2, 3, 4, 5), False, 20, np.float32, 2, 32)
_FAR = plan_of((784, 128, 10), (7, 0), True, 64, np.float32, 3, 128)
_FEW = [
    (Variant(_DIGITS, CROSS_ENTROPY, True, _ADAM, True, False, False),),
    (Variant(_DEEP, QUADRATIC, False, _WHOLE, False, False, False),),
]
_MORE = [(Variant(_FAR, CROSS_ENTROPY, True, _HOT, True, True, True),)]
#: three blocks of a processor share its registers, or two where a variant wants more of them; a run
#: alone has twice the threads
_with_few = kernel(TAKES, variants=_FEW, launch_bounds=(128, 3))(_train)
_with_more = kernel(TAKES, variants=_MORE, launch_bounds=(128, 2))(_train)
_alone = kernel(TAKES, variants=[*_FEW, *_MORE], launch_bounds=(256, 1))(_train)


def trained_by(variant, alone):
    """The `Kernel` of a variant, for one run or for many."""
    wants_more = variant.climbs or variant.coupled or not variant.plan.near
    return _alone if alone else _with_more if wants_more else _with_few
