"""Runs and flows of complex parameters: loops and flows know reals, files and states pairs."""

from dataclasses import replace

from ..model.network import in_complex, in_reals

PARAMETERS = "parameters"


class PairedLoop:
    """A loop of reals as one of the complex parameters that they are; the same memory.

    Attributes
    ----------
    W : ndarray (D,)
        Complex.
    """

    def __init__(self, loop, metric):
        self._loop, self.W, self.metric = loop, in_complex(loop.W), metric
        self.mechanics, self.extra, self.since = loop.mechanics, loop.extra, loop.since
        self.arrays = {**loop.arrays, PARAMETERS: self.W}

    @property
    def time(self):
        """Time of the state W."""
        return self._loop.time

    def advance(self, first, count, tape, *columns):
        """Steps from iteration `first` on: steps taken, rows kept, and whether all is finite."""
        tape = tape._replace(parameters=in_reals(tape.parameters))
        return self._loop.advance(first, count, tape, *columns)


class PairedStore:
    """A store whose rows of complex parameters a flow fills with the reals that they are."""

    def __init__(self, store):
        self._store = store
        self.room, self.count, self.advance = store.room, store.count, store.advance
        self.checkpoint, self.finish, self.close = store.checkpoint, store.finish, store.close

    def rows(self, name, n):
        """Free rows to fill: value, iteration, time."""
        value, iteration, time = self._store.rows(name, n)
        return in_reals(value) if name == PARAMETERS else value, iteration, time


def recorded(quantities, W):
    """Quantities of a flow with the parameters as they are recorded: as W (D,)."""
    return [
        replace(q, shape=W.shape, dtype=W.dtype) if q.name == PARAMETERS else q for q in quantities
    ]
