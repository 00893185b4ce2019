"""The Hessian of a network's loss, with the state of every unit kept at its point."""

import weakref
from functools import cached_property

import numpy as np

from .._errors import FlownetError
from ..kernels import curvature, neurons, plan, point, threads
from ._hessian import Hessian


class NetworkHessian(Hessian):
    """H of a `Potential` at W (D,); the forward and backward state there is computed once."""

    def __init__(self, potential, W):
        super().__init__(potential.size, potential.dtype)
        self._net, self._loss, self._data = potential.compiled
        self._couples = potential.loss.couples
        self._potential, self.W = potential, W.copy()
        self._threads = threads.worthwhile(self._net, self._m)
        self._at = self._lent("point", lambda: plan.point(
            self._net, self._m, self.dtype, coupled=self._couples))
        self.loss = point.stand_at(self._net, self._loss, self._data, self.W, self._at,
                                   self._threads)

    @cached_property
    def dL(self):
        """Covector dL (D,)."""
        return self._potential.differential(self.W)[1]

    def action(self, V):
        """H·V of a displacement (D,), or of each row of V (R, D)."""
        V, rows = np.asarray(V), self._rows(V)
        room = self._lanes if self._worth_lanes(len(rows)) else self._tangent
        return self._act(rows, room, False).reshape(V.shape)

    def third_action(self, V):
        """T[V,V] = ∇⟨V, HV⟩ (D,), or of each row of V (R, D)."""
        V = np.asarray(V)
        return self._act(self._rows(V), self._second, True).reshape(V.shape)

    def diagonal(self):
        """H_ii (D,), exact, by what a push at each neuron does (`kernels.neurons`)."""
        return self._diagonals(self.W, self._tangent, False)[0]

    def diagonals(self, V):
        """H_ii, its change Σ_k T_iik·V_k along V (D,), and T_iii; each (D,), exact."""
        V = self._rows(V)[0]
        curvature.response(self._net, self._loss, self._data, self.W, V, self._at, self._second,
                           self._threads)
        return self._diagonals(V, self._second, True)

    def _diagonals(self, V, t, full):
        if self._couples:
            raise FlownetError("the loss couples samples by a full (m, m) sample_metric, so a "
                               "weight's own curvature is no sum over samples: no exact diagonal.")
        at = self._at
        push = self._push_full if full else self._push_second
        neurons.neuron_derivatives(self._net, self._loss, self._data, self.W, V, at, t, push, full)
        x, a = self._data.x, at.a
        found = [self._collect(push.all_h, x * x, a * a)]
        if full:
            drift = self._collect(push.all_dh, x * x, a * a)
            found += [self._collect(push.all_h, x, 2 * a * t.a1, drift),
                      self._collect(push.all_t, x * x * x, a * a * a)]
        return found

    def _collect(self, g, x, a, total=None):
        """Σ_s g ⊗ x of every layer (D,), added to a total if there is one."""
        accumulate = total is not None
        out = total if accumulate else np.empty(self.shape[0], self.dtype)
        neurons.collect(self._net, x, out, g, a, self._at.zeros, accumulate, self._threads)
        return out

    def _act(self, rows, room, second):
        out = np.empty_like(rows)
        curvature.actions(self._net, self._loss, self._data, self.W, rows, out, self._at, room,
                          second, self._threads)
        return out

    @property
    def _m(self):
        return self._data.x.shape[0]

    def _worth_lanes(self, count):
        """Whether each thread had better take vectors of its own."""
        work = count * plan.flops(self._net, self._m)
        return self._threads == 1 and count > 1 and work >= plan.WORTH_THREADS

    @cached_property
    def _tangent(self):
        return self._room()

    @cached_property
    def _second(self):
        return self._room(second=True)

    @cached_property
    def _lanes(self):
        return self._room(lanes=threads.most())

    @cached_property
    def _push_second(self):
        return self._push(False)

    @cached_property
    def _push_full(self):
        return self._push(True)

    def _push(self, full):
        lanes = threads.most() if self._threads > 1 else 1
        return self._lent(("push", full), lambda: plan.push(
            self._net, self._m, self.dtype, full=full, lanes=lanes))

    def _room(self, **options):
        return self._lent(("tangent", *options.items()), lambda: plan.tangent(
            self._net, self._m, self.dtype, **options))

    def _lent(self, kind, make):
        """Buffers of the potential's that are its own again when this operator is gone."""
        buffers, give_back = self._potential.lend(kind, make)
        weakref.finalize(self, give_back)
        return buffers
