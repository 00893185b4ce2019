"""The Hessian of a network's loss, with the state of every unit kept at its point."""

import weakref
from contextlib import contextmanager
from functools import cached_property
from time import perf_counter

import numpy as np

from ..._errors import FlownetError
from .._check import array
from ._hessian import Hessian


class NetworkHessian(Hessian):
    """H of a `Potential` at W (D,); the forward and backward state there is computed once."""

    def __init__(self, potential, W):
        real = potential.network.as_reals.real
        super().__init__(potential.size * (1 + potential.network.is_complex), real)
        self._potential, self.W, self._kernels = potential, W.copy(), potential.kernels
        self._problem = potential.compiled
        self._net, _, self._data = self._problem
        self._m = self._data.x.shape[0]
        pace = self._kernels.Pace
        self._pace = pace.of_network(self._net, self._m, np.dtype(real).name, "action")

    @property
    def _threads(self):
        return self._kernels.worthwhile(self._net, self._m)

    @cached_property
    def _state(self):
        """What is kept of every unit at W, and L(W); computed when first asked for."""
        pool, whole = self._potential.pool("point"), self._potential.couples
        at = (
            pool.pop() if pool else self._kernels.point(self._net, self._m, self.dtype, whole=whole)
        )
        weakref.finalize(self, pool.append, at)  # the next operator's state takes the same buffers
        return at, self._kernels.state_at(*self._problem, self.W, at, self._threads)

    def __reduce__(self):
        return type(self), (self._potential, self.W)

    @cached_property
    def _at(self):
        return self._state[0]

    @property
    def loss(self):
        """L(W)."""
        return self._state[1]

    @cached_property
    def dL(self):
        """Covector dL (D,)."""
        return self._potential.differential(self.W)[1]

    def action(self, V):
        """H·V of a displacement (D,), or of each row of V (R, D)."""
        V = array("V", V)
        return self._actions(self._rows(V)).reshape(V.shape)

    def third_action(self, V):
        """T[V,V] = ∇⟨V, HV⟩ (D,), or of each row of V (R, D)."""
        return self._third_actions(self._rows(V)).reshape(np.shape(V))

    def _actions(self, rows):
        """H·V of rows (R, D) as kernels take them."""
        out = np.empty_like(rows)
        threads, _ = self._pace.share()
        workers = self._kernels.most() if self._worth_workers(len(rows)) else 1
        pool = self._potential.pool(("tangent", workers))
        t = pool.pop() if pool else self._tangents(workers)  # a `with` takes a tenth of the time
        problem, at, began = self._problem, self._at, perf_counter()
        try:
            self._kernels.actions(*problem, self.W, rows, out, at, t, workers, threads)
        finally:
            pool.append(t)
        self._pace.took(threads, len(rows), perf_counter() - began)
        return out

    def _third_actions(self, rows):
        """T[V,V] of rows (R, D) as kernels take them."""
        size = self._m if self._potential.couples else min(self._m, self._kernels.BLOCK_ROWS)

        def make():
            return self._kernels.StateAndResponse(
                *self._kernels.point(self._net, size, self.dtype, whole=True),
                *self._kernels.tangent(self._net, size, self.dtype, second=True),
            )

        kernel, where = self._kernels.third_actions, (self.W, rows)
        return self._summed(kernel, make, size, where, rows.shape, len(rows))

    def diagonal(self):
        """H_ii (D,), exact."""
        self._refuse_coupling()
        return self._summed(
            self._kernels.hessian_diagonal,
            lambda: self._kernels.diagonal_buffers(self._net, self._m, self.dtype),
            self._kernels.BLOCK_ROWS,
            self.W,
            self.shape[:1],
        )

    def diagonals(self, V):
        """H_ii, its change Σ_k T_iik·V_k along V, and T_iii; each (D,), exact."""
        self._refuse_coupling()
        V, x, a = self._one(V), self._data.x, self._at.a
        h, dh, h3 = found = np.empty((3, a.size), self.dtype)
        with self._potential.borrowed(
            "response", lambda: self._kernels.tangent(self._net, self._m, self.dtype, second=True)
        ) as t:
            self._kernels.response(*self._problem, self.W, V, self._at, t, self._threads)
            with self._for_workers("push", lambda: self._kernels.push(self._net, self.dtype)) as (
                push,
                workers,
            ):
                self._kernels.neuron_derivatives(
                    *self._problem, self.W, V, self._at, t, push, workers, found
                )
            x2, a2, change = x * x, a * a, 2 * a * t.a1
        return [
            self._collect(h, x2, a2),
            self._collect(h, x, change, self._collect(dh, x2, a2)),
            self._collect(h3, x * x2, a * a2),
        ]

    def gradient_squares(self):
        """Mean over the samples of the squares of their gradients, (1/m)Σ_s (∂ℓ_s/∂W_i)² (D,).

        Exact, and no sample's gradient is made: that of a weight is m·G_a·x_b, the cotangents at
        W being those of the mean, so that its squares sum to m²·Σ_s G_a²·x_b².
        """
        a, g, x = self._at.a, self._at.g, self._data.x
        return self._m * self._collect(g * g, x * x, a * a)

    def _collect(self, g, x, a, total=None):
        """Σ_s g ⊗ x of every layer (D,); added to a total, the layers above the first alone."""
        out = np.empty(self.shape[0], self.dtype) if total is None else total
        self._kernels.collect(
            self._net, x, out, g, a, self._at.zeros, total is not None, self._threads
        )
        return out

    def _summed(self, kernel, make, size, where, shape, count=1):
        """What a `kernels.blocks.summed` kernel sums over blocks of `size` samples."""
        out, sums = (
            np.empty(shape, self.dtype),
            self._kernels.partial_sums(self._m, size, shape, self.dtype),
        )
        with self._for_workers(kernel, make, count) as (buffers, workers):
            kernel(*self._problem, where, buffers, workers, size, sums, out)
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

    @contextmanager
    def _for_workers(self, kind, make, count=1):
        """Buffers for each worker, and how many there are, one a thread."""
        several = self._threads > 1 or self._worth_workers(count)
        workers = self._kernels.most() if several else 1
        with self._potential.borrowed(
            (kind, workers), lambda: self._kernels.for_workers(make(), workers)
        ) as buffers:
            yield buffers, workers

    def _refuse_coupling(self):
        if self._potential.couples:
            raise FlownetError(
                "the quadratic loss couples samples by a full (m, m) sample_metric: "
                "a weight's own curvature is no sum over them, and has no exact "
                "diagonal."
            )
