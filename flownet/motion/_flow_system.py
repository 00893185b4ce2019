"""What a flow integrates: the rate of a potential's parameters and of what mechanics remember."""

from contextlib import contextmanager

import numpy as np

from .._errors import FlownetError
from ..kernels import flow as compiled
from ..kernels import mechanics as kernel
from ..kernels import motion
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
        self._code = mechanics.code if mechanics else kernel.ARISTOTLE
        self._rates = mechanics.rates if mechanics else np.zeros(0)
        if field is not None:
            self.field = PythonField(lambda W: _checked(field.velocity(potential, metric, W), W),
                                     self._told if told else None)
        elif is_compiled(potential):
            self.field = PotentialFlow(potential, metric, dtype, self._code, self._rates)
        else:
            self.field = PythonField(self._slope, (lambda y: self._seen) if told else None,
                                     self._code == kernel.ARISTOTLE)

    def start(self, W):
        """y of parameters W (D,) that rest and remember nothing, at time 0."""
        size = W.size * (1 + kernel.MEMORIES[self._code]) + kernel.CLOCKS[self._code]
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
        F = out[:W.size]
        F[:] = -self._metric.sharp(dL)
        self._seen = loss, -float(np.vdot(dL, F))
        kernel.rate(self._code, self._rates, y, F, out)
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

    def __init__(self, potential, metric, dtype, code, rates):
        self._code, self._rates = code, rates
        self.stabilise = code == kernel.ARISTOTLE  # of others the spectrum is not real
        self._problem = Problem(potential, metric, dtype)
        self._dL = np.zeros(potential.size, dtype)
        self.integrate = compiled.integrate_flow

    @contextmanager
    def problem(self):
        """What the kernel wants first."""
        p = self._problem
        rule = motion.Rule(False, p.bounds, p.sharp, p.lowest, self._code, self._rates)
        with p.workspace() as work:
            yield (*p.compiled, p.terms, work, p.batches, rule, self._dL, p.threads)
