"""What a run writes down: rows of parameters, losses and steps, observables, checkpoints."""

from time import monotonic

from ..kernels.layout import Tape
from ..store._layout import Quantity
from ._storage import refuse_other_rows

LOSS = "observables/loss"
CHECKPOINT_SECONDS = 0.5  # a killed run loses at most this much, or one block of rows
_SHARE, _SOON = 0.05, 0.025  # of the time for checkpoints, where one takes longer than so many s


def quantities(loop, steps, record_every):
    """Quantities that every run records, and what its loop tells of each step."""
    W = loop.W
    return [
        Quantity("parameters", W.shape, W.dtype, rows=steps // record_every + 2),
        Quantity(LOSS, rows=steps + 1),
        *columns_of_steps(loop, steps),
    ]


def columns_of_steps(loop, steps):
    """Quantities of each step; a stiffness may begin later than the run, and has its own clock."""
    shapes = {"step": (), **loop.extra}
    return [
        Quantity(name, shape, rows=max(steps, 1), clock=None if shape else LOSS)
        for name, shape in zip(_of_steps(loop), shapes.values())
    ]


def _of_steps(loop):
    return [f"observables/{name}" for name in ("step", *loop.extra)]


class Recorder:
    """Hands the store's free rows to the loop, and writes checkpoints."""

    def __init__(self, store, loop, record_every):
        refuse_other_rows(store, quantities(loop, 1, record_every))
        self.store, self._every, self._of_steps = store, record_every, _of_steps(loop)
        self._saved, self._took, self._apart = monotonic(), 0.0, []

    def room(self, iteration):
        """Steps from an iteration on that fit into the store's free rows."""
        rows = self.store.room("parameters")
        to_next = -iteration % self._every
        return min(
            to_next + rows * self._every,
            self.store.room(LOSS),
            *map(self.store.room, self._of_steps),
        )

    def tape(self, iteration, count):
        """Free rows for `count` steps from an iteration on: a tape, and more columns."""
        rows = len(range(-iteration % self._every, count, self._every))
        value, row_iteration, row_time = self.store.rows("parameters", rows)
        loss, *clock = self.store.rows(LOSS, count)
        columns = {name: self.store.rows(name, count) for name in self._of_steps}
        # files of earlier versions hold iteration and time of such a quantity apart
        self._apart = [
            (own, shared)
            for name, (_, *owns) in columns.items()
            if self.store.clocks[name] == name
            for own, shared in zip(owns, clock)
        ]
        step, *extra = (value for value, _, _ in columns.values())
        return Tape(self._every, value, row_iteration, row_time, loss, *clock, step), *extra

    def advance(self, done, rows):
        """Count what the loop has filled."""
        for own, shared in self._apart:
            own[:done] = shared[:done]
        self.store.advance("parameters", rows)
        self.store.advance(LOSS, done)
        for name in self._of_steps:
            self.store.advance(name, done)

    def end(self, state, loss):
        """The last row: the state that no step follows, its loss on the full potential."""
        self.row(state.W, state.iteration, state.time)
        self.row(loss, state.iteration, state.time, LOSS)

    def row(self, value, iteration, time, name="parameters"):
        """One row more."""
        for place, number in zip(self.store.rows(name, 1), (value, iteration, time)):
            place[0] = number
        self.store.advance(name, 1)

    def save(self, iteration, time, arrays, force=False):
        """A checkpoint, from time to time: large ones less often."""
        began = monotonic()
        wait = CHECKPOINT_SECONDS + max(0.0, self._took - _SOON) / _SHARE
        if force or began - self._saved > wait:
            self.store.checkpoint(iteration, time, arrays)
            self._saved = monotonic()
            self._took = self._saved - began
