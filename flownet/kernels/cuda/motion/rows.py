"""Rows of parameters on their way to the host, beside the steps: pinned buffers, a second stream.

Rows gather on the device until half of the room is full; that half goes back while the other half
fills. From the pinned buffer they are copied to the tape when the half is wanted again.
"""

import weakref
from collections import defaultdict

import numpy as np

from ...._compile._cuda import cuda
from ..base import mirror
from ..base.current import number
from ..base.launch import kernel, over
from .clock import NOW
from .mechanics import EVERY, FIRST, FIRST_KEPT, SIZE

_BYTES = 1 << 22  # of a half
_MOST = 1 << 10  # rows of a half


@kernel("r[] r[] i8[] i8[] i8")
def keep_row(real):
    """The row of W, of the step under way if it is one that is kept, to its place in the room."""

    def run(room, W, at, plan, rows):
        if at[NOW] < 0:
            return
        k = plan[FIRST] + at[NOW]
        if k % plan[EVERY] != 0:
            return
        begin = ((k - plan[FIRST_KEPT]) // plan[EVERY] % rows) * plan[SIZE]
        for j in range(cuda.grid(1), plan[SIZE], cuda.gridsize(1)):
            room[begin + j] = W[j]

    return run


class _Room:
    """Bytes for two halves of rows, on the device and pinned on the host, and their events."""

    def __init__(self, half):
        self.half = half  # bytes
        self.there = mirror.empty(2 * half, np.uint8)
        self.here = [cuda.pinned_array(half, np.uint8) for _ in range(2)]
        self.events = [cuda.event(), cuda.event()]


_free = defaultdict(list)  # device and bytes of a half -> rooms that no run has: pinning is slow


def _room_for(owner, half):
    """A room for so many bytes a half, until nobody has its owner any more."""
    key = number(), half
    room = _free[key].pop() if _free[key] else _Room(half)
    weakref.finalize(owner, _free[key].append, room).atexit = False
    return room


class Rows:
    """Room for rows of `size` numbers, in two halves."""

    def __init__(self, size, dtype):
        dtype = np.dtype(dtype)
        self._size, self.half = size, _half(size, dtype.itemsize)
        half = self.half * size
        room = _room_for(self, 1 << (half * dtype.itemsize - 1).bit_length())
        whole = room.there.view(dtype)
        self._room = whole[: 2 * half]
        self._there = [self._room[i * half : (i + 1) * half] for i in range(2)]
        self._here = [bytes_.view(dtype)[:half] for bytes_ in room.here]
        self._events = room.events

    def begin(self, tape):
        """Rows from now on are those of a tape (R, size)."""
        self._tape, self._which, self._filled, self._done = tape, 0, 0, 0
        self._under_way = [None, None]

    def make_room(self):
        """Before each row that is kept: send a half that is full, and wait for the other one."""
        if self._filled == self.half:
            self._ship()
        self._filled += 1

    def keep(self, run):
        """Launch what keeps the row of a `Run`."""
        keep_row(over(self._size), self._room, run.W, run.at, run.plan, 2 * self.half)

    def _ship(self):
        """Send a half on its way, and take up what the other one has brought."""
        if not self._filled:
            return
        which, count = self._which, self._filled * self._size
        there, here = self._there[which][:count], self._here[which][:count]
        mirror.fetch_beside(there, here, self._events[which])
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


def _half(size, itemsize):
    """Rows of half of the room."""
    return max(1, min(_MOST, _BYTES // (size * itemsize)))
