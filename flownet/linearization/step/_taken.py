"""Where a step was taken: the potential, the parameters, the displacement, and the metric."""

from functools import cached_property

import numpy as np

from ..._errors import FlownetError
from ...geometry.curvature import metric_hessian
from ...geometry.metric import Euclidean, metric_of
from ...model.potential import Reals


class TakenStep:
    """A displacement δ (D,) at parameters W (D,) of a potential, in float64.

    Complex parameters are taken as twice as many reals, re and im apart.
    What depends on a basis is seen in g-orthonormal coordinates x = g^{1/2}δ of the free
    parameters; frozen ones, of infinite stiffness, do not count. A norm has none: there the bases
    are those of the plain metric.
    """

    def __init__(self, potential, W, delta, metric=None):
        reals = Reals.in_double(potential)
        self.potential = reals.potential
        self.W, self.delta = reals.in_double_of(W), reals.in_double_of(delta)
        metric = metric_of(metric, potential)
        metric = metric if metric.linear else Euclidean(metric.size)
        self.metric = reals.of_metric(metric).seen_at(self.W)

    def __getstate__(self):
        """Where it was taken, for pickle and copies; the rest is worked out again."""
        return {name: vars(self)[name] for name in ("potential", "W", "delta", "metric")}

    @cached_property
    def dL(self):
        """Covector (D,) at W."""
        return self.potential.differential(self.W)[1]

    @cached_property
    def bending(self):
        """The Hessian at W in coordinates, g^{-1/2} H g^{-1/2}, as a linear operator (F, F)."""
        offered(self.potential, "hessian")
        return metric_hessian(self.potential, self.W, self.metric)

    @cached_property
    def x(self):
        """Coordinates g^{1/2}δ (F,) of the free parameters."""
        if self.delta[~self.free].any():
            raise FlownetError(
                "the displacement moves parameters that the metric freezes: it has no length."
            )
        return self.metric.coordinates(self.delta)[self.free]

    @property
    def free(self):
        """Which parameters (D,) may move."""
        return self.metric.free

    @property
    def dimension(self):
        """F, the number of parameters that may move."""
        return int(np.count_nonzero(self.free))

    @cached_property
    def norm2(self):
        """g(δ, δ)."""
        return float(self.x @ self.x)

    @property
    def hessian(self):
        """The Hessian at W, with its state kept: `.action(V)`, `.third_action(V)`."""
        return self.bending.hessian

    def delivered(self, V):
        """L(W + V) − L(W)."""
        return float(self.potential.difference(self.W, V))

    @cached_property
    def network(self):
        """The potential's network; an error where it has none."""
        network = self.potential.network
        if network is None:
            raise FlownetError(f"{self.potential!r} has no network, hence no layers and neurons.")
        return network

    @cached_property
    def work(self):
        """Multiply-adds of one forward pass: parameters times samples."""
        data = self.potential.data
        return len(self.W) * (1 if data is None else data.m)


class Held:
    """A `TakenStep` that is at hand: called, it gives it."""

    def __init__(self, taken):
        self.taken, self.potential = taken, taken.potential

    def __call__(self):
        return self.taken


class OfRun:
    """Step k of a run: called, it gives its `TakenStep` made anew."""

    def __init__(self, run, k, metric=None):
        self.run, self.k, self.metric = run, k, metric

    @property
    def potential(self):
        """The run's."""
        return self.run.potential

    def __call__(self):
        return taken_step(self.run, self.k, self.metric)


def offered(potential, method):
    """Refuse a potential that lacks a method."""
    if not potential.offers(method):
        raise FlownetError(
            f"a {potential.name} offers no {method}(): its steps cannot be broken down so."
        )


def on_reals(potential, W, metric=None):
    """Potential, W and metric of the reals that complex parameters are; real ones as they are."""
    reals = Reals(potential)
    if reals.pairs and W is not None:
        W = reals.in_double_of(W)
    return reals.potential, W, reals.of_metric(metric)


def taken_step(run, k, metric=None):
    """`TakenStep` of step k of a run, of rows that are both recorded: the actual displacement."""
    metric = metric_of(run.metric_at(k) if metric is None else metric, run.potential)
    row = int(np.searchsorted(run.iteration, k))
    before, after = run.parameters[row], run.parameters[row + 1]
    return TakenStep(
        run.potential_at(k),
        before,
        after.astype(np.result_type(after, float)) - before,
        metric.at(run.time[row]),
    )
