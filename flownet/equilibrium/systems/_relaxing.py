"""Layered states in compiled code: one flat array of all samples, layer by layer."""

from __future__ import annotations

from itertools import pairwise
from time import perf_counter

import numpy as np

from ..._errors import FlownetError
from ...kernels.device import kernels_of
from ...kernels.layout import FLOW, Manner as Order, Pull, schedule
from .._relaxation import Relaxation, Relaxed, no_pull
from ._complex import relax_complex
from ._seen_series import seen_of, seen_state_series
from ._series import state_series

_SWEEPS = 30  # that a relaxation takes, about, where more are allowed


class Layered(Relaxation):
    """Of a system whose layers are driven by their neighbours alone."""

    def __init__(self, system, m, manner):
        self.system, self.m, self.manner = system, m, manner
        self.kernels, self.net = kernels_of("cpu"), system.inner.plan
        self.orders = [schedule(len(system.codes), each) for each in manner[:2]]
        self.work = self.kernels.states_work(self.net, m, system.dtype, solves=True)
        self.free, self.threads, self._began = no_pull(system.dtype), 1, None
        self._ends = None
        # steps of conjugate gradients at most, and the residual that ends them
        self._until = 2 * system.states + 8, float(np.finfo(system.dtype).eps)
        self.in_one_call = not (system.mapped or system.reads_out or FLOW in manner[:2])
        kind = "states", np.dtype(system.dtype).name, manner.sweeps, manner.nudged_sweeps
        self._pace = self.kernels.Pace.of_network(self.net, self._like_rows(manner), *kind)

    def _like_rows(self, manner):
        """Rows of a network's differential that take as many operations as all phases do.

        The inputs' weights are multiplied once there and once back, those above at every sweep.
        """
        sizes = self.net.sizes
        first, whole = float(sizes[0] * sizes[1]), float(sizes[:-1] @ sizes[1:])
        sweeps = min(manner.sweeps, _SWEEPS) + 2 * min(manner.nudged_sweeps, _SWEEPS)
        operations = 4 * first + 4 * (whole - first) * (1 + sweeps)
        return max(1, round(self.m * operations / self.kernels.flops(self.net, 1)))

    def drive(self, W, x):
        """Take W (D,) and x (m, n_in) for what follows."""
        self.W, self.x, self.units = W, x, self.system.units(W)
        self.couplings = self.system.couplings(W)
        (self.threads, _), self._began = self._pace.share(), perf_counter()
        self.kernels.drive_states(self.net, self.couplings, self.work, x, self.threads)

    def rest(self):
        """A state to relax from."""
        return np.zeros(self.m * self.system.states, self.system.dtype)

    def outputs(self, s):
        """Outputs (m, n_out) of states."""
        if not self.system.reads_out:
            return self.top(s)
        read = self.system.readout(self.W)
        o = self.top(s) @ read.weights.T
        return o if read.bias is None else o + read.bias

    def top(self, s):
        """The last layer (m, n_l) of states, a view."""
        return s[self.m * int(self.net.units[-2]) :].reshape(self.m, -1)

    def layers(self, s):
        """One array (m, n_l) for each layer, views of the state."""
        ends = self.m * np.asarray(self.net.units)
        return [s[i:j].reshape(self.m, -1) for i, j in pairwise(ends)]

    def relax(self, s, pull, sweeps):
        """Layers settle in their order, that of the free or of a nudged phase."""
        if self.system.reads_out and pull.held.size:
            drive = self.on_top(pull.drive)
            pull = Pull(drive, np.zeros(drive.shape[1], drive.dtype))
        if self.manner[pull.held.size > 0] == FLOW:
            return self._flow(s, pull, sweeps, self.orders[0])
        order = self.orders[pull.held.size > 0]
        if np.iscomplexobj(s):
            layers, stop = self.layers(s), self.manner.tolerance
            return relax_complex(self.system, self.W, self.x, layers, pull, order, sweeps, stop)
        order = Order(order, sweeps, self.manner.tolerance)
        units, work = self.units, self.work
        self.kernels.relax_states(
            self.net, units, self.couplings, work, pull, self.free, s, order, self.threads
        )
        return self._relaxed()

    def estimate(self, s, pulls, weight):
        """Σ weight·(∂E/∂W(s⁺) − ∂E/∂W(s⁻)) (D,), relaxations and all in one call.

        s relaxes to the free state in place; `pulls` are those of s⁺ and of s⁻, or of s⁺ alone
        where s⁻ is free. Beside it how the free and the last nudged relaxation ended.
        """
        dL = self._room(s)
        plus, minus = pulls if len(pulls) == 2 else (*pulls, self.free)
        self.kernels.learn_states(
            self.net, self.units, self.couplings, self.work, self.x, (plus, minus), self.free, s,
            self._ends, self._manners, weight, dL, self._told, self.threads,
        )  # fmt: skip
        self._took()
        return self._with_ends(dL, self._ends[1], self._ends[0], weight)

    def exact(self, s, gamma, y, weight):
        """−Σ weight·(∂_s∂_W E)·v (D,) with H·v = γ·(o − y), relaxation and all in one call.

        s relaxes to the free state in place. Beside it how that and the solution ended.
        """
        dL = self._room(s)
        self.kernels.exact_states(
            self.net, self.units, self.couplings, self.work, self.x, gamma, y, self.free, s,
            self._ends, self._manners[0], *self._until, weight, dL, self._told, self.threads,
        )  # fmt: skip
        return self._with_ends(dL, s, self._ends[1], weight)

    def _room(self, s):
        """Room for dL; that of phases in one call is made once."""
        if self._ends is None:
            self._ends, self._told = tuple(np.empty_like(s) for _ in range(3)), np.empty((2, 2))
            sweeps = self.manner.sweeps, self.manner.nudged_sweeps
            self._manners = tuple(
                Order(order, most, self.manner.tolerance)
                for order, most in zip(self.orders, sweeps)
            )
        return np.empty(self.system.size, self.system.dtype)

    def _with_ends(self, dL, s, u, weight):
        """dL with what the system has beside its couplings, at s along u, and how phases ended."""
        dL = self.system.couplings(dL)
        self.system.beside(self, s, u, weight, dL)
        return dL, [Relaxed(int(taken), change) for taken, change in self._told.tolist()]

    def clamp(self, s, o, sweeps):
        """All layers but the last settle."""
        self.top(s)[...] = o
        hidden = self.orders[1]  # that of nudged phases
        hidden = hidden[hidden != len(self.system.codes) - 1]
        if self.manner.nudged_order == FLOW:
            return self._flow(s, self.free, sweeps, hidden)
        order = Order(hidden, sweeps, self.manner.tolerance)
        units, work, free = self.units, self.work, self.free
        self.kernels.relax_states(
            self.net, units, self.couplings, work, free, free, s, order, self.threads
        )
        return self._relaxed()

    def _flow(self, s, pull, sweeps, layers):
        """Euler steps of the flow, of some layers."""
        if np.iscomplexobj(s):
            raise FlownetError("complex states do not flow: take another order, such as odd-even.")
        seen = np.empty_like(s) if self.system.mapped else s
        order = Order(layers, sweeps, self.manner.tolerance)
        rate = s.dtype.type(self.manner.step)
        units, work = self.units, self.work
        self.kernels.flow_states(
            self.net, units, self.couplings, work, pull, self.free, s, seen, order, rate,
            self.threads,
        )  # fmt: skip
        return self._relaxed()

    def yields(self, s, c):
        """Conjugate gradients, each sample for itself."""
        force = np.zeros_like(s)
        self.top(force)[...] = self.on_top(c)
        return self.solve(s, force)

    def on_top(self, c):
        """What a force on the outputs is on the last layer (m, n_l)."""
        return c @ self.system.readout(self.W).weights if self.system.reads_out else c

    def solve(self, s, force):
        """v = H⁻¹·force, of a force on every unit, like a state; beside it how it was reached."""
        if self.system.mapped:  # H of s is ρ′·H·ρ′ of what is seen
            slopes = self._slopes(s)
            force = np.divide(force, slopes, out=np.zeros_like(s), where=slopes > 0)
        v, scratch = np.empty_like(s), np.empty_like(s)
        units, W, work = self.units, self.couplings, self.work
        self.kernels.solve_states(
            self.net, units, W, work, s, force, v, scratch, *self._until, self.threads
        )
        if self.system.mapped:
            v = np.divide(v, slopes, out=np.zeros_like(v), where=slopes > 0)
        return v, self._relaxed()

    def _slopes(self, s):
        """ρ′ of every unit, as a state is."""
        flat = np.ones_like(s)
        slopes = self.system.image_slopes(self.layers(s))
        for out, slope in zip(self.layers(flat), slopes):
            out[...] = slope
        return flat

    def _seen(self, s):
        """ρ(s) of every unit, as a state is."""
        flat = np.empty_like(s)
        for out, seen in zip(self.layers(flat), self.system.images(self.layers(s))):
            out[...] = seen
        return flat

    def along(self, s, u, weight, *, x=True):
        """−Σ weight·(u_l ⊗ s_{l−1} + s_l ⊗ u_{l−1}), with s₀ = x or, without x, s₀ = 0.

        Of units that show ρ(s), with ρ(s) in place of s and ρ′(s)·u in place of u.
        """
        if self.system.mapped:
            s, u = self._seen(s), self._slopes(s) * u
        return self._along(s, u, weight, x)

    def _along(self, s, u, weight, x=True):
        weighed = np.concatenate([(-weight[:, None] * u_l).ravel() for u_l in self.layers(u)])
        dL = self._products(self.x if x else 0 * self.x, s.real, weighed.real, x)
        if np.iscomplexobj(weighed):  # Re(u ⊗ s) = Re u ⊗ Re s − Im u ⊗ Im s
            dL += self._products(np.zeros_like(self.x), s.imag, -weighed.imag, False)
        self.system.beside(self, s, u, weight, dL)
        return dL

    def series(self, s, order, *, V=None, force=None):
        """Taylor coefficients of the state along a line of parameters or nudges: see `_series`."""
        if force is not None:
            given = force

            def force(layers):
                return self.on_top(given([_flat(each) for each in layers]))

        follow = seen_state_series if self.system.mapped else state_series
        return [_flat(layers) for layers in follow(self, s, order, V=V, force=force)]

    def output_series(self, series, V=None):
        """Coefficients of the outputs: where they are read off, W and V read as well."""
        if not self.system.reads_out:
            return [self.outputs(s) for s in series]
        read, found = self.system.readout(self.W), [self.outputs(series[0])]
        for k in range(1, len(series)):
            o = self.top(series[k]) @ read.weights.T
            if V is not None:
                other = self.system.readout(V)
                o = o + self.top(series[k - 1]) @ other.weights.T
                if k == 1 and other.bias is not None:
                    o = o + other.bias
            found.append(o)
        return found

    def seen_series(self, series):
        """Coefficients of ρ(s), of those of s."""
        if not self.system.mapped:
            return series
        return [_flat(r) for r in seen_of(self.system, [self.layers(s) for s in series])]

    def along_seen(self, s, u, weight, *, x):
        """`along`, of what is seen."""
        return self._along(s, u, weight, x)

    def units_of(self, layer):
        """What the units of a layer are."""
        return self.system.of_layer(self.units, layer)

    def _products(self, x, s, u, bias):
        s, u = (np.ascontiguousarray(each, self.system.dtype) for each in (s, u))
        whole = bias and not self.system.reads_out
        dL = (np.empty if whole else np.zeros)(self.system.size, self.system.dtype)
        self.kernels.states_covector(
            self.net, x, s, u, dL, self.m, self.work.zeros, bias, self.threads
        )
        return self.system.couplings(dL)

    def difference(self, plus, minus, weight):
        """Without products that cancel: along s⁺ − s⁻ at the mean of both."""
        if self.system.mapped:
            plus, minus = self._seen(plus), self._seen(minus)
        dL = self._along((plus + minus) / 2, plus - minus, weight)
        self._took()
        return dL

    def _took(self):
        """Tell how long it took from what drives the states to what they say of W."""
        if self._began is not None:
            self._pace.took(self.threads, 1, perf_counter() - self._began)
            self._began = None

    def on_readout(self, s, c, weight, *, bias=True):
        """Σ weight·c ⊗ s of the last layer, and with `bias` weight·c on biases."""
        dL = np.zeros(self.system.size, self.system.dtype)
        read, weighed = self.system.readout(dL), weight[:, None] * c
        read.weights[...] = (weighed.T @ self.top(s)).real
        if read.bias is not None and bias:
            read.bias[...] = weighed.sum(axis=0).real
        return dL

    def _relaxed(self):
        return Relaxed(int(self.work.taken.max()), float(self.work.change.max()))


def _flat(layers):
    """One array of all layers, as a state is."""
    return np.concatenate([layer.ravel() for layer in layers])
