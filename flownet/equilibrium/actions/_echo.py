"""Learning by Hamiltonian echoes: an orbit there, and back under a nudge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError, shown
from ..._registry import describe, kind
from ...model import _check
from .._estimators import estimator_of
from .._fitted import fitted_jet
from .._learning import Learning
from .._nudge import bias_of
from ._orbits import Compiled, Orbits
from ._verlet import Verlet

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..._types import Vector
    from ...data import Dataset
    from ...model.potential._loss import Loss
    from .._estimators import Estimator


@kind("learning system", "echo")
class Echo(Learning):
    """A Hamiltonian system that learns by its echo: L(W) = Σ w_n·dt·ℓ(q_n), as a potential.

    At its end the orbit's momenta are turned round, and it comes back, under V + εℓ with a nudge ε.
    With g(ε) = Σ w_n·dt·∂V/∂W on the way back, w_n being ½ at both ends and 1 between (2506.05259),

        dL = dg/dε at ε = 0,

    which holds for the orbit of finite steps as it stands. Nothing of the orbit is remembered but
    its end: the memory does not grow with its length. `differential` is an estimate of dL from
    finite nudges, by default (g(ε) − g(−ε))/2ε; `exact` the covector itself, by an echo that is
    followed to first order in ε. Without a nudge the echo ends where the orbit began (`returns`).

    Parameters
    ----------
    system : Verlet
    cost : Quadratic
        ℓ = ½(q − y)·γ(q − y); one `output_metric` for each output, moment by moment.
    data : Dataset
    nudge : float
        ε, not 0.
    estimator : str, dict or Estimator
        "one-sided", "random-sign", "symmetric", "richardson", "contour".

    Raises
    ------
    FlownetError
        For data that do not fit the system, a cost that is no spring, a nudge that is 0, and a
        contour of a V that has no complex coordinates.

    Examples
    --------
    >>> import flownet as fn
    >>> data = fn.data.resonator(m=20, steps=100)
    >>> system = fn.Verlet(fn.Oscillators(2, inputs=1), steps=100, time=10.0, observed=1)
    >>> potential = fn.Echo(system, fn.Quadratic(), data, nudge=1e-3)
    >>> loss, dL = potential.differential(potential.init(seed=0))
    """

    def __init__(
        self,
        system: Verlet,
        cost: Loss,
        data: Dataset,
        *,
        nudge: float,
        estimator: str | dict[str, Any] | Estimator = "symmetric",
    ) -> None:
        if not isinstance(system, Verlet):
            raise FlownetError(f"system is {shown(system)}; an echo is that of a flownet.Verlet.")
        self._hold(system, cost, data)
        if not _check.is_real(nudge) or nudge == 0:
            raise FlownetError(f"nudge is {shown(nudge)}; it has to be a number other than 0.")
        self.nudge, self.estimator = float(nudge), estimator_of(estimator)
        if self.estimator.thermal:
            raise FlownetError(
                f"{self.estimator!r} is of states that fluctuate: take flownet.Thermal."
            )
        if self.estimator.analytic and not system.mechanical.analytic:
            raise FlownetError(
                f"{self.estimator!r} wants complex coordinates, which {system.mechanical!r} has "
                "none of: take 'richardson'."
            )
        made = Orbits if system.mechanical.compiled() is None else Compiled
        self._orbits = made(system, self._cost)

    def sample_losses(self, W: ArrayLike) -> Vector:
        """The cost of each sample's orbit (m,) in float64."""
        return self._forth(self._point(W), slice(None))[2]

    def differential_on(self, rows: Any, W: ArrayLike, *, lowest: int = 0) -> tuple[float, Vector]:
        """L(W) and the estimate of dL (D,) of some samples alone, a mini-batch."""
        W = self._point(W)
        q, p, losses = self._forth(W, rows)
        weight, seen, total = self._weights(rows), {}, np.zeros(self.size)
        for each in self.estimator.differences(self.nudge, W):
            for nudge in (each.plus, each.minus):
                if nudge not in seen:
                    seen[nudge] = self._orbits.back(W, self._x[rows], rows, q, p, nudge, weight)[0]
            total += (each.coefficient * (seen[each.plus] - seen[each.minus])).real
        return float(np.mean(losses)), total.astype(self.dtype)

    def exact(self, W: ArrayLike) -> tuple[float, Vector]:
        """L(W) and dL (D,) itself, by the echo's change to first order in the nudge."""
        W, rows = self._point(W), slice(None)
        q, p, losses = self._forth(W, rows)
        dL = self._orbits.adjoint(W, self._x, rows, q, p, self._weights(rows))
        return float(np.mean(losses)), dL.astype(self.dtype)

    def nudge_jet(self, W: ArrayLike, order: int = 2) -> Vector:
        """Coefficients g (order, D) of the echo's covector in the nudge, of which g_1 is dL.

        From a polynomial through real nudges, the best of some spans as g_1 beside dL shows.

        Raises
        ------
        FlownetError
            Where no such polynomial comes near dL.
        """
        W, rows = self._point(W), slice(None)
        q, p, _ = self._forth(W, rows)

        def back(nudge):
            return self._orbits.back(W, self._x, rows, q, p, nudge, self._weights(rows))[0]

        free, dL = back(0.0), self.exact(W)[1]
        return fitted_jet(lambda b: back(b) - free, dL, _check.order(order), self.system)

    def bias(self, W: ArrayLike, order: int = 4) -> Vector:
        """What the estimate adds to dL, by powers β, β², … of the nudge: (order−1, D)."""
        made = self.estimator.differences(self.nudge, self._point(W))
        return bias_of(made, self.nudge_jet(W, order))

    def returns(self, W: ArrayLike) -> float:
        """How far the echo without a nudge ends from where the orbit began, at most."""
        W, rows = self._point(W), slice(None)
        q, p, _ = self._forth(W, rows)
        _, q, p = self._orbits.back(W, self._x, rows, q, p, 0.0, self._weights(rows))
        begun = self.system.beginning(self._x)
        return float(max(np.abs(q - begun[0]).max(), np.abs(p - begun[1]).max()))

    def _forth(self, W, rows):
        q, p, losses = self._orbits.forth(W, self._x[rows], rows)
        return q, p, self._cost.weights[rows] * losses

    def _weights(self, rows):
        weights = self._cost.weights[rows]
        return weights / len(weights)

    def words(self) -> dict[str, Any]:
        """How it learns, as arguments."""
        return {"nudge": self.nudge, "estimator": describe(self.estimator)}

    def __repr__(self):
        return (
            f"Echo of {self.system!r}, {self.loss!r}, {self.data!r}, nudge {self.nudge}, "
            f"{self.estimator!r}"
        )
