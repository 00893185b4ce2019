"""Many finite steps a call: all are launched, and but for rows nothing comes back until the end."""

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
        self.m = 0 if problem.net is None else problem.data.x.shape[0]
        self._samples = None if problem.net is None else samples_of(problem.data)

    def of(self, i, at):
        """Samples of step i of the block, and how many."""
        return self._samples, self.m


class _Batched:
    """A mini-batch for each step of a block, in the order of its epoch."""

    def __init__(self, problem, first, count):
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
        self._order = mirror.fresh(np.concatenate(orders))
        self._begin = mirror.fresh(begin + (epochs - epochs[0]) * m)

    def of(self, i, at):
        """Samples of step i of the block, gathered, and how many."""
        rows = self._rows[i]
        return gather(self._work, self._data, self._order, self._begin, at, rows), rows


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
    batched = problem.net is not None and problem.batches.size > 0
    batches = _Batched(problem, first, count) if batched else _Full(problem)
    run = mirror.kept(dL, lambda: Run(W.size, W.dtype, len(memory)))
    run.begin(rule, W, memory, first, time[0])
    run.block(tape.step[:count], len(problem.terms.code))
    run.rows.begin(tape.parameters)
    for i in range(count):
        samples, m = batches.of(i, run.next)
        run.step(problem, rule, samples, m, (first + i) % tape.every == 0)
    run.rows.end()
    _record(run, tape, first, time, done)
    run.end(W, memory)


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
