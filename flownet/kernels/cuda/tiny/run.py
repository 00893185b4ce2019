"""Steps of runs by a block each: what the kernel is told, its launches, and what comes back."""

from collections import namedtuple

import numpy as np

from ...._compile._cuda import SIMULATED
from ...._compile._cuda_copy import download, upload
from ...layout import OWN
from ..base.current import stream
from ..base.mirror import fetch, lasting, mirror
from .pack import couples_few, formulas_of, kind, runs_of
from .plan import plan_of
from .rows import RowsBack, ends_of
from .train import GOING, KEPT, SEEN, TAKEN, TIME, TOLD, Variant, trained_by

#: threads of a block at least, and at most: of one of many runs, and of a run alone
_LEAST, _MOST = (4, {False: 4, True: 4}) if SIMULATED else (32, {False: 128, True: 256})
#: floating-point operations of a step up to which a run is quicker in one block than in launches
#: over the whole device, if all of it lies in shared memory, and if not. On an H200 a block takes
#: 15 to 18 µs for a million of them, launches not less than some 30 µs; the second is an estimate
SMALL = {True: 2e6, False: 1e6}

#: what came back: losses (R, losses), and of each run how many it has seen, the steps taken, the
#: rows kept, and whether it goes on, (R,) each
Came = namedtuple("Came", "loss seen taken kept going")

_plans = {}


def plan_for(net, m, batch, dtype, climbs, alone):
    """`Plan` of runs of a network, made once.

    Parameters
    ----------
    climbs : bool
        Whether there is an ascent before each step.
    alone : bool
        Whether one run is all there is: then a thread does as little as can be.
    """
    key = (
        net.sizes.tobytes(), net.bias.tobytes(), net.activation.tobytes(), m, batch,
        np.dtype(dtype), climbs, alone,
    )  # fmt: skip
    if key not in _plans:
        widest, rows = int(net.sizes[1:].max()), min(batch or m, 128)
        threads = _LEAST
        while threads < _MOST[alone] and threads * (1 if alone else 16) < widest * rows:
            threads *= 2
        sizes, codes = tuple(net.sizes.tolist()), tuple(net.activation.tolist())
        _plans[key] = plan_of(
            sizes, codes, bool(net.bias[-1] >= 0), batch or m, dtype, 2 + climbs, threads
        )
    return _plans[key]


def is_small(problem, rule):
    """Whether one block is the quicker way for a run."""
    net, batches = problem.net, problem.batches
    if net is None or net.origin is not None or problem.loss.coupling.size:
        return False
    if rule.pairs is not None or (problem.terms.code >= OWN).any() or not couples_few(rule):
        return False
    rows, m = int(batches.size), len(problem.data.x)
    plan = plan_for(net, m, rows, problem.data.x.dtype, rule.ascent is not None, True)
    flops = 6.0 * (rows or m) * float(net.sizes[:-1] @ net.sizes[1:])
    return flops <= SMALL[plan.near]


def variant_of(plan, loss, rule, batched):
    """`Variant` of the kernel that runs want."""
    return Variant(
        plan=plan,
        loss=int(loss.kind),
        plain=loss.gamma.size == 0,
        kind=kind(rule),
        batched=batched,
        coupled=rule.coupling is not None,
        climbs=rule.ascent is not None,
    )


def take_steps(
    problem, rule, W, memory, time, steps, first, *, which, low, high, losses, every=0, rows=None
):
    """Steps of R runs from iteration `first` on; `Came`. W, memory and time change.

    Parameters
    ----------
    rule : Rule
        Of one run, or of all, stacked along a first axis.
    W, memory, time : arrays (R, D), (R, memories, D), (R,)
    steps : array (P, count)
        To take, or what the loss multiplies.
    which : array (R,)
        Whose row of them is a run's.
    low, high : arrays (R,)
        A run goes on while its loss is above `low` and not above `high`.
    losses : int
        How many come back, the last ones: that of the i-th step stands in column i mod `losses`.
    every : int
        Of one run: each `every`-th W goes to `rows` (n, D).
    """
    net, loss, data, batches = problem.net, problem.loss, problem.data, problem.batches
    R, count = len(W), steps.shape[1]
    m, batch = len(data.x), _batch(batches)
    plan = plan_for(net, m, batch, W.dtype, rule.ascent is not None, R == 1)
    runs = runs_of(rule, batches, low, high, first)
    ranges, memories = runs.bounds.shape[1] - 1, memory.shape[1]
    call = [
        ranges, len(problem.terms.code), runs.numbers.shape[1], memories,
        0 if rule.sharps is None else ranges, every, data.weights.size > 0,
        rule.temperatures is not None, runs.places.shape[1], runs.couplings.shape[1], count, losses,
        m, batch,
    ]  # fmt: skip
    whole = problem.terms.code, runs.places, runs.bounds, runs.seeds, which
    real = (
        formulas_of(problem.terms, loss), runs.couplings, runs.sharps, runs.numbers,
        runs.temperatures, steps, time,
    )  # fmt: skip
    state, told = _flat([W, memory], W.dtype), np.empty(R * (TOLD + losses))
    sent = {  # which lives until all of it is there
        "whole": _flat([call, *_begins(call, whole, real), *whole], np.int64),
        "real": _flat(real, np.float64),
        "state": state,
    }
    there = {name: lasting(name, flat.size, flat.dtype) for name, flat in sent.items()}
    for name, flat in sent.items():
        upload(flat, there[name], stream())
    out, room = lasting("told", told.size, np.float64), 1 if plan.near else R * plan.room
    back, begun = RowsBack(rows, W.dtype), 0
    variant = variant_of(plan, loss, rule, batch > 0)
    kernel = trained_by(variant, R == 1).of(W.dtype, variant)
    launch = kernel[R, plan.threads, stream(), plan.room * W.itemsize if plan.near else 0]
    arrays = (
        there["whole"], there["real"], mirror(data.x), mirror(data.y), mirror(data.weights),
        mirror(loss.gamma), there["state"], out, lasting("room", room, W.dtype), back.there,
        lasting("order", 2 * R * m if batch else 1, np.int64),
    )  # fmt: skip
    for end in ends_of(count, first, every, rows):
        launch(*arrays, first, begun, end, R)
        back.send(len(range(-first % every, end, every)) if every else 0)
        begun = end
    back.take()
    download(out, told, stream())
    fetch(there["state"], state)
    W[:], memory[:] = state[: W.size].reshape(W.shape), state[W.size :].reshape(memory.shape)
    of_run, loss = told[: R * TOLD].reshape(R, TOLD), told[R * TOLD :].reshape(R, losses)
    time[:], (taken, seen, kept) = of_run[:, TIME], np.int64(of_run[:, [TAKEN, SEEN, KEPT]]).T
    return Came(without(loss, seen), seen, taken, kept, of_run[:, GOING] != 0)


def _flat(arrays, dtype):
    """Arrays behind one another, as one of a type."""
    return np.concatenate([np.asarray(array, dtype).reshape(-1) for array in arrays])


def _begins(call, whole, real):
    """Where the whole numbers' arrays begin, behind these places and those of the call; and where
    the real ones' do."""
    of_whole = [len(call) + len(whole) + len(real), *map(np.size, whole[:-1])]
    return *np.cumsum(of_whole), *np.cumsum([0, *map(np.size, real[:-1])])


def without(loss, seen):
    """Losses (R, count), of which each run has `seen` so many (R,); nan behind them."""
    short = np.flatnonzero(seen < loss.shape[1])
    behind = np.arange(loss.shape[1]) >= seen[short, None]
    loss[short] = np.where(behind, np.nan, loss[short])
    return loss


def _batch(batches):
    return int(batches.size) if batches is not None else 0


def fetched(array, shape, dtype):
    """What an array of the device holds, on the host."""
    out = np.empty(int(np.prod(shape)), dtype)
    fetch(array, out)
    return out.reshape(shape)


def advance(problem, rule, tape, W, memory, dL, time, first, count, done, threads):
    """`motion.steps.advance` of a small run: it returns to the host when all steps are taken."""
    steps = np.array(tape.step[:count])[None]
    wanted = len(range(-first % tape.every, count, tape.every))
    rows = tape.parameters[:wanted]
    before, times = float(time[0]), np.array(time)
    came = take_steps(
        problem, rule, W[None], memory[None], times, steps, first,
        which=np.zeros(1, np.int64), low=np.full(1, -np.inf), high=np.full(1, np.inf),
        losses=count, every=tape.every, rows=rows,
    )  # fmt: skip
    n, kept = int(came.taken[0]), int(came.kept[0])
    took = steps[0, :n] * came.loss[0, :n] if rule.of_loss else steps[0, :n]
    at = np.add.accumulate(np.concatenate([[before], took]))
    tape.loss[:n], tape.step[:n] = came.loss[0, :n], took
    tape.iteration[:n], tape.time[:n] = np.arange(first, first + n), at[:n]
    kept_at = np.arange(-first % tape.every, n, tape.every)[:kept]
    tape.row_iteration[:kept], tape.row_time[:kept] = first + kept_at, at[kept_at]
    time[0] = times[0]
    done[0], done[1], done[2] = n, kept, came.going[0]
