"""Operators of sums and of potentials seen in a chart, from those of what they are made of."""

import numpy as np

from ..._errors import FlownetError
from ..hessian import Action


class SumAction(Action):
    """Σ scale·A of several operators at one point.

    Parameters
    ----------
    terms : list of (scale, operator)
    here : operator, optional
        The one that knows L and dL; by default they are those of the sum.
    """

    def __init__(self, terms, here=None):
        self._terms, self._here = terms, here
        super().__init__(terms[0][1].shape[0], np.result_type(*(A.dtype for _, A in terms)))

    @property
    def loss(self):
        """L(W)."""
        return (
            self._here.loss
            if self._here is not None
            else sum(scale * A.loss for scale, A in self._terms)
        )

    @property
    def dL(self):
        """Covector dL (D,)."""
        return (
            self._here.dL
            if self._here is not None
            else sum(scale * A.dL for scale, A in self._terms)
        )

    def action(self, V):
        """What they make of a displacement (D,), or of each row of V (R, D)."""
        return sum(self.dtype.type(scale) * A.action(V) for scale, A in self._terms)

    def diagonal(self):
        """The diagonal (D,)."""
        return sum(self.dtype.type(scale) * A.diagonal() for scale, A in self._terms)


class ChartedAction(Action):
    """W′ᵀAW′ at u of an operator A at W(u): a tensor, with no term that depends on the chart.

    Of complex coordinates it acts on the reals that they are.
    """

    def __init__(self, chart, u, operator, dtype):
        super().__init__(u.size * (1 + (u.dtype.kind == "c")), u.real.dtype)
        self._chart, self._u, self._operator, self._of_W = chart, u, operator, dtype

    @property
    def loss(self):
        """L̃(u)."""
        return self._operator.loss

    @property
    def dL(self):
        """Covector W′ᵀdL (D_u,)."""
        return self._back(self._operator.dL).view(self.dtype)

    def action(self, V):
        """W′ᵀAW′v of a displacement (D_u,), or of each row of V."""
        rows = [self._act(v.view(self._u.dtype)) for v in self._rows(V)]
        return np.array(rows, self._u.dtype).view(self.dtype).reshape(np.shape(V))

    def diagonal(self):
        """Its diagonal (D_u,), exact; of an elementwise chart of real numbers alone."""
        if not (self._chart.elementwise and self._u.dtype.kind == "f" and self._chart.onto):
            raise FlownetError(
                f"{self._chart!r} mixes parameters: the operator has no exact diagonal that costs "
                "less than D actions."
            )
        return self._chart.coefficients(self._u, 1)[1] ** 2 * self._operator.diagonal()

    def _act(self, v):
        V = np.ascontiguousarray(self._chart.pushforward(self._u, v))
        return self._back(self._operator.action(V.view(self._operator.dtype)))

    def _back(self, covector):
        """W′ᵀ of a covector in the reals of W."""
        return self._chart.pullback(self._u, np.ascontiguousarray(covector).view(self._of_W))
