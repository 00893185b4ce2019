"""The door between complex parameters and the reals that the rooms above know.

Geometry, motion and linearization see potentials of real parameters only: those of a complex one
are the 2D reals (re, im, re, im, …) that its D numbers are. What a user hands in goes through this
door at the public call, and what he is given comes back through it.
"""

import numpy as np

from ..network import in_complex, in_reals
from ._own import as_potential
from ._real_view import in_double, seen_in_reals


class Reals:
    """A potential, its parameters and its metric, as inner rooms know them, and the way back.

    Parameters
    ----------
    potential : potential
    dtype : dtype, optional
        Of the parameters: that of the potential by default. A potential without a precision of its
        own takes parameters of any.

    Attributes
    ----------
    pairs : bool
        Whether two reals are one complex number.
    potential : AnyPotential
        Of the reals; the one given where its parameters are real.
    """

    def __init__(self, potential, dtype=None):
        given = as_potential(potential, needs=())
        dtype = given.dtype if dtype is None else dtype
        self.pairs = dtype is not None and np.dtype(dtype).kind == "c"
        self.potential = seen_in_reals(given, dtype) if self.pairs else given

    @classmethod
    def in_double(cls, potential):
        """Those of a potential in double precision."""
        return cls(in_double(as_potential(potential, needs=())))

    @property
    def size(self):
        """D, the number of parameters as they were given."""
        return self.potential.size // (1 + self.pairs)

    @property
    def dtype(self):
        """Double precision of the parameters as they are given."""
        return np.dtype(np.complex128 if self.pairs else np.float64)

    def of(self, W):
        """The reals of parameters, displacements or covectors (…, D); the same memory."""
        return in_reals(W) if self.pairs else W

    def in_double_of(self, W):
        """The same in double precision, of anything like an array."""
        return self.of(np.asarray(W, self.dtype))

    def back(self, u):
        """Parameters, displacements or covectors (…, D) of reals; the same memory."""
        return in_complex(u) if self.pairs else u

    def of_metric(self, metric):
        """The metric of the reals; None is None."""
        return metric.real_view() if self.pairs and metric is not None else metric
