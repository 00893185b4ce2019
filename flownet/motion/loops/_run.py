"""A run under way: blocks of compiled steps, with observables and checkpoints between them."""

import warnings
from time import perf_counter

import numpy as np

from ... import _progress
from ...model.potential import stands_still
from .._recorder import Recorder
from ._state import State

_BLOCK_SECONDS = 0.1  # of compiled steps between two looks at the clock and at Ctrl-C


def arrays_of(loop, observers):
    """What the next step and the next rows depend on, by name; written to, they set it."""
    return {name: array for part in (loop, *observers) for name, array in part.arrays.items()}


class Run:
    """A run under way, from an iteration on."""

    def __init__(
        self, store, loop, potential, metric, iteration, steps, at, record_every, observers
    ):
        self.potential, self.steps, self.observers = potential, steps, observers
        self.metric, self.arrays = metric, arrays_of(loop, observers)
        self.recorder, self.loop = Recorder(store, loop, record_every), loop
        self.at = at
        self.iteration, self._last_loss = iteration, None

    @property
    def state(self):
        """The state now."""
        return State(self.iteration, self.loop.time, self.loop, self.at)

    def go(self, progress):
        """Take the steps that are left, and finish the store; leave it resumable if stopped."""
        store = self.recorder.store
        try:
            if self.iteration == 0:
                self._save(force=True)
            finite = self._steps(progress) and self._end()
            store.finish(diverged_at=None if finite else self.iteration)
        except BaseException:  # Ctrl-C too: rows since the last checkpoint will be made again
            store.close()
            raise

    def _save(self, force=False):
        self.recorder.save(self.iteration, self.loop.time, self.arrays, force)

    def _end(self):
        """The last row, behind the last checkpoint: a longer run makes it anew."""
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
        W, metric = self.loop.W, self.metric.at(self.loop.time)
        if not metric.depends_on_point and stands_still(self.potential, W, metric.free):
            warnings.warn(
                f"the run stands still at a loss of {loss:.4g}: dL is 0 to the last bit, and W no "
                "minimum (units are saturated or dead, or it is a saddle): start from smaller or "
                "other parameters, or take shorter steps.",
                RuntimeWarning,
                stacklevel=5,  # where the run was asked for
            )

    def _steps(self, progress):
        block, seconds = 1, 0.0
        with _progress.bar(self.steps, self.iteration, shown=progress) as show:
            while self.iteration < self.steps:
                self._observe()
                count = min(
                    block,
                    self.steps - self.iteration,
                    self._to_next(),
                    self.recorder.room(self.iteration),
                )
                began = perf_counter()
                tape, *extra = self.recorder.tape(self.iteration, count)
                done, rows, finite = self.loop.advance(self.iteration, count, tape, *extra)
                seconds = perf_counter() - began
                self._last_loss = tape.loss[done - 1] if done else None
                self.recorder.advance(done, rows)
                self.iteration += done
                if not finite:
                    return False
                self._save()
                show(self.iteration)
                if count == block:
                    block = max(1, min(2 * block, int(block * _BLOCK_SECONDS / max(seconds, 1e-9))))
        return True

    def _to_next(self):
        """Steps until an observable is due."""
        return min((o.every - self.iteration % o.every for o in self.observers), default=self.steps)

    def _observe(self, last=False):
        """Record the observables that are due."""
        for observer in self.observers:
            if self.iteration % observer.every == 0 or last:
                observer.record(self.recorder.store, self.state)
