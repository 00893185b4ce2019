"""Charts: other coordinates u of parameter space, and the map W(u) back to the parameters.

A chart carries a displacement v of u to one of W, and a covector dL on W back to one on u:

    W′(u)v = d/ds W(u + sv) at s = 0,    W′(u)ᵀdL,  with Re⟨conj(dL), W′v⟩ = ⟨W′ᵀdL, v⟩.

Both also come as Taylor series in s along the line u + sv: of the curve W(u + sv), and of the
pullback W′(u + sv)ᵀdL of a fixed covector. What is seen through a chart follows from these two.
"""

import numpy as np

from ..._errors import FlownetError


class AnyChart:
    """A map u ↦ W(u) from coordinates u (D_u,) to parameters W (D,).

    Attributes
    ----------
    size, size_W : int or None
        D_u and D; None where any number will do, the same for both.
    linear : bool
        Whether W(u) is straight, all second derivatives 0.
    elementwise : bool
        Whether each parameter depends on its own coordinate alone.
    diagonal : bool
        Whether a diagonal metric is seen as one, by `stiffness(u, k)`, and `christoffel(u, v)`
        tells its geodesics.
    onto : bool
        Whether every displacement of W is that of some u: else W moves on a surface.
    invertible : bool
        Whether `to_u` is known.
    """

    size = size_W = None
    linear = elementwise = diagonal = False
    onto = invertible = True

    def to_W(self, u):
        """Parameters W (…, D) of coordinates u (…, D_u)."""
        raise NotImplementedError

    def to_u(self, W, near=None):
        """Coordinates u (…, D_u) of parameters W (…, D); of several the ones beside `near`."""
        raise FlownetError(f"{self!r} has no inverse to_u.")

    def pushforward(self, u, v):
        """Displacement W′(u)v (D,) of the parameters."""
        return self.series(u, v, 1)[1]

    def pullback(self, u, dL):
        """Covector W′(u)ᵀdL (D_u,) on the coordinates."""
        return self.pullback_series(u, np.zeros_like(u), dL, 0)[0]

    def series(self, u, v, order):
        """Taylor coefficients (order+1, D) of s ↦ W(u + sv)."""
        raise NotImplementedError

    def pullback_series(self, u, v, dL, order):
        """Taylor coefficients (order+1, D_u) of s ↦ W′(u + sv)ᵀdL, dL fixed."""
        raise NotImplementedError

    def lift(self, u, V):
        """A displacement v (D_u,) of the coordinates that moves W by V: W′(u)v = V."""
        raise FlownetError(f"{self!r} has no lift of displacements of W.")

    def drop(self, u, covector):
        """The covector (D,) on W whose pullback is this one (D_u,): the adjoint of `lift`."""
        raise FlownetError(f"{self!r} has no drop of covectors.")

    def frees(self, free):
        """Mask (D_u,) of the coordinates that may move where these parameters (D,) may: all."""
        return np.ones(self.size or free.size, bool)

    def dtype_of_u(self, dtype):
        """Precision of the coordinates of parameters of a dtype."""
        return dtype

    def dtype_of_W(self, dtype):
        """Precision of the parameters of coordinates of a dtype."""
        return np.dtype(dtype)

    def __repr__(self):
        return f"{type(self).__name__}()"
