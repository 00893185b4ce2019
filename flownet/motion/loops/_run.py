"""A run under way: blocks of compiled steps, with observables and checkpoints between them."""

import warnings
from collections import namedtuple
from time import perf_counter

import numpy as np

from ... import _progress
from ...model.potential import stands_still
from ...store.trajectory import ENDING
from .._recorder import Recorder
from ._earlier import Earlier
from ._interrupt import RETURN, interrupts
from ._state import State

_BLOCK_SECONDS = 0.1  # of compiled steps between two looks at the clock and at Ctrl-C
_GROWTH = 8  # of a block after another at most: a first one also waits for what is compiled
DONE, DIVERGED, STOPPED, INTERRUPTED = range(4)  # why a run takes no more steps
Point = namedtuple("Point", "W iteration time")


def arrays_of(loop, watching):
    """What the next step and the next rows depend on, by name; written to, they set it.

    `watching` are observers, stop conditions, and what keeps the best state.
    """
    return {name: array for part in (loop, *watching) for name, array in part.arrays.items()}


class Run:
    """A run under way, from an iteration on.

    `again` makes the same loop at parameters W (D,) and a time, to take a few steps once more.

    Attributes
    ----------
    arrays : dict
        What a checkpoint keeps.
    """

    def __init__(
        self,
        store,
        loop,
        potential,
        iteration,
        steps,
        at,
        record_every,
        observers,
        stop=(),
        best=None,
        on_interrupt="raise",
        again=None,
    ):
        self.potential, self.steps, self.observers = potential, steps, observers
        self._stop, self._best, self._on_interrupt = stop, best, on_interrupt
        self._watching = [*observers, *stop, *([best] if best else [])]
        self._ending = np.zeros(2)  # which condition from 1 on, or −1 for Ctrl-C; its number
        self.arrays = arrays_of(loop, self._watching)
        if ENDING in store.checkpoint_forms:  # files of earlier versions do not keep it
            self.arrays[ENDING] = self._ending
        self.recorder, self.loop = Recorder(store, loop, record_every), loop
        self._earlier = Earlier(again, record_every)
        self.at = at
        self.iteration, self._last_loss = iteration, None

    @property
    def state(self):
        """The state now."""
        return State(self.iteration, self.loop.time, self.loop, self.at)

    def go(self, progress):
        """Take the steps that are left, and finish the store; leave it resumable if stopped."""
        store = self.recorder.store
        with interrupts() as pressed:
            try:
                if self.recorder.store.slot() is None:
                    self._save(force=True)
                why = self._steps(progress, pressed)
                if why == INTERRUPTED and self._on_interrupt != RETURN:
                    self._save(force=True)
                    raise KeyboardInterrupt
                finite = why != DIVERGED and self._end()
                if not finite:
                    self._earlier.record_last(self.recorder, self.iteration)
                if why == INTERRUPTED:
                    store.close()
                else:
                    store.finish(diverged_at=None if finite else self.iteration)
            except KeyboardInterrupt:  # rows since the last checkpoint will be made again
                if self._on_interrupt == RETURN and store.slot() is not None:
                    self._back_to_checkpoint()
                    return
                store.close()
                raise
            except BaseException:
                store.close()
                raise
        if pressed() and why != INTERRUPTED and self._on_interrupt != RETURN:
            raise KeyboardInterrupt  # too late for this run, not for what comes after it

    def _back_to_checkpoint(self):
        """Leave the run where its last checkpoint is: something was interrupted in the middle."""
        store = self.recorder.store
        store.truncate()
        kept = store.slot()
        if ENDING in kept.arrays:
            kept.arrays[ENDING][:] = -1, kept.iteration
            store.checkpoint(kept.iteration, kept.time, kept.arrays)
        there = Point(kept.arrays["parameters"], kept.iteration, kept.time)
        self.recorder.end(there, self.potential.value(there.W))
        store.close()

    def _save(self, force=False):
        self.recorder.save(self.iteration, self.loop.time, self.arrays, force)

    def _end(self):
        """The last row, behind the last checkpoint: a longer run makes it anew."""
        if self._best is not None:
            self._best.look(self.state, self.potential)
        self._save(force=True)
        loss = self.potential.value(self.loop.W)
        if not np.isfinite(loss):
            return False
        self._observe(last=True)
        self.recorder.end(self.state, loss)
        self._warn_if_still(loss)
        return True

    def _warn_if_still(self, loss):
        """Say that no step moves W; looked at where the last ones gained nothing."""
        if not (self._last_loss is not None and abs(self._last_loss - loss) <= 1e-12 * abs(loss)):
            return
        W, metric = self.loop.W, self.state.metric
        if not metric.depends_on_point and stands_still(self.potential, W, metric.free):
            warnings.warn(
                f"the run stands still at a loss of {loss:.4g}: dL is 0 to the last bit, and W no "
                "minimum (units are saturated or dead, or it is a saddle): start from smaller or "
                "other parameters, or take shorter steps.",
                RuntimeWarning,
                stacklevel=5,  # where the run was asked for
            )

    def _steps(self, progress, pressed):
        """Steps until the last one, or until something ends the run: why it ends."""
        block, seconds = 1, 0.0
        with _progress.bar(self.steps, self.iteration, shown=progress) as show:
            while self.iteration < self.steps:
                if pressed():
                    self._ending[:] = -1, self.iteration
                    return INTERRUPTED
                self._observe()
                if self._is_stopped():
                    return STOPPED
                count = min(
                    block,
                    self.steps - self.iteration,
                    self._to_next(),
                    self.recorder.room(self.iteration),
                )
                self._earlier.look(self.iteration, self.loop)
                began = perf_counter()
                tape, *extra = self.recorder.tape(self.iteration, count)
                done, rows, finite = self.loop.advance(self.iteration, count, tape, *extra)
                seconds = perf_counter() - began
                self._last_loss = tape.loss[done - 1] if done else None
                self._earlier.moved(done)
                self.recorder.advance(done, rows)
                self.iteration += done
                if not finite:
                    return DIVERGED
                self._save()
                show(self.iteration)
                if count == block:
                    longer = _BLOCK_SECONDS / max(seconds, 1e-9)
                    block = max(1, int(block * min(_GROWTH, longer)))
        return DONE

    def _to_next(self):
        """Steps until somebody wants to look."""
        return min((w.every - self.iteration % w.every for w in self._watching), default=self.steps)

    def _observe(self, last=False):
        """Record the observables that are due."""
        for observer in self.observers:
            if self.iteration % observer.every == 0 or last:
                observer.record(self.recorder.store, self.state)

    def _is_stopped(self):
        """Whether one of the conditions that are due ends the run; all of them look."""
        state, met = self.state, []
        if self._best is not None and self.iteration % self._best.every == 0:
            self._best.look(state, self.potential)
        for i, watch in enumerate(self._stop, start=1):
            if self.iteration % watch.every == 0:
                ends, number = watch.look(state, self.potential)
                met += [(i, number)] if ends else []
        if met:
            self._ending[:] = met[0]
        return bool(met)
