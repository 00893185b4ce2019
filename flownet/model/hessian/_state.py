"""The state of every unit at a point, which operators there share."""

import weakref
from functools import cached_property

import numpy as np


class NetworkState:
    """What kernels keep of a `Potential` at W (D,): computed when first asked for, and once.

    Attributes
    ----------
    potential
    given : ndarray (D,)
        W as the user has it.
    W : ndarray
        W as kernels take it: of complex parameters their planes.
    problem : network, loss and data of the kernels
    m : int
    dtype : dtype of the reals
    """

    def __init__(self, potential, W):
        as_reals = potential.network.as_reals
        self.potential, self.given = potential, W.copy()
        self.W, self.dtype = as_reals.point(self.given), np.dtype(as_reals.real)
        self.problem, self.kernels = potential.compiled, potential.kernels
        self.net, _, self.data = self.problem
        self.m = self.data.x.shape[0]

    @property
    def threads(self):
        """Threads that pay."""
        return self.kernels.worthwhile(self.net, self.m)

    @cached_property
    def filled(self):
        """What is kept of every unit at W, and L(W)."""
        pool, whole = self.potential.pool("point"), self.potential.couples
        at = pool.pop() if pool else self.kernels.point(self.net, self.m, self.dtype, whole=whole)
        weakref.finalize(self, pool.append, at)  # the next state takes the same buffers
        return at, self.kernels.state_at(*self.problem, self.W, at, self.threads)

    @property
    def at(self):
        """What is kept of every unit."""
        return self.filled[0]

    @property
    def loss(self):
        """L(W)."""
        return self.filled[1]

    @cached_property
    def dL(self):
        """Covector dL (D,)."""
        return self.potential.differential(self.given)[1]

    def rows(self, buffer, layer):
        """A layer's units (m, n) in a buffer of all units."""
        n, begin = int(self.net.sizes[layer + 1]), self.m * int(self.net.units[layer])
        return buffer[begin : begin + self.m * n].reshape(self.m, n)

    def __reduce__(self):
        return type(self), (self.potential, self.given)
