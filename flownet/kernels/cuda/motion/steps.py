"""Many finite steps a call: all are launched, and but for rows nothing comes back until the end."""

from functools import partial

import numpy as np

from ...cpu.motion.shuffle import shuffle
from ..base import mirror
from ..network.batch import gather
from ..network.passes import samples_of
from .clock import BAD, NEXT, NOT_FINITE, OVER, TIME
from .run import Run

_ORDERS = 1 << 24  # numbers of the orders of epochs that are on the device at once


class _Full:
    """All samples, at every step."""

    def __init__(self, problem):
        self._m = 0 if problem.net is None else problem.data.x.shape[0]
        self._samples = None if problem.net is None else samples_of(problem.data)

    def size(self, i):
        """How many samples there are."""
        return self._m

    def samples(self, m):
        """All of them."""
        return self._samples


class _Batched:
    """A mini-batch for each step of a block, in the order of its epoch."""

    def __init__(self, run, problem, first, count):
        self._work, self._data = problem.work, problem.data
        batches, m = problem.batches, problem.data.x.shape[0]
        per_epoch = -(-m // batches.size)
        epochs, place = np.divmod(np.arange(first, first + count), per_epoch)
        orders = []
        for epoch in range(epochs[0], epochs[-1] + 1):
            if batches.epoch[0] != epoch:
                shuffle(batches.order, batches.seed, epoch)
                batches.epoch[0] = epoch
            orders.append(batches.order.copy())
        begin = place * batches.size
        self._rows = np.minimum(batches.size, m - begin).tolist()
        self._order = run.put("order", np.concatenate(orders))
        self._begin = run.put("begin", begin + (epochs - epochs[0]) * m)
        self._at = run.at

    def size(self, i):
        """How many samples step i of the block has."""
        return self._rows[i]

    def samples(self, m):
        """Samples of the next step, gathered."""
        return gather(self._work, self._data, self._order, self._begin, self._at, m)


def _worth(problem, rule, steps, time, first):
    """How many of the steps to launch: within the time of the metric, and a few epochs."""
    count = len(steps)
    if not rule.of_loss and rule.until < np.inf:
        begins = np.add.accumulate(np.concatenate([[time], steps[:-1]]))
        count = max(1, int((begins < rule.until).sum()))
    size = problem.batches.size
    if size and problem.net is not None:
        m = problem.data.x.shape[0]
        per_epoch = -(-m // size)
        count = min(count, max(1, _ORDERS // m) * per_epoch - first % per_epoch)
    return count


def advance(problem, rule, tape, W, memory, dL, time, first, count, done, threads):
    """Steps `first` … `first + count − 1`, recorded; into `done` (3,): the steps taken, rows kept,
    and whether all stayed finite. A state whose loss, parameters or step are not finite is not
    recorded. It may take fewer, at least to where the metric of its rule is no longer that of the
    time."""
    if not rule.since <= time[0] < rule.until:
        done[:] = 0, 0, 1
        return
    count = _worth(problem, rule, tape.step[:count], time[0], first)
    run = mirror.kept(dL, lambda: Run(W.size, W.dtype, len(memory)))
    run.begin(rule, W, memory, first, time[0], every=tape.every)
    run.block(tape.step[:count], len(problem.terms.code))
    run.rows.begin(tape.parameters)
    batched = problem.net is not None and problem.batches.size > 0
    batches = _Batched(run, problem, first, count) if batched else _Full(problem)
    kind = _kind(problem, rule)
    for i in range(count):
        m, row = batches.size(i), (first + i) % tape.every == 0
        if row:
            run.rows.make_room()
        run.take((kind, m, row), partial(_step, run, problem, rule, batches, m, row))
    run.rows.end()
    _record(run, tape, first, time, done)
    run.end(W, memory)


def _step(run, problem, rule, batches, m, row):
    run.step(problem, rule, batches.samples(m), m, row)


def _kind(problem, rule):
    """What the launches of a step are given that is not on the device, beside its samples.

    The workspace itself, not its identity: as long as a graph is kept, so are its buffers.
    """
    terms = problem.terms
    formulas = terms.factor, terms.code.tobytes(), terms.parameters.tobytes()
    mechanics = type(rule.numbers), rule.numbers, rule.pairs, rule.temperatures is None
    ascent = None if rule.ascent is None else rule.ascent.radius
    coupling = None if rule.coupling is None else _Same(rule.coupling.sharp)
    data = None if problem.data is None else _Same(problem.data.x)
    of_rule = rule.since, rule.until, rule.of_loss, rule.lowest, rule.decay, ascent, coupling
    return problem.work, data, formulas, mechanics, of_rule


class _Same:
    """An array that is equal to itself alone, and lives as long as somebody remembers it."""

    def __init__(self, array):
        self._array = array

    def __eq__(self, other):
        return isinstance(other, _Same) and self._array is other._array

    def __hash__(self):
        return id(self._array)


def _record(run, tape, first, time, done):
    """Losses, steps and times of a block, and what became of it."""
    at, clock = run.found()
    taken = int(at[NEXT])
    for array, column in ((run.loss, tape.loss), (run.times, tape.time), (run.steps, tape.step)):
        found = np.empty(taken)
        mirror.fetch(array, found)
        column[:taken] = found
    tape.iteration[:taken] = np.arange(first, first + taken)
    kept = np.arange(-first % tape.every, taken, tape.every)
    tape.row_iteration[: len(kept)] = first + kept
    tape.row_time[: len(kept)] = tape.time[kept]
    time[0] = clock[TIME]
    done[:] = taken, len(kept), at[OVER] != NOT_FINITE and at[BAD] == 0
