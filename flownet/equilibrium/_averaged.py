"""The potential that a finite nudge really descends: the cost averaged over the nudges passed."""

import numpy as np

from .._errors import FlownetError
from ..model.potential import AnyPotential
from ._estimators import Contour, OneSided, Richardson, Symmetric

_KINDS = (OneSided, Symmetric, Richardson, Contour)  # whose nudges are the same at every W


class Averaged(AnyPotential):
    """L̄(W) = (1/β)∫₀^β C(s_b)db, or from −β to β; its differential is the estimate, exactly.

    An estimate (∂E(β) − ∂E(0))/β is ∇(1/β)∫₀^β C(s_b)db, since ∂/∂β of the least F is C(s_β), and
    so is any sum of such differences, of complex nudges too. It has no curl: flow, breakdown and
    exits of L̄ mean what they say.
    """

    def __init__(self, of, points):
        if not of.system.conservative:
            raise FlownetError(
                f"{of.system!r} relaxes on no energy: its estimates are the differential of no "
                "averaged cost."
            )
        if isinstance(of.nudge, str):
            raise FlownetError(
                f"a nudge {of.nudge!r} is another one at each W: no averaged cost has the "
                "estimate for its differential; a number has."
            )
        if type(of.estimator) not in _KINDS or of.force != "moving":
            raise FlownetError(
                f"{of.estimator!r} with a {of.force} force is the differential of no averaged "
                "cost: one-sided, symmetric, richardson and contour with a moving force are."
            )
        self.of = of
        self.size, self.dtype, self.network = of.size, of.dtype, of.network
        self.data, self.loss = of.data, of.loss
        at, weight = np.polynomial.legendre.leggauss(points)
        made = of.estimator.differences(of.nudge, None)
        lengths = [each.coefficient * (each.plus - each.minus) for each in made]
        if len(made) == 1:  # which is 1 but for rounding
            lengths = [1.0]
        self._nudges = np.concatenate(
            [(each.plus + each.minus) / 2 + (each.plus - each.minus) / 2 * at for each in made]
        )
        self._shares = np.concatenate([length * weight / 2 for length in lengths])
        self.points = points

    def value(self, W):
        """L̄(W), by a Gauss rule in the nudge."""
        with self.of.phases.at(W) as at:
            costs = [np.mean(at.losses(at.nudged(b))) for b in self._nudges.tolist()]
            return float((self._shares @ costs).real)

    def differential(self, W, *, lowest=0):
        """L̄(W) and dL̄ (D,)."""
        return self.value(W), self.of.differential(W)[1]

    def on_device(self, device):
        """The same potential with the kernels of a device, or the line that says why not."""
        self.of.on_device(device)
        return super().on_device(device)

    def on(self, rows):
        """That of some samples alone."""
        return Averaged(self.of.on(rows), self.points)

    def init(self, seed=0):
        """Initial parameters (D,)."""
        return self.of.init(seed)

    def __repr__(self):
        return f"Averaged cost of {self.of!r}"
