"""A chart of complex coordinates as one of the reals that they and the parameters are."""

import numpy as np

from ..network import in_complex, in_reals
from ._chart import AnyChart


class ChartOfReals(AnyChart):
    """The chart of complex coordinates seen by the reals (re, im, re, im, …) on both sides.

    Parameters
    ----------
    chart : chart
        Of complex coordinates and complex parameters.
    """

    def __init__(self, chart):
        self.of = chart
        self.size, self.size_W = (n and 2 * n for n in (chart.size, chart.size_W))
        self.linear, self.diagonal = chart.linear, chart.diagonal
        self.onto, self.invertible = chart.onto, chart.invertible

    def to_W(self, u):
        """Parameters W (…, 2D) of coordinates u (…, 2D_u)."""
        return in_reals(self.of.to_W(in_complex(u)))

    def to_u(self, W, near=None):
        """Coordinates u (…, 2D_u) of parameters W (…, 2D)."""
        near = None if near is None else in_complex(near)
        return in_reals(self.of.to_u(in_complex(W), near))

    def pushforward(self, u, v):
        """Displacement W′(u)v (2D,) of the parameters."""
        return in_reals(self.of.pushforward(in_complex(u), in_complex(v)))

    def pullback(self, u, dL):
        """Covector W′(u)ᵀdL (2D_u,) on the coordinates."""
        return in_reals(self.of.pullback(in_complex(u), in_complex(dL)))

    def series(self, u, v, order):
        """Taylor coefficients (order+1, 2D) of s ↦ W(u + sv)."""
        return in_reals(self.of.series(in_complex(u), in_complex(v), order))

    def pullback_series(self, u, v, dL, order):
        """Taylor coefficients (order+1, 2D_u) of s ↦ W′(u + sv)ᵀdL."""
        u, v, dL = in_complex(u), in_complex(v), in_complex(dL)
        return in_reals(self.of.pullback_series(u, v, dL, order))

    def lift(self, u, V):
        """A displacement v (2D_u,) of the coordinates that moves W by V."""
        return in_reals(self.of.lift(in_complex(u), in_complex(V)))

    def drop(self, u, covector):
        """The covector (2D,) on W whose pullback is this one."""
        return in_reals(self.of.drop(in_complex(u), in_complex(covector)))

    def stiffness(self, u, k):
        """Stiffness (2D_u,) of each coordinate, where k (2D,) is that of each parameter."""
        return np.repeat(self.of.stiffness(in_complex(u), k[::2]), 2)

    def christoffel(self, u, v):
        """Γ(v, v) (2D_u,) of a diagonal metric seen there."""
        return in_reals(self.of.christoffel(in_complex(u), in_complex(v)))

    def frees(self, free):
        """Mask (2D_u,) of the coordinates that may move where these parameters (2D,) may."""
        return np.repeat(self.of.frees(free[::2]), 2)

    def __repr__(self):
        return repr(self.of)
