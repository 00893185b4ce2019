"""Where a run was a few steps ago: from there its last finite state is found again."""

import numpy as np

from .._storage import take_up
from ._state import one_row


class Earlier:
    """Keeps the state before the last block of steps of a run that does not record every one.

    When a run diverges its parameters are gone, and the last ones that were recorded may lie far
    back: the steps from the state before the block are taken once more, up to the last finite one.

    Parameters
    ----------
    again : function of W (D,) and a time, or None
        Makes the run's loop there.
    record_every : int
    """

    def __init__(self, again, record_every):
        self._again, self._every = again, record_every
        self._before = self._now = None

    def look(self, iteration, loop):
        """Keep where a loop is, before it goes on."""
        if self._every > 1 and self._again is not None:
            arrays = {name: np.array(array) for name, array in loop.arrays.items()}
            self._now = iteration, loop.time, arrays

    def moved(self, steps):
        """Steps were taken from there, or none was."""
        if steps:
            self._before = self._now

    def record_last(self, recorder, diverged_at):
        """Record the state before the one at which a run diverged, unless it is recorded."""
        last = diverged_at - 1
        if self._before is None or last % self._every == 0:
            return
        iteration, time, arrays = self._before
        loop = self._again(np.array(arrays["parameters"]), time)
        take_up(loop.arrays, arrays, "the run")
        if last > iteration:
            loop.advance(iteration, last - iteration, one_row(loop.W, last - iteration))
        recorder.row(loop.W, last, loop.time)
