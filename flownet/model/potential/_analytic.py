"""Potentials with closed forms (TM §3.4): what every method here has to reproduce."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError, shown
from ..._registry import kind
from ...kernels import layout
from .. import _check
from ..network import in_complex, in_reals
from ._contract import AnyPotential

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from scipy.sparse.linalg import LinearOperator

    from ..._types import Count, Positive, Vector


class Analytic(AnyPotential):
    """A potential given by a formula; its precision is that of the parameters it is given.

    Attributes
    ----------
    size : int
        D, the number of parameters.
    """

    real_only = True
    code: int
    numbers: Any

    def __init__(self, size: Count) -> None:
        if not _check.is_whole(size, 1, 2**48):
            raise FlownetError(f"size is {shown(size)}; it has to be a whole number above 0.")
        self.size = int(size)

    def value(self, W: ArrayLike) -> float:
        """L(W), a float."""
        return self.differential(W)[0]

    def differential(self, W: ArrayLike, *, lowest: int = 0) -> tuple[float, Vector]:
        """L(W) and the covector dL (D,)."""
        W = self._point("W", W)
        dL = np.zeros_like(W)
        return self.kernels.analytic_differential(self.code, *self.numbers, 1.0, W, dL), dL

    def jet(self, W: ArrayLike, V: ArrayLike, order: int = 2) -> Vector:
        """Taylor coefficients c (order+1,) of s ↦ L(W + sV), exactly."""
        W, V = self._point("W", W), self._point("V", V)
        c = self.kernels.analytic_jet(self.code, *self.numbers, W, V.astype(W.dtype))
        return np.pad(c, (0, max(0, _check.order(order) - 4)))[: order + 1]

    def hessian(self, W: ArrayLike) -> LinearOperator:
        """H at W as a `scipy.sparse.linalg.LinearOperator`."""
        from ..hessian import SeparableHessian  # scipy's operators take a tenth of a second

        return SeparableHessian(self, self._point("W", W))

    linearized_jet = jet  # its output is W itself, which runs straight

    def gauss_newton(self, W: ArrayLike) -> LinearOperator:
        """The Hessian: the output is W itself, and the map to it is straight."""
        return self.hessian(W)

    def _point(self, name, value):
        value = _check.array(name, value)
        dtype = value.dtype if value.dtype == np.float32 else np.float64
        if value.dtype.kind == "c":
            raise FlownetError(f"{self!r} is one of real numbers, and {name} is complex.")
        return _check.vector(name, value, self.size, dtype)

    def __repr__(self):
        words = ", ".join(f"{name}={value:g}" for name, value in self.parameters().items())
        return f"{type(self).__name__}({words})"


@kind("potential", "parabola")
class Parabola(Analytic):
    """Parabola ½κ‖W‖² (weight decay, the regulator of TM 33), with W(t) = W₀e^{−κt}.

    Parameters
    ----------
    size : int
        D, the number of parameters.
    strength : float
        κ.

    Raises
    ------
    FlownetError
        Unless `size` is a whole number from 1 up and `strength` above 0.
    """

    code = layout.PARABOLA
    real_only = False

    def __init__(self, size: Count = 1, *, strength: Positive = 1.0) -> None:
        super().__init__(size)
        self.strength = _check.positive("strength", strength)

    def parameters(self) -> dict[str, Any]:
        """What makes this potential again."""
        return {"size": self.size, "strength": self.strength}

    @property
    def numbers(self) -> Any:
        """What its kernel wants."""
        return self.strength, 0.0

    def derivatives(self, W: Vector) -> tuple[Vector, Vector]:
        """Second and third derivative by each parameter, which bends by itself alone."""
        return np.full_like(W, self.strength), np.zeros_like(W)

    def differential(self, W: ArrayLike, *, lowest: int = 0) -> tuple[float, Vector]:
        """L(W) and the covector dL (D,); of complex parameters ½κΣ|W|² and κW."""
        W = _check.array("W", W)
        if not np.iscomplexobj(W):
            return super().differential(W)
        W = _check.vector("W", W, self.size, W.dtype)
        loss, dL = self._on_reals().differential(in_reals(W))
        return loss, in_complex(dL)

    def jet(self, W: ArrayLike, V: ArrayLike, order: int = 2) -> Vector:
        """Taylor coefficients c (order+1,) of s ↦ L(W + sV), exactly."""
        W = _check.array("W", W)
        if not np.iscomplexobj(W):
            return super().jet(W, V, order)
        W, V = (
            in_reals(_check.vector(name, part, self.size, W.dtype))
            for name, part in (("W", W), ("V", V))
        )
        return self._on_reals().jet(W, V, order)

    linearized_jet = jet

    def fisher(self, W: ArrayLike) -> LinearOperator:
        """κ, the information that a Gaussian prior −log p = ½κ‖W‖² has of W."""
        return self.hessian(W)

    def hessian(self, W: ArrayLike) -> LinearOperator:
        """H at W as a `scipy.sparse.linalg.LinearOperator`; of complex W one on its reals."""
        W = _check.array("W", W)
        if not np.iscomplexobj(W):
            return super().hessian(W)
        return self._on_reals().hessian(in_reals(_check.vector("W", W, self.size, W.dtype)))

    def _on_reals(self):
        return Parabola(2 * self.size, strength=self.strength)

    def exact(self, W0: ArrayLike, t: float) -> Vector:
        """W(t) of the flow from W0 (D,)."""
        W0, t = _check.numbers_in("W0", W0), _check.time_of("t", t)
        return W0 * np.exp(-self.strength * t)


@kind("potential", "quartic")
class Quartic(Analytic):
    """Quartic (α/8)ΣW⁴ (TM 34), with W(t) = W₀/√(1 + αW₀²t).

    Parameters
    ----------
    size : int
        D, the number of parameters.
    alpha : float
        α.

    Raises
    ------
    FlownetError
        Unless `size` is a whole number from 1 up and `alpha` above 0.
    """

    code = layout.QUARTIC

    def __init__(self, size: Count = 1, *, alpha: Positive = 1.0) -> None:
        super().__init__(size)
        self.alpha = _check.positive("alpha", alpha)

    def parameters(self) -> dict[str, Any]:
        """What makes this potential again."""
        return {"size": self.size, "alpha": self.alpha}

    @property
    def numbers(self) -> Any:
        """What its kernel wants."""
        return self.alpha, 0.0

    def derivatives(self, W: Vector) -> tuple[Vector, Vector]:
        """Second and third derivative by each parameter, which bends by itself alone."""
        return 1.5 * self.alpha * W * W, 3 * self.alpha * W

    def exact(self, W0: ArrayLike, t: float) -> Vector:
        """W(t) of the flow from W0 (D,)."""
        W0, t = _check.numbers_in("W0", W0), _check.time_of("t", t)
        return W0 / np.sqrt(1 + self.alpha * W0**2 * t)


@kind("potential", "double-well")
class DoubleWell(Analytic):
    """Double well (α/8)Σ(W² − c²)² (TM 35-37); W² follows a logistic curve.

    Parameters
    ----------
    size : int
        D, the number of parameters.
    alpha : float
        α.
    c : float
        Where the minima are, at ±c.

    Raises
    ------
    FlownetError
        Unless `size` is a whole number from 1 up, and `alpha` and `c` are above 0.
    """

    code = layout.DOUBLE_WELL

    def __init__(self, size: Count = 1, *, alpha: Positive = 1.0, c: Positive = 1.0) -> None:
        super().__init__(size)
        self.alpha, self.c = _check.positive("alpha", alpha), _check.positive("c", c)

    def parameters(self) -> dict[str, Any]:
        """What makes this potential again."""
        return {"size": self.size, "alpha": self.alpha, "c": self.c}

    @property
    def numbers(self) -> Any:
        """What its kernel wants."""
        return self.alpha, self.c

    def derivatives(self, W: Vector) -> tuple[Vector, Vector]:
        """Second and third derivative by each parameter, which bends by itself alone."""
        return self.alpha / 2 * (3 * W * W - self.c**2), 3 * self.alpha * W

    def exact(self, W0: ArrayLike, t: float) -> Vector:
        """W(t) = cW₀/√(W₀² + (c² − W₀²)e^{−αc²t}) of the flow from W0 (D,)."""
        W0, t = self._point("W0", W0).astype(np.float64), _check.time_of("t", t)
        fading = np.exp(-self.alpha * self.c**2 * t)
        size = np.sqrt(W0**2 + (self.c**2 - W0**2) * fading)
        return np.divide(self.c * W0, size, out=np.zeros(W0.shape), where=W0 != 0)


@kind("potential", "uv")
class UV(Analytic):
    """UV model ½f², f = u·v/√n, W = (u, v): one hidden linear layer at one sample.

    (Lewkowycz et al., arXiv:2003.02218.)

    Parameters
    ----------
    n : int
        Hidden units; D = 2n.

    Raises
    ------
    FlownetError
        Unless `n` is a whole number from 1 up.
    """

    code = layout.UV

    def __init__(self, n: Count = 1) -> None:
        super().__init__(n)
        self.n, self.size = self.size, 2 * self.size

    def parameters(self) -> dict[str, Any]:
        """What makes this potential again."""
        return {"n": self.n}

    @property
    def numbers(self) -> Any:
        """What its kernel wants."""
        return 0.0, 0.0

    def hessian(self, W: ArrayLike) -> LinearOperator:
        """H at W as a `scipy.sparse.linalg.LinearOperator`."""
        from ..hessian import UVHessian  # scipy's operators take a tenth of a second

        return UVHessian(self, self._point("W", W))

    def exact(self, W0: ArrayLike, t: float) -> Vector:
        """W(t) of the flow from W0 (2n,): u+v shrinks by what u−v grows, w = e^{2τ} is Riccati's.

        With A = ‖u₀+v₀‖², B = ‖u₀−v₀‖²: ẇ = (A − Bw²)/2n, w(0) = 1.
        """
        W0, t = self._point("W0", W0).astype(np.float64), _check.time_of("t", t)
        plus, minus = W0[: self.n] + W0[self.n :], W0[: self.n] - W0[self.n :]
        a, b = plus @ plus / (2 * self.n), minus @ minus / (2 * self.n)
        k = np.sqrt(a * b)
        sinh = np.tanh(k * t) / k if k > 0 else t  # over cosh, which both parts share
        growth = np.sqrt((1 + a * sinh) / (1 + b * sinh))
        plus, minus = plus / growth, minus * growth
        return np.concatenate([plus + minus, plus - minus]) / 2
