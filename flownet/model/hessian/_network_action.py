"""What operators of a network's loss have in common: its state at W, buffers, threads."""

from time import perf_counter

import numpy as np

from .._check import array
from ..network import in_complex, in_reals
from ._action import Action
from ._state import NetworkState


class NetworkAction(Action):
    """An operator of a `Potential` at W (D,); of a complex network it acts on the 2D reals.

    The forward and backward state at W is computed once, and may be that of another operator there.
    """

    def __init__(self, potential, W, state=None):
        self._state = state or NetworkState(potential, W)
        real = self._state.dtype
        super().__init__(potential.size * (1 + potential.network.is_complex), real)
        self._potential, self.W, self._kernels = potential, self._state.W, potential.kernels
        self._net, _, self._data = self._problem = self._state.problem
        self._m, self._given = self._state.m, self._state.given
        self._as_reals = potential.network.as_reals
        self._pace = self._kernels.Pace.of_network(self._net, self._m, real.name, "action")

    @property
    def _threads(self):
        return self._state.threads

    @property
    def _at(self):
        return self._state.at

    @property
    def state(self):
        """The state at W, for other operators there."""
        return self._state

    def __reduce__(self):
        return type(self), (self._potential, self._given)

    @property
    def loss(self):
        """L(W)."""
        return self._state.loss

    @property
    def dL(self):
        """Covector dL (D,)."""
        return in_reals(self._state.dL)

    def action(self, V):
        """What it makes of a displacement (D,), or of each row of V (R, D)."""
        V = array("V", V)
        return self._on_planes(self._actions, self._rows(V)).reshape(V.shape)

    def _actions(self, rows):
        """The same of rows as kernels take them."""
        raise NotImplementedError

    def _act(self, kernel, rows):
        """What `kernel(rows, out, buffers, workers, threads)` makes of rows."""
        out = np.empty_like(rows)
        threads, _ = self._pace.share()
        workers = self._kernels.most() if self._worth_workers(len(rows)) else 1
        pool = self._potential.pool(("tangent", workers))
        t = pool.pop() if pool else self._tangents(workers)  # a `with` takes a tenth of the time
        began = perf_counter()
        try:
            kernel(rows, out, t, workers, threads)
        finally:
            pool.append(t)
        self._pace.took(threads, len(rows), perf_counter() - began)
        return out

    def _on_planes(self, act, rows):
        """What an action on planes gives for rows of reals, of a complex network."""
        if not self._potential.network.is_complex:
            return act(rows)
        moved = np.array([self._as_reals.displacement(in_complex(row)) for row in rows])
        return np.array([in_reals(self._as_reals.covector(row)) for row in act(moved)])

    def _collect(self, g, x, a, total=None):
        """Σ_s g ⊗ x of every layer (D,); added to a total, the layers above the first alone."""
        out = np.empty(self.shape[0], self.dtype) if total is None else total
        self._kernels.collect(
            self._net, x, out, g, a, self._at.zeros, total is not None, self._threads
        )
        return out

    def _worth_workers(self, count):
        """Whether each worker had better take vectors of its own."""
        return (
            count > 1
            and self._threads == 1
            and count * self._kernels.flops(self._net, self._m) >= self._kernels.WORTH_THREADS
        )

    def _tangents(self, workers):
        """Buffers of responses, a set for each worker."""
        tangent = self._kernels.tangent(self._net, self._m, self.dtype)
        return self._kernels.for_workers(tangent, workers)
