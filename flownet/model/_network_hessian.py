"""The Hessian of a network's loss, with the state of every unit kept at its point."""

import weakref
from contextlib import contextmanager
from functools import cached_property

import numpy as np

from .._errors import FlownetError
from ..kernels import curvature, neurons, plan, point, threads
from ._hessian import Hessian


class NetworkHessian(Hessian):
    """H of a `Potential` at W (D,); the forward and backward state there is computed once."""

    def __init__(self, potential, W):
        super().__init__(potential.size, potential.dtype)
        self._potential, self.W = potential, W.copy()
        self._problem = potential.compiled
        self._net, _, self._data = self._problem
        self._m = self._data.x.shape[0]
        self._threads = threads.worthwhile(self._net, self._m)
        self._at, give_back = potential.lend("point", lambda: plan.point(
            self._net, self._m, self.dtype, coupled=potential.couples))
        weakref.finalize(self, give_back)  # the next operator stands on the same buffers
        self.loss = point.stand_at(*self._problem, self.W, self._at, self._threads)

    @cached_property
    def dL(self):
        """Covector dL (D,)."""
        return self._potential.differential(self.W)[1]

    def action(self, V):
        """H·V of a displacement (D,), or of each row of V (R, D)."""
        V = np.asarray(V)
        rows = self._rows(V)
        lanes = threads.most() if self._worth_lanes(len(rows)) else 1
        t, give_back = self._lent(lanes=lanes)  # no `with`: it takes a tenth of a small action
        try:
            return self._act(rows, t, False).reshape(V.shape)
        finally:
            give_back()

    def third_action(self, V):
        """T[V,V] = ∇⟨V, HV⟩ (D,), or of each row of V (R, D)."""
        with self._tangent(second=True) as t:
            return self._act(self._rows(V), t, True).reshape(np.shape(V))

    def diagonal(self):
        """H_ii (D,), exact, by what a push at each neuron does (`kernels.neurons`)."""
        with self._tangent() as t:
            return self._diagonals(self.W, t, False)[0]

    def diagonals(self, V):
        """H_ii, its change Σ_k T_iik·V_k along V (D,), and T_iii; each (D,), exact."""
        V = self._one(V)
        with self._tangent(second=True) as t:
            curvature.response(*self._problem, self.W, V, self._at, t, self._threads)
            return self._diagonals(V, t, True)

    def _act(self, rows, t, second):
        out = np.empty_like(rows)
        curvature.actions(*self._problem, self.W, rows, out, self._at, t, second, self._threads)
        return out

    def _diagonals(self, V, t, full):
        if self._potential.couples:
            raise FlownetError("the quadratic loss couples samples by a full (m, m) sample_metric: "
                               "a weight's own curvature is no sum over them, and has no exact "
                               "diagonal.")
        x, a, x2 = self._data.x, self._at.a, self._potential.squared_inputs
        with self._push(full) as push:
            neurons.neuron_derivatives(*self._problem, self.W, V, self._at, t, push, full)
            a2 = np.multiply(a, a, out=t.z1)  # what was there has been used
            found = [self._collect(push.all_h, x2, a2)]
            if full:
                drift = self._collect(push.all_dh, x2, a2)
                found += [self._collect(push.all_h, x, 2 * a * t.a1, drift),
                          self._collect(push.all_t, x * x2, a * a2)]
        return found

    def _collect(self, g, x, a, total=None):
        """Σ_s g ⊗ x of every layer (D,); added to a total, the layers above the first alone."""
        out = np.empty(self.shape[0], self.dtype) if total is None else total
        neurons.collect(self._net, x, out, g, a, self._at.zeros, total is not None, self._threads)
        return out

    def _worth_lanes(self, count):
        """Whether each thread had better take vectors of its own."""
        return (count > 1 and self._threads == 1
                and count * plan.flops(self._net, self._m) >= plan.WORTH_THREADS)

    def _lent(self, lanes=1, second=False):
        return self._potential.lend(("tangent", lanes, second), lambda: plan.tangent(
            self._net, self._m, self.dtype, lanes=lanes, second=second))

    @contextmanager
    def _tangent(self, **options):
        t, give_back = self._lent(**options)
        try:
            yield t
        finally:
            give_back()

    def _push(self, full):
        lanes = threads.most() if self._threads > 1 else 1
        return self._potential.borrowed(("push", full), lambda: plan.push(
            self._net, self._m, self.dtype, full=full, lanes=lanes))
