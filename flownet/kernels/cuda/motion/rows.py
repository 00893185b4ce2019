"""Rows of parameters on their way to the host, beside the steps: pinned buffers, a second stream.

Rows gather on the device until half of the room is full; that half goes back while the other half
fills. From the pinned buffer they are copied to the tape when the half is wanted again.
"""

import numpy as np

from ...._compile._cuda import cuda
from ..base import mirror
from ..base.current import side_stream, stream

_BYTES = 1 << 24  # of a half
_MOST = 1 << 10  # rows of a half


class Rows:
    """Room for rows of `size` numbers, in two halves."""

    def __init__(self, size, dtype):
        self.half = max(1, min(_MOST, _BYTES // (size * np.dtype(dtype).itemsize)))
        self._there = [mirror.empty(self.half * size, dtype) for _ in range(2)]
        self._here = [cuda.pinned_array(self.half * size, dtype) for _ in range(2)]
        self._events = [cuda.event(), cuda.event()]
        self._slots = [
            [there[i * size : (i + 1) * size] for i in range(self.half)] for there in self._there
        ]
        self._size = size

    def begin(self, tape):
        """Rows from now on are those of a tape (R, size)."""
        self._tape, self._which, self._filled, self._done = tape, 0, 0, 0
        self._under_way = [None, None]

    def keep(self, W):
        """Keep a row: where W is when all that is launched so far is done."""
        if self._filled == self.half:
            self._ship()
        self._slots[self._which][self._filled].copy_to_device(W, stream=stream())
        self._filled += 1

    def _ship(self):
        """Send a half on its way, and take up what the other one has brought."""
        if not self._filled:
            return
        which, count = self._which, self._filled * self._size
        ready = cuda.event()
        ready.record(stream())
        ready.wait(side_stream())
        self._there[which][:count].copy_to_host(self._here[which][:count], stream=side_stream())
        self._events[which].record(side_stream())
        self._under_way[which] = self._done, self._filled
        self._done += self._filled
        self._which, self._filled = 1 - which, 0
        self._take(self._which)

    def _take(self, which):
        """Copy a half that was under way to the tape."""
        if self._under_way[which] is None:
            return
        self._events[which].synchronize()
        first, count = self._under_way[which]
        rows = self._here[which][: count * self._size].reshape(count, self._size)
        self._tape[first : first + count] = rows
        self._under_way[which] = None

    def end(self):
        """Wait until all rows are on the tape."""
        self._ship()
        for which in (self._which, 1 - self._which):
            self._take(which)
        self._tape = None
