"""One thread or all: whichever takes less time, found by timing blocks of work as it goes on.

How much work pays a second thread cannot be known beforehand: another program may keep a processor
busy, a container may be allowed half of one, two processors may share a core. Both are tried in
turns, the quicker one is kept, and both are tried again now and then, and when the time that a unit
of work takes has changed. What is computed does not depend on it, to the bit.
"""

from contextlib import contextmanager
from functools import lru_cache
from threading import Lock

from .plan import WORTH_THREADS, flops
from .threads import at_hand

_SHORT, _TURN = 5e-4, 5e-3  # seconds of a turn, in the first trial and later; or one unit of work
_TURNS, _MOST_TURNS = 4, 12  # of each, until it is clear which is the quicker; and at most
_BLOCK = 0.06  # seconds of work between two looks at it; a crew begins and ends with each
_SHARE, _HASTE = 0.01, 0.03  # of all time that trials may lose; where work has become slower
_FIRST, _LAST = 0.05, 2.0  # seconds from one trial to the next: at first, and where nothing changes
_CHANGED = 1.2  # ratio of times from which something has changed

_given = []


@contextmanager
def always(threads):
    """So many threads within a `with` block wherever work may be worth several, untimed."""
    _given.append(threads)
    try:
        yield
    finally:
        _given.pop()


class Pace:
    """The number of threads for work that comes in many units of about the same size.

    Parameters
    ----------
    worth : bool
        Whether several threads are worth a trial at all.
    """

    def __init__(self, worth):
        self._worth, self._now = worth, 0.0  # seconds of work so far
        self._many, self._kept, self._lock = 1, 1, Lock()

    @classmethod
    def of_network(cls, net, rows, *kind):
        """That of work of a kind on so many samples: one for all that do the same.

        What a run finds serves the next one.
        """
        return _of_all(tuple(net.sizes.tolist()), flops(net, rows) >= WORTH_THREADS, rows, kind)

    def share(self, left=1):
        """Threads for the next units of work, and how many units; `took` is told how long it took.

        Parameters
        ----------
        left : int
            Units that are to be done, at most.
        """
        if not self._worth:
            return 1, left
        if not self._lock.acquire(blocking=False):  # another thread's turn, or a lost one of a fork
            return min(self._kept, at_hand()), left
        try:
            return self._share(left)
        finally:
            self._lock.release()

    def _share(self, left):
        many = at_hand()  # another number within `limited`, and 1 after a fork
        if _given:
            return min(many, _given[-1]), left
        if many == 1:  # of which nothing is to be found out, and nothing forgotten
            return 1, left
        if many != self._many:
            self._many = many
            self._begin()
        if not self._turns and self._now >= self._due:
            self._try_again()
        threads, seconds = self._kept, _BLOCK
        if self._turns and left * self._unit.get(self._turns[0], _BLOCK) > self._turn / 2:
            threads, seconds = self._turns[0], self._turn  # of less nothing would be learnt
        unit = self._unit.get(threads, _BLOCK)
        return threads, max(1, min(left, int(seconds / max(unit, 1e-9))))

    def took(self, threads, units, seconds):
        """Learn from a share of work that is done."""
        if self._worth and units and self._lock.acquire(blocking=False):
            try:
                self._learn(threads, units, seconds)
            finally:
                self._lock.release()

    def _learn(self, threads, units, seconds):
        many = at_hand()
        if _given or many == 1 or many != self._many or threads not in (1, many):
            return
        unit = seconds / units
        self._unit[threads] = unit
        self._now += seconds
        if (
            self._turns
            and threads == self._turns[0]
            and (seconds > self._turn / 2 or not self._warm)
        ):
            self._turns.pop(0)
            if self._warm:
                self._seen[threads].append(unit)
                self._units[threads] += units
            if not self._turns:
                self._warm = True
                self._decide()
        elif not self._turns and not 1 / _CHANGED < unit / self._usual < _CHANGED:
            slower = unit > self._usual
            self._due = self._decided + self._cost / (_HASTE if slower else _SHARE)

    def _begin(self):
        """Nothing is known: a unit of each warms up, and then they are tried."""
        self._kept, self._usual, self._gap, self._warm = self._many, 1.0, _FIRST, False
        self._unit, self._due, self._turn = {}, 0.0, _SHORT
        self._seen, self._turns = {}, [self._many, 1]

    def _try_again(self):
        other = 1 if self._kept == self._many else self._many
        self._turns = [self._kept, other] * _TURNS
        self._seen, self._units = {1: [], self._many: []}, {1: 0, self._many: 0}

    def _decide(self):
        """Keep the quicker one; look again the later, the more the trial has cost."""
        if not self._seen:
            return self._try_again()
        seen = {
            n: sorted(taken)[:-1] for n, taken in self._seen.items()
        }  # one may have had to wait
        mean = {n: sum(taken) / len(taken) for n, taken in seen.items()}
        clear, before = _clear(*seen.values()), self._kept
        if not clear and len(self._seen[1]) < _MOST_TURNS:
            self._turns = [self._kept, 1 if self._kept == self._many else self._many]
            return None
        self._kept = min(mean, key=mean.get) if clear else before
        self._usual = mean[self._kept]
        self._gap = min(2 * self._gap, _LAST) if self._kept == before else _FIRST
        slower = 1 if self._kept == self._many else self._many
        self._decided, self._turn = self._now, min(2 * self._turn, _TURN)
        self._cost = self._units[slower] * max(mean[slower] - self._usual, 0.0)
        self._due = self._decided + max(self._cost / _SHARE, self._gap)
        return None


@lru_cache(1 << 10)
def _of_all(sizes, worth, rows, kind):
    return Pace(worth)


def _clear(one, other):
    """Whether the means of two samples differ by more than twice the error of their difference."""
    sizes = [(sum(a) / len(a), sum(x * x for x in a) / len(a), len(a)) for a in (one, other)]
    error2 = sum(max(square - mean * mean, 0.0) / (n - 1) for mean, square, n in sizes)
    return (sizes[0][0] - sizes[1][0]) ** 2 > 4 * error2
