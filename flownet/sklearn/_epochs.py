"""Training in blocks: the compiled loop of a run, which remembers from block to block."""

import numpy as np

from .._errors import FlownetError
from ..kernels.layout import Tape
from ..model.potential import Batches
from ..motion.loops import make_loop
from ..motion.mechanics._start import start

_NEVER = 2**62  # between two recorded rows of parameters


class Epochs:
    """A run under way that goes on by so many steps; the same bits as `flownet.train`.

    Parameters
    ----------
    potential, mechanics, W, batch_size, seed
        As of `flownet.train`; W is moved in place.
    memory : tuple, optional
        Iteration, time and arrays to go on from, of another one's `memory`.
    """

    def __init__(self, potential, mechanics, W, batch_size, seed, memory=None):
        self._potential, metric = start(potential, mechanics, None, batch_size, None, seed)
        m = self._potential.data.m
        self._batches = Batches(m, batch_size or m, seed)
        self.iteration, time, arrays = memory or (0, 0.0, {})
        self._loop = make_loop(self._potential, mechanics, metric, W, time, batch_size, seed)
        for name, array in arrays.items():
            self._loop.arrays[name][...] = array

    @property
    def per_epoch(self):
        """Steps in one pass over the samples."""
        return self._batches.per_epoch

    @property
    def W(self):
        """Parameters (D,) now, the run's own array."""
        return self._loop.W

    @property
    def memory(self):
        """What the next step depends on: iteration, time, and arrays by name."""
        arrays = {name: array.copy() for name, array in self._loop.arrays.items()}
        return self.iteration, self._loop.time, arrays

    def advance(self, count):
        """Mean loss over the samples of `count` more steps, before each of them."""
        tape, extra = _tape(self.W, count), [np.zeros(count) for _ in self._loop.extra]
        done, _, finite = self._loop.advance(self.iteration, count, tape, *extra)
        self.iteration += done
        if not (finite and np.isfinite(self.W).all()):
            raise FlownetError(
                f"training diverges at step {self.iteration} with {self._loop.mechanics!r}: take "
                "a shorter step, and inputs of mean 0 and variance 1."
            )
        return float(np.average(tape.loss, weights=self._samples(count)))

    def _samples(self, count):
        """Samples that each of the last steps saw; the last batch of an epoch may be short."""
        number, size = self._batches.per_epoch, self._batches.size
        position = np.arange(self.iteration - count, self.iteration) % number
        return np.where(position < number - 1, size, self._batches.m - (number - 1) * size)


def _tape(W, count):
    """Tape that keeps losses and steps, and of the parameters what nobody reads."""
    return Tape(
        _NEVER,
        np.zeros((1, W.size), W.dtype),
        np.zeros(1, np.int64),
        np.zeros(1),
        np.zeros(count),
        np.zeros(count, np.int64),
        np.zeros(count),
        np.zeros(count),
    )


class Waiting:
    """Says when a number has stopped falling.

    Parameters
    ----------
    patience : int
        Epochs without a fall below the lowest by more than `tol`.
    tol : float
    """

    def __init__(self, patience, tol):
        self._patience, self._tol = patience, tol
        self._reference, self._waited = np.inf, 0
        self.best = np.inf

    def take(self, value):
        """Take a value; whether it is the lowest of all."""
        if value < self._reference - self._tol:
            self._reference, self._waited = value, 0
        else:
            self._waited += 1
        lowest = value < self.best
        self.best = min(value, self.best)
        return lowest

    @property
    def is_over(self):
        """Whether it has waited long enough."""
        return self._waited >= self._patience
