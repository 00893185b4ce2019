"""The modified flow: what a finite step follows beyond the gradient, as a series in the step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..._errors import FlownetError, shown
from ..._registry import kind
from ...model.potential import as_potential
from .. import _check
from ._field import Field

if TYPE_CHECKING:
    from ..._types import Vector
    from ...geometry.metric import Metric
    from ...model.potential import AnyPotential


@kind("flow field", "modified")
class Modified(Field):
    """Modified flow of gradient descent, to be passed as `fn.flow(field=...)`.

    Ẇ = −[g + (h/2)Hg + h²(H²g/3 + T[g,g]/12)], cut after h^order, with g = g^♯dL and the first
    index of H and T raised likewise: in orthonormal coordinates of a constant metric it is the
    plain formula. One finite step of length h differs from it by O(h^{order+2}). The term in h is
    that of Barrett & Dherin (2009.11162), the next one Hairer, Lubich & Wanner's (*Geometric
    Numerical Integration*, IX.1) for Euler's method. Frozen components stand still. Kinks of ReLU
    are not in H and T.

    Parameters
    ----------
    step : float
        h, the finite learning step, in units of the flow's time.
    order : int
        0 (the plain flow), 1 or 2.

    Raises
    ------
    FlownetError
        For a step that is not above 0, or another order.

    Examples
    --------
    >>> import flownet as fn
    >>> well = fn.DoubleWell(1)
    >>> path = fn.flow(well, W0=[0.3], time=2.0, field=fn.Modified(step=0.1, order=2))
    """

    of_constant_metric = True

    def __init__(self, step: float, order: int = 1) -> None:
        self.step = _check.positive("step", step)
        if not _check.is_whole(order, 0, 2):
            raise FlownetError(
                f"order is {shown(order)}; the modified flow is known to order 0, 1 and 2."
            )
        self.order = int(order)

    def velocity(self, potential: AnyPotential, metric: Metric, W: Vector) -> Vector:
        """Ẇ (D,) at W (D,): one gradient, then one Hessian action, then another and a T[g,g]."""
        if self.order == 0:
            return -metric.sharp(potential.differential(W)[1])
        potential = as_potential(potential, needs=())
        if not potential.offers("hessian"):
            raise FlownetError(
                f"the modified flow of order {self.order} wants a potential with "
                f"hessian(W); a {potential.name} offers none."
            )
        h, H = self.step, potential.hessian(W)
        g = metric.sharp(H.dL)
        Hg = metric.sharp(H @ g)
        V = g + h / 2 * Hg
        if self.order == 2:
            V = V + h**2 * (metric.sharp(H @ Hg) / 3 + metric.sharp(H.third_action(g)) / 12)
        return -V

    def parameters(self) -> dict[str, Any]:
        """What makes this field again."""
        return {"step": self.step, "order": self.order}

    def __repr__(self):
        return f"Modified(step={self.step:g}, order={self.order})"
