"""What a flow integrates: the rate of a potential's parameters and of what mechanics remember."""

from contextlib import contextmanager

import numpy as np

from .._errors import FlownetError
from ..kernels import flow as compiled
from ..kernels import mechanics as kernel
from ..kernels import motion, rates
from ._mechanics import Rate
from ._problem import Problem, is_compiled
from ._python_field import PythonField


class System:
    """A flow of a potential's parameters, and of what mechanics remember beside them.

    Attributes
    ----------
    field
        What is integrated: dy/dt of y = (W, memories, time); it also tells L and ‖dL‖², where a
        field of Python has to (`told`).
    """

    def __init__(self, potential, metric, dtype, *, field=None, mechanics=None, told=True):
        self._potential, self._metric = potential, metric
        self._rate = mechanics.rate() if mechanics else Rate(kernel.ARISTOTLE, np.zeros(0), 0, 0)
        rule = mechanics.rule(dtype, 0) if mechanics else {}
        self._decays = {name: rule.get(name, 0.0) for name in ("decay", "shrink")}
        if field is not None:
            self.field = PythonField(lambda W: _checked(field.velocity(potential, metric, W), W),
                                     self._told if told else None)
        elif is_compiled(potential):
            self.field = PotentialFlow(potential, metric, dtype, self._rate, self._decays)
        else:
            self.field = PythonField(self._slope, (lambda y: self._seen) if told else None,
                                     self._rate.code == kernel.ARISTOTLE)

    def start(self, W):
        """y of parameters W (D,) that rest and remember nothing, at time 0."""
        size = W.size * (1 + self._rate.memories) + self._rate.clock
        return np.concatenate([W, np.zeros(size - W.size, W.dtype)])

    def value(self, W):
        """L(W)."""
        return self._potential.value(W)

    def meters(self, W):
        """L and ‖dL‖ in the metric."""
        loss, norm2 = self._told(W)
        return loss, np.sqrt(norm2)

    def _slope(self, y):
        W, out = y[:self._potential.size], np.empty_like(y)
        loss, dL = self._potential.differential(W)
        dL = dL + self._decays["decay"] * W
        F = out[:W.size]
        F[:] = -self._metric.sharp(dL)
        self._seen = loss, -float(np.vdot(dL, F))
        rates.rate(self._rate.code, self._rate.numbers, y, F, out)
        F -= self._decays["shrink"] * self._metric.sharp(W)
        return out

    def _told(self, W):
        loss, dL = self._potential.differential(W)
        return loss, float(np.vdot(dL, self._metric.sharp(dL)))


def _checked(velocity, W):
    velocity = np.asarray(velocity)
    if velocity.shape != W.shape or velocity.dtype.kind != "f":
        raise FlownetError(f"the field's velocity is {velocity.dtype} {velocity.shape}; it has to "
                           f"be real, {W.shape}.")
    return velocity


class PotentialFlow:
    """The flow of a sum of potentials that kernels know, under some mechanics."""

    def __init__(self, potential, metric, dtype, rate, decays):
        self._rate, self._decays = rate, decays
        self.stabilise = rate.code == kernel.ARISTOTLE  # of others the spectrum is not real
        self._problem = Problem(potential, metric, dtype)
        self._dL = np.zeros(potential.size, dtype)
        self.integrate = compiled.integrate_flow

    @contextmanager
    def problem(self):
        """What the kernel wants first."""
        p = self._problem
        rule = motion.Rule(False, p.bounds, p.sharp, p.lowest, self._rate.code, self._rate.numbers,
                           **self._decays)
        with p.workspace() as work:
            yield (*p.compiled, p.terms, work, p.batches, rule, self._dL, p.threads)
