"""What a run writes down: rows of parameters, losses and steps, observables, checkpoints."""

from time import monotonic

import numpy as np

from ..kernels import motion
from ..store import Quantity

CHECKPOINT_SECONDS = 0.5  # a killed run loses at most this much, or one block of rows


def quantities(size, dtype, steps, record_every):
    """Quantities that every run records."""
    return [
        Quantity("parameters", (size,), dtype, rows=steps // record_every + 2),
        Quantity("observables/loss", (), np.dtype("f8"), rows=steps + 1),
        Quantity("observables/step", (), np.dtype("f8"), rows=max(steps, 1)),
    ]


class Recorder:
    """Hands the store's free rows to the loop, and writes checkpoints."""

    def __init__(self, store, record_every):
        self.store, self._every = store, record_every
        self._saved = monotonic()

    def room(self, iteration):
        """Steps from an iteration on that fit into the store's free rows."""
        rows = self.store.room("parameters")
        to_next = -iteration % self._every
        return min(to_next + (rows - 1) * self._every + self._every,
                   self.store.room("observables/loss"), self.store.room("observables/step"))

    def tape(self, iteration, count):
        """Free rows for `count` steps from an iteration on."""
        rows = len(range(-iteration % self._every, count, self._every))
        value, row_iteration, row_time = self.store.rows("parameters", rows)
        return motion.Tape(self._every, value, row_iteration, row_time,
                           *self._triple("observables/loss", count),
                           *self._triple("observables/step", count))

    def _triple(self, name, count):
        return self.store.rows(name, count)

    def advance(self, done, rows):
        """Count what the loop has filled."""
        self.store.advance("parameters", rows)
        self.store.advance("observables/loss", done)
        self.store.advance("observables/step", done)

    def end(self, state, loss):
        """The last row: the state that no step follows, its loss on the full potential."""
        for name, row in (("parameters", state.W), ("observables/loss", loss)):
            value, iteration, time = self.store.rows(name, 1)
            value[0], iteration[0], time[0] = row, state.iteration, state.time
            self.store.advance(name, 1)

    def save(self, iteration, time, arrays, force=False):
        """A checkpoint, from time to time."""
        if force or monotonic() - self._saved > CHECKPOINT_SECONDS:
            self.store.checkpoint(iteration, time, arrays)
            self._saved = monotonic()
