"""The compiled flow of a potential, as the integration wants it."""

from contextlib import contextmanager

import numpy as np

from ...kernels.layout import Followed
from ...kernels.scalar import mechanics as scalar
from .._problem import CompiledSum


class PotentialFlow:
    """The flow of a sum of potentials that kernels know, under some mechanics."""

    def __init__(self, potential, metric, dtype, rate, decays):
        self._rate, self._decays, self.metric = rate, decays, metric
        self.stabilise = isinstance(
            rate.numbers, scalar.Aristotle
        )  # of others the spectrum is not real
        self._compiled = CompiledSum(potential, dtype)
        self._dL = np.zeros(potential.size, dtype)
        self.integrate = potential.kernels.integrate_flow
        self._rule, self._in = None, None  # of the metric that it was made for

    @contextmanager
    def followed(self, threads=None):
        """`Followed`, what the kernel wants first."""
        p = self._compiled
        if self._in is not self.metric:
            self._in = self.metric
            numbers = self._rate.numbers
            self._rule = p.rule(self.metric, 0.0, numbers=numbers, seed=0, **self._decays)
        with p.for_kernels() as problem:
            threads = threads or p.threads
            yield Followed(problem, self._rule, self._dL, threads, self._of_kinks())

    @property
    def pace(self):
        """What finds the number of threads as the flow goes on."""
        return self._compiled.pace

    @property
    def state(self):
        """Arrays beside the solution that the next step depends on, by name."""
        return {}

    def _of_kinks(self):
        """`Kinks` of a network that has any; this flow sees none."""
