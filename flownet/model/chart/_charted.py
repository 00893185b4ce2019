"""A potential seen in other coordinates, L̃(u) = L(W(u)): covector, series, curvature follow."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError, shown
from .. import _check
from ..network import in_complex
from ..potential import AnyPotential, RealView, as_potential
from ._chart import AnyChart

if TYPE_CHECKING:
    from numpy.typing import DTypeLike
    from scipy.sparse.linalg import LinearOperator

    from ..._types import Device, Vector
    from ...data import Dataset

_MOST = 4  # order of the series through a chart that is not straight


class Charted(AnyPotential):
    """A potential in the coordinates u of a chart, L̃(u) = L(W(u)), itself a potential over u.

    dL̃ = W′ᵀdL; along a line u + sv it is L along the curve W(s) = W₀ + W₁s + W₂s² + …, whose
    Taylor coefficients follow from the derivatives of L at W₀ alone (Faà di Bruno), exactly:

        c₂ = dL·W₂ + ½H(W₁,W₁)
        c₃ = dL·W₃ + H(W₁,W₂) + T(W₁,W₁,W₁)/6
        c₄ = dL·W₄ + H(W₁,W₃) + ½H(W₂,W₂) + ½T(W₁,W₁,W₂) + D⁴(W₁,W₁,W₁,W₁)/24

    Only the flow is intrinsic: it is the same curve in all charts if the metric goes along,
    `PulledBack`. The steps are not, and are what is compared here.

    Parameters
    ----------
    potential : Potential, or any with `size`, `value(W)` and `differential(W)`
        Over W.
    chart : chart
        `Sinh()`, `WeightNormalisation(network)`, `Rescaling(factors)`, `Phases()`, or a `Chart`
        of your own.

    Attributes
    ----------
    size : int
        D_u, the number of coordinates.
    potential, chart
        What it was made of.

    Raises
    ------
    FlownetError
        Unless the chart gives as many parameters as the potential has.

    Examples
    --------
    >>> import flownet as fn
    >>> well = fn.Charted(fn.DoubleWell(3), fn.Sinh())
    >>> loss, dL = well.differential(well.to_u([0.5, 1.0, 2.0]))
    """

    def __init__(self, potential: AnyPotential, chart: AnyChart) -> None:
        potential = as_potential(potential)
        if not isinstance(chart, AnyChart):
            raise FlownetError(f"chart is {shown(chart)}; it has to be one such as flownet.Sinh().")
        if chart.size_W not in (None, potential.size):
            raise FlownetError(
                f"the chart is one of {chart.size_W} parameters, the potential has "
                f"{potential.size}."
            )
        self.potential, self.chart = potential, chart
        self.size, self.device = chart.size or potential.size, potential.device

    @property
    def dtype(self) -> np.dtype | None:  # type: ignore[override]
        """Precision of the coordinates; None where the potential has none."""
        dtype = self.potential.dtype
        return dtype and self.chart.dtype_of_u(dtype)

    @property
    def data(self) -> Dataset | None:  # type: ignore[override]
        """Data of the potential, or None."""
        return self.potential.data

    @property
    def of_user(self) -> bool:  # type: ignore[override]
        """Whether a program of a user's own is a term of it."""
        return any(atom.of_user for _, atom in self.potential.atoms())

    @property
    def couples(self) -> bool:  # type: ignore[override]
        """Whether the loss of one sample depends on the outputs of others."""
        return any(atom.couples for _, atom in self.potential.atoms())

    @property
    def mixes(self) -> bool:  # type: ignore[override]
        """Whether a coordinate moves several parameters, so that H̃ has no diagonal of its own."""
        complex_W = np.dtype(self.potential.dtype or float).kind == "c"
        return complex_W or not self.chart.elementwise

    def offers(self, *names: str) -> bool:
        """Whether the potential of W offers all of these, and so this one."""
        return super().offers(*names) and self.potential.offers(*names)

    def to_W(self, u: Vector) -> Vector:
        """Parameters W (…, D) of coordinates u (…, D_u), such as the rows of a run."""
        return self.chart.to_W(_check.numbers_in("u", u))

    def to_u(self, W: Vector) -> Vector:
        """Coordinates u (…, D_u) of parameters W (…, D)."""
        return self.chart.to_u(_check.numbers_in("W", W))

    def init(self, seed: int = 0) -> Vector:
        """Coordinates (D_u,) of the network's initial parameters."""
        return self.chart.to_u(self.potential.init(seed))

    def value(self, u: Vector) -> float:
        """L̃(u), a float."""
        return self.potential.value(self.chart.to_W(self._point("u", u)))

    def differential(self, u: Vector, *, lowest: int = 0) -> tuple[float, Vector]:
        """L̃(u) and the covector W′ᵀdL (D_u,)."""
        u = self._point("u", u)
        loss, dL = self.potential.differential(self.chart.to_W(u))
        return loss, self.chart.pullback(u, dL)

    def difference(self, u: Vector, v: Vector) -> float:
        """L̃(u + v) − L̃(u)."""
        u, v = self._point("u", u), self._point("v", v)
        W = self.chart.to_W(u)
        return self.potential.difference(W, self.chart.to_W(u + v) - W)

    def jet(self, u: Vector, v: Vector, order: int = 2) -> Vector:
        """Taylor coefficients c (order+1,) of s ↦ L̃(u + sv), exactly; up to order 4.

        Of any order where the chart is straight.
        """
        u, v = self._point("u", u), self._point("v", v)
        order, straight = _check.order(order), self.potential.jet
        if self.chart.linear or order < 2:
            W, V = self.chart.series(u, v, 1)
            return straight(W, V, order)
        if order > _MOST:
            raise FlownetError(
                f"order is {order}; through a chart that bends the series is known "
                f"up to order {_MOST}."
            )
        W, *curve = self.chart.series(u, v, order)
        return straight(W, curve[0], order) + self._bent(self._hessian(W), curve)

    def _bent(self, H, curve):
        """What the bends W₂, W₃, … of the curve add to the coefficients along W₁."""
        c, dL, (first, second) = np.zeros(len(curve) + 1), H.dL, curve[:2]
        c[2] = _pair(dL, second)
        if len(curve) > 2:
            bend = H.action(first)
            c[3] = _pair(dL, curve[2]) + _pair(bend, second)
        if len(curve) > 3:
            c[4] = (
                _pair(dL, curve[3])
                + _pair(bend, curve[2])
                + (_pair(H.action(second), second) + _pair(H.third_action(first), second)) / 2
            )
        return c

    @property
    def jet_order(self) -> float:  # type: ignore[override]
        """The highest order of its jets."""
        return min(self.potential.jet_order, math.inf if self.chart.linear else _MOST)

    def jet_error(self, u: Vector, v: Vector, order: int = 2) -> Vector:
        """By how much the potential's method may put each coefficient off, along W′v."""
        u, v = self._point("u", u), self._point("v", v)
        return self.potential.jet_error(*self.chart.series(u, v, 1), order)

    def programs(self) -> list[dict[str, Any]]:
        """What a file keeps of terms that no table can make again."""
        return self.potential.programs()

    def linearized_jet(self, u: Vector, v: Vector, order: int = 2) -> Vector:
        """Taylor coefficients of the loss along a straight line of outputs Ŷ + s·Jv.

        What the loss bends does not ask for coordinates: it is that of W along W′v.
        """
        u, v = self._point("u", u), self._point("v", v)
        W, V = self.chart.series(u, v, 1)
        return self.potential.linearized_jet(W, V, order)

    def hessian(self, u: Vector) -> LinearOperator:
        """H̃ at u as a `scipy.sparse.linalg.LinearOperator`."""
        from ..hessian import ChartedHessian  # scipy's operators take a tenth of a second

        u = self._point("u", u)
        return ChartedHessian(self.chart, u, self._hessian(self.chart.to_W(u)))

    def gauss_newton(self, u: Vector) -> LinearOperator:
        """Gauss-Newton W′ᵀFW′ at u: a tensor, the same whatever the chart."""
        return self._carried(self.potential.gauss_newton, u)

    def fisher(self, u: Vector) -> LinearOperator:
        """Fisher information W′ᵀFW′ at u."""
        return self._carried(self.potential.fisher, u)

    def empirical_fisher(self, u: Vector) -> LinearOperator:
        """Empirical Fisher at u."""
        return self._carried(self.potential.empirical_fisher, u)

    def _carried(self, operator, u):
        from ..gauss_newton import ChartedAction  # scipy's operators take a tenth of a second

        u = self._point("u", u)
        W = self.chart.to_W(u)
        return ChartedAction(self.chart, u, operator(W), W.dtype)

    def _hessian(self, W):
        """H of the potential, that acts on what W is made of."""
        from ..hessian import OnComplex  # scipy's operators take a tenth of a second

        H = self.potential.hessian(W)
        return OnComplex(H, W.dtype) if W.dtype.kind == "c" else H

    def with_dtype(self, dtype: DTypeLike) -> Charted:
        """The same potential for coordinates of another precision."""
        wanted = self.chart.dtype_of_W(np.dtype(dtype)).name
        return Charted(self.potential.with_dtype(wanted), self.chart)

    def on_device(self, device: Device) -> Charted:
        """The same potential with the kernels of a device, or the line that says why not."""
        if device == self.device:
            return self
        return Charted(self.potential.on_device(device), self.chart)

    def on(self, rows: Vector) -> Charted:
        """The potential of some samples alone: that of a mini-batch."""
        return Charted(self.potential.on(rows), self.chart)

    def _point(self, name, value):
        value = _check.array(name, value)
        dtype = self.dtype or (value.dtype if value.dtype == np.float32 else np.float64)
        return _check.vector(name, value, self.size, dtype)

    def __repr__(self):
        return f"{self.potential!r} in the chart {self.chart!r}"


def _pair(covector, V):
    """Re⟨conj(covector), V⟩."""
    return float(np.vdot(covector, V).real)


def network_at(potential, W):
    """Network of a potential and its parameters at W, whatever coordinates these are."""
    while isinstance(potential, (Charted, RealView)):
        W = potential.to_W(W) if isinstance(potential, Charted) else in_complex(W)
        potential = potential.potential
    return potential.network, W
