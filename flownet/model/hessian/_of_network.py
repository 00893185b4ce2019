"""The Hessian of a network's loss, with the state of every unit kept at its point."""

from contextlib import contextmanager

import numpy as np

from ..._errors import FlownetError
from ._hessian import Hessian
from ._network_action import NetworkAction


class NetworkHessian(NetworkAction, Hessian):
    """H of a `Potential` at W (D,); the forward and backward state there is computed once."""

    def third_action(self, V):
        """T[V,V] = ∇⟨V, HV⟩ (D,), or of each row of V (R, D)."""
        rows = self._rows(V)
        return self._on_planes(self._third_actions, rows).reshape(np.shape(V))

    def _actions(self, rows):
        """H·V of rows (R, D) as kernels take them."""
        at, act = self._at, self._kernels.actions

        def kernel(rows, out, buffers, workers, threads):
            act(*self._problem, self.W, rows, out, at, buffers, workers, threads)

        return self._act(kernel, rows)

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

    def _summed(self, kernel, make, size, where, shape, count=1):
        """What a `kernels.blocks.summed` kernel sums over blocks of `size` samples."""
        out, sums = (
            np.empty(shape, self.dtype),
            self._kernels.partial_sums(self._m, size, shape, self.dtype),
        )
        with self._for_workers(kernel, make, count) as (buffers, workers):
            kernel(*self._problem, where, buffers, workers, size, sums, out)
        return out

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
