"""The Hessian of a potential seen in a chart: H̃ = W′ᵀHW′ + dL·W″.

The second term is no tensor's: it depends on the chart (in the metric carried along it is the
Christoffel term), and vanishes where dL does.
"""

import numpy as np

from ..._errors import FlownetError
from ._hessian import Hessian


class OnComplex:
    """An operator on the reals (re, im, re, im, …) of complex parameters, for complex vectors.

    Of a complex potential the Hessian is real-linear alone.
    """

    def __init__(self, hessian, dtype):
        self._hessian, self._dtype = hessian, dtype
        self._real = np.zeros(0, dtype).real.dtype
        self.loss, self.dL = hessian.loss, np.ascontiguousarray(hessian.dL).view(dtype)

    def action(self, V):
        """H·V (D,)."""
        return self._of_reals(self._hessian.action, V)

    def third_action(self, V):
        """T[V,V] (D,)."""
        return self._of_reals(self._hessian.third_action, V)

    def _of_reals(self, act, V):
        V = np.ascontiguousarray(V, self._dtype)
        return np.ascontiguousarray(act(V.view(self._real))).view(self._dtype)


class ChartedHessian(Hessian):
    """H̃ at u from H at W(u), by the series of the pullback along a line.

    Of complex coordinates it acts, as all Hessians do, on the reals they are made of.
    """

    def __init__(self, chart, u, hessian):
        super().__init__(u.size * (1 + (u.dtype.kind == "c")), u.real.dtype)
        self._chart, self._u, self._hessian = chart, u, hessian

    @property
    def loss(self):
        """L̃(u)."""
        return self._hessian.loss

    @property
    def dL(self):
        """Covector W′ᵀdL (D_u,)."""
        return self._chart.pullback(self._u, self._hessian.dL).view(self.dtype)

    def action(self, V):
        """H̃v = W′ᵀHW′v + ⟨dL, W″(v, ·)⟩ of a displacement (D_u,), or of each row of V."""
        return self._of_each(self._act, V)

    def third_action(self, V):
        """T̃[v,v] (D_u,), or of each row of V: the second derivative of dL̃ along u + sv."""
        return self._of_each(self._twist, V)

    def diagonal(self):
        """H̃_ii = W′²H_ii + W″dL_i (D,), exact; of an elementwise chart alone."""
        f = self._own(2)
        return f[1] ** 2 * self._hessian.diagonal() + 2 * f[2] * self._hessian.dL

    def diagonals(self, V):
        """H̃_ii, Σ_k T̃_iik·v_k and T̃_iii: three arrays (D,); of an elementwise chart alone."""
        v, H, dL = self._one(V), self._hessian, self._hessian.dL
        _, slope, bend, twist = (factor * row for factor, row in zip((1, 1, 2, 6), self._own(3)))
        diagonal, along, third = H.diagonals(slope * v)
        return [
            slope**2 * diagonal + bend * dL,
            slope**2 * along
            + bend * H.action(slope * v)
            + 2 * slope * bend * v * diagonal
            + twist * v * dL,
            slope**3 * third + 3 * slope * bend * diagonal + twist * dL,
        ]

    def _of_each(self, act, V):
        rows = [act(v.view(self._u.dtype)) for v in self._rows(V)]
        return np.array(rows, self._u.dtype).view(self.dtype).reshape(np.shape(V))

    def _act(self, v):
        V = self._chart.pushforward(self._u, v)
        image = self._chart.pullback(self._u, self._hessian.action(V))
        if self._chart.linear:
            return image
        return image + self._chart.pullback_series(self._u, v, self._hessian.dL, 1)[1]

    def _twist(self, v):
        """2 × the second coefficient of Σ W′(s)ᵀ·(dL + s·HW₁ + s²(HW₂ + ½T[W₁,W₁]))."""
        H, chart, u = self._hessian, self._chart, self._u
        if chart.linear:
            return chart.pullback(u, H.third_action(chart.pushforward(u, v)))
        _, first, second = chart.series(u, v, 2)
        return (
            2 * chart.pullback_series(u, v, H.dL, 2)[2]
            + 2 * chart.pullback_series(u, v, H.action(first), 1)[1]
            + chart.pullback(u, 2 * H.action(second) + H.third_action(first))
        )

    def _own(self, order):
        """Taylor coefficients of each parameter's own map."""
        if not (self._chart.elementwise and self._u.dtype.kind == "f" and self._chart.onto):
            raise FlownetError(
                f"{self._chart!r} mixes parameters: its Hessian has no exact "
                "diagonal that costs less than D actions; split('parameters', "
                "exact=False) estimates what is made of it."
            )
        return self._chart.coefficients(self._u, order)
