"""Rows of a run on their way to the host while the block takes the next steps.

The steps of a call are several launches, one behind the other in the stream: what one of them has
kept comes back while the next is under way.
"""

from ...._compile._cuda import cuda
from ..base.mirror import fetch_beside, lasting, lasting_of_host

_PIECE = 1 << 20  # bytes of rows of a launch, some milliseconds of steps


def ends_of(count, first, every, rows):
    """Steps after which each launch of a call ends, the last one `count`.

    Parameters
    ----------
    count, first : int
        Steps from iteration `first` on.
    every : int
        Interval of rows.
    rows : ndarray (n, D) or None
        Room for them.
    """
    if rows is None or not len(rows):
        return [count]
    apart = every * max(1, _PIECE // rows[0].nbytes)
    return [*range(-first % every + apart, count, apart), count]


class RowsBack:
    """Rows that launches keep one behind the other, copied to where a call wants them.

    Parameters
    ----------
    rows : ndarray (n, D) or None
    dtype : dtype

    Attributes
    ----------
    there : flat array of the device
        Where they are kept.
    """

    def __init__(self, rows, dtype):
        size = 0 if rows is None else rows.size
        self.there = lasting("rows", size, dtype)
        self._rows, self._here = rows, lasting_of_host("rows", size, dtype) if size else None
        self._under_way, self._sent = [], 0

    def send(self, kept):
        """Begin to copy rows up to the `kept`-th, once all launches until now are through."""
        if self._rows is None or kept == self._sent:
            return
        begin, end = self._sent * self._rows.shape[1], kept * self._rows.shape[1]
        arrived = cuda.event()
        fetch_beside(self.there[begin:end], self._here[begin:end], arrived)
        self._under_way.append((arrived, self._sent, kept))
        self._sent = kept

    def take(self):
        """Wait for the rows that are under way, piece by piece."""
        for arrived, first, last in self._under_way:
            arrived.synchronize()
            size = self._rows.shape[1]
            here = self._here[first * size : last * size]
            self._rows[first:last] = here.reshape(last - first, size)
