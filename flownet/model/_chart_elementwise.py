"""Charts that give each parameter a coordinate of its own, W_i = f(u_i)."""

import math

import numpy as np

from .._errors import FlownetError, shown
from .._kinds import kind
from . import _check
from ._chart import AnyChart


class Elementwise(AnyChart):
    """A chart W_i = f_i(u_i): all it does follows from the Taylor coefficients of f.

    A pulled-back metric is then diagonal where the metric is, and so on for curvatures.
    """

    elementwise = True

    def coefficients(self, u, order):
        """Taylor coefficients f⁽ᵏ⁾(u)/k!, k = 0 … order: (order+1, D)."""
        raise NotImplementedError

    def to_W(self, u):
        """Parameters W (…, D) of coordinates u (…, D)."""
        return self.coefficients(np.asarray(u), 0)[0]

    def series(self, u, v, order):
        """Taylor coefficients (order+1, D) of s ↦ W(u + sv)."""
        return self.coefficients(u, order) * _powers(v, order)

    def pullback_series(self, u, v, dL, order):
        """Taylor coefficients (order+1, D) of s ↦ W′(u + sv)ᵀdL."""
        k = np.arange(1, order + 2, dtype=u.real.dtype)[:, None]
        slopes = k * self.coefficients(u, order + 1)[1:] * _powers(v, order)
        covector = np.conj(slopes) * dL
        return covector if u.dtype.kind == "c" else covector.real

    def slope(self, u):
        """W′(u) (D,)."""
        return self.coefficients(u, 1)[1]

    def lift(self, u, V):
        """V/W′(u) (D,)."""
        return V / self.slope(u)

    def drop(self, u, covector):
        """The covector over conj W′(u) (D,)."""
        return covector / np.conj(self.slope(u))


def _powers(v, order):
    """v⁰ … v^order: (order+1, D)."""
    return np.cumprod([np.ones_like(v)] + [v] * order, axis=0)


@kind("chart", "sinh")
class Sinh(Elementwise):
    """Chart W = scale·sinh u of every parameter: straight about 0, logarithmic far out.

    In the metric of W seen there, scale²·cosh²u, the Christoffel symbol is Γ = W″/W′ = tanh u: a
    finite step u + hV differs from the geodesic by ½h²·tanh(u)·V² and third order.

    Parameters
    ----------
    scale : float
        Size of a weight from which on the chart bends.

    Raises
    ------
    FlownetError
        When it is not above 0.
    """

    def __init__(self, scale=1.0):
        self.scale = _check.positive("scale", scale)

    def parameters(self):
        """What makes this chart again."""
        return {"scale": self.scale}

    def coefficients(self, u, order):
        """sinh u, cosh u, sinh u/2!, cosh u/3!, … times the scale."""
        even_odd = self.scale * np.sinh(u), self.scale * np.cosh(u)
        return np.array([even_odd[k % 2] / math.factorial(k) for k in range(order + 1)])

    def to_u(self, W, near=None):
        """Coordinates arsinh(W/scale) (…, D)."""
        return np.arcsinh(np.asarray(W) / self.scale)

    def __repr__(self):
        return "Sinh()" if self.scale == 1 else f"Sinh({self.scale:g})"


@kind("chart", "rescaling")
class Rescaling(Elementwise):
    """Chart W = factors·u: other units. There even finite steps agree, in the metric carried along.

    Parameters
    ----------
    factors : array (D,)
        Finite numbers other than 0.

    Raises
    ------
    FlownetError
        When they are not.
    """

    linear = True

    def __init__(self, factors):
        self.factors = _check.numbers_of("factors", factors)
        if self.factors.ndim != 1 or not (np.isfinite(self.factors) & (self.factors != 0)).all():
            raise FlownetError(f"factors is {shown(factors)}; it has to be a row of finite numbers "
                               "other than 0, one for each parameter.")
        self.size = self.size_W = self.factors.size

    def parameters(self):
        """What makes this chart again."""
        return {"factors": self.factors}

    def coefficients(self, u, order):
        """factors·u, factors, 0, …"""
        rows = np.zeros((order + 1, *u.shape), u.dtype)
        factors = self.factors.astype(u.real.dtype)
        rows[0] = factors * u
        if order:
            rows[1] = factors
        return rows

    def to_u(self, W, near=None):
        """Coordinates W/factors (…, D)."""
        W = np.asarray(W)
        return W / self.factors.astype(W.real.dtype)

    def __repr__(self):
        return f"Rescaling of {self.size} parameters"


@kind("chart", "phases")
class Phases(Elementwise):
    """Chart W = ρ·e^{iθ}: complex weights of fixed modulus ρ (1: unitary), real coordinates θ.

    A covector dL = ∂L/∂x + i ∂L/∂y on W is one Re(conj(iW)·dL) on θ. The torus is flat: the metric
    of the plane seen there is ρ², constant, and a geodesic step is a plain step of θ.

    Parameters
    ----------
    modulus : float or array (D,)
        ρ, above 0.

    Raises
    ------
    FlownetError
        When a modulus is not above 0.
    """

    onto = False

    def __init__(self, modulus=1.0):
        self.modulus = _check.numbers_of("modulus", modulus)
        if self.modulus.ndim > 1 or not (np.isfinite(self.modulus) & (self.modulus > 0)).all():
            raise FlownetError(f"modulus is {shown(modulus)}; it has to be a number above 0, or "
                               "one for each weight.")
        if self.modulus.ndim:
            self.size = self.size_W = self.modulus.size

    def parameters(self):
        """What makes this chart again."""
        return {"modulus": self.modulus if self.modulus.ndim else float(self.modulus)}

    def coefficients(self, u, order):
        """W, iW, −W/2!, −iW/3!, …"""
        W = (self.modulus * np.exp(1j * u)).astype(self.dtype_of_W(u.dtype))
        return np.array([W * W.dtype.type(1j**k / math.factorial(k)) for k in range(order + 1)])

    def to_u(self, W, near=None):
        """Angles θ (…, D) of complex weights, in (−π, π] or within π of `near`; ρ is not asked."""
        theta = np.angle(W)
        if near is None:
            return theta
        turn = np.asarray(2 * np.pi, theta.dtype)
        return theta + turn * np.round((near - theta) / turn)

    def lift(self, u, V):
        """Refused: weights of fixed modulus cannot move anywhere."""
        raise FlownetError("weights of fixed modulus move along their circles alone: a "
                           "displacement of W has no lift to their phases.")

    def drop(self, u, covector):
        """Refused, like `lift`."""
        return self.lift(u, covector)

    def dtype_of_u(self, dtype):
        """float32 of complex64, float64 of complex128."""
        return np.zeros(0, dtype).real.dtype

    def dtype_of_W(self, dtype):
        """complex64 of float32, complex128 of float64."""
        return np.result_type(dtype, np.complex64)

    def __repr__(self):
        return ("Phases()" if (self.modulus == 1).all() else
                f"Phases({self.modulus:g})" if not self.modulus.ndim else
                f"Phases of {self.size} weights")
