"""Learning at a temperature: the mean cost of fluctuating states, as a potential."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError, shown
from ..._registry import describe, kind
from ...model import _check
from .._energy import Energy
from .._estimators import Estimator, estimator_of
from .._learning import Learning
from .._nudge import bias_of
from ._counted import Counted
from ._discrete import Discrete
from ._sampled import Sampled, Sampling

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..._types import Count, Positive, Vector, Whole
    from ...data import Dataset
    from ...model.potential import AnyPotential
    from ...model.potential._loss import Loss


@kind("estimator", "covariance")
class Covariance(Estimator):
    """−Cov(C, ∂E/∂W)/T of the free phase alone (2405.08467): at a temperature this is dL itself."""

    thermal = True

    def check(self, system, force):
        """Refuse to learn from states at rest."""
        raise FlownetError(f"{self!r} is of states that fluctuate: take flownet.Thermal.")

    def differences(self, nudge, W):
        """None: nothing is nudged."""
        return []


@kind("learning system", "thermal")
class Thermal(Learning):
    """A physical system that learns at a temperature: L(W) = ⟨C⟩, as a potential.

    Its state fluctuates, p ∝ e^{−E/T}, and (2405.08467)

        dL = −Cov(C, ∂E/∂W)/T,

    without a nudge at all. At a finite nudge (⟨∂E⟩_β − ⟨∂E⟩_0)/β is the exact differential of the
    difference of two free energies, (𝓕_β − 𝓕_0)/β with 𝓕 = −T·ln Z (`averaged`), and off by
    −(β/2T)·∇Var(C) + (β²/6T²)·∇κ₃(C) − …, of which the symmetric estimate keeps the even powers
    (`bias`). Towards T = 0 it is equilibrium propagation.

    Of a `Discrete` system such as `Ising` averages are sums over every state, exact. Any other
    `Energy` that is smooth is sampled by Langevin's mechanics, s ← s − h·∂F/∂s + √(2hT)·ξ, in
    chains side by side; as finite steps have it, a state on a parabola ½s² has the variance
    T/(1 − h/2) and not T, and a covariance is off by as much. A difference of two nudges is not,
    where states answer linearly: means do not depend on the step.

    Parameters
    ----------
    system : Ising, a `Discrete` of your own, or an `Energy` of smooth states
    cost : Quadratic
        C.
    data : Dataset
    temperature : float
        T, in units of the energy.
    estimator : str, dict or Estimator
        "covariance", or of finite nudges "one-sided", "random-sign", "symmetric", "richardson" and,
        of discrete systems, "contour".
    nudge : float, optional
        β, of all but "covariance".
    step : float
        h of Langevin's mechanics, less than 2 over the largest curvature.
    chains, discarded, kept : int
        Chains for each sample, two or more; steps before they are looked at, and after.
    seed : int
        Of the noise.
    fresh : bool
        Whether each W draws noise of its own, keyed by W itself, as training wants; else it is the
        same at every W, and the loss a smooth function of W.

    Raises
    ------
    FlownetError
        For data that do not fit, a nudge that is missing or 0, a contour of what is sampled, and
        units with bounds or kinks.

    Examples
    --------
    >>> import flownet as fn
    >>> potential = fn.Thermal(
    ...     fn.Ising(2, 3, 1), fn.Quadratic(), fn.data.load("xor"), temperature=1.0
    ... )
    >>> loss, dL = potential.differential(potential.init(seed=0))
    """

    def __init__(
        self,
        system: Discrete | Energy,
        cost: Loss,
        data: Dataset,
        *,
        temperature: Positive,
        estimator: str | dict[str, Any] | Estimator = "covariance",
        nudge: float | None = None,
        step: Positive = 0.05,
        chains: Count = 64,
        discarded: Whole = 200,
        kept: Count = 200,
        seed: Whole = 0,
        fresh: bool = True,
    ) -> None:
        if not isinstance(system, (Discrete, Energy)):
            raise FlownetError(
                f"system is {shown(system)}; it has to be one such as flownet.Ising, or an Energy."
            )
        self._hold(system, cost, data)
        self._x = system.inputs(self._x)
        self.temperature = _check.positive("temperature", temperature)
        self.estimator, self.counts = estimator_of(estimator), isinstance(system, Discrete)
        self.nudge = self._nudge(nudge)
        self._refuse_what_cannot_be()
        if not _check.is_whole(chains, 2):
            raise FlownetError(f"chains is {chains!r}; two or more show how the cost scatters.")
        self.sampling = Sampling(
            self.temperature, _check.positive("step", step), chains, discarded, kept, seed, fresh
        )

    def _nudge(self, nudge):
        if self.estimator.thermal:
            if nudge is not None:
                raise FlownetError(f"{self.estimator!r} has no nudge: leave it out.")
            return None
        if nudge is None or not _check.is_real(nudge) or nudge == 0:
            raise FlownetError(f"nudge is {shown(nudge)}; it has to be a number other than 0.")
        return float(nudge)

    def _refuse_what_cannot_be(self):
        if self.counts:
            return
        if not self.system.smooth:
            raise FlownetError(
                f"{self.system!r} has units with bounds or kinks, which Langevin's steps do not "
                "know: take smooth ones."
            )
        if self.estimator.analytic:
            raise FlownetError(
                f"{self.estimator!r} wants complex nudges, at which no state can be sampled: take "
                "'richardson', or a Discrete system."
            )

    # ---- the potential ----

    def sample_losses(self, W: ArrayLike) -> Vector:
        """⟨C⟩ of each sample (m,) in float64."""
        return self._cost.weights * self._at(W).mean_cost()

    def differential_on(self, rows: Any, W: ArrayLike, *, lowest: int = 0) -> tuple[float, Vector]:
        """L(W) and the estimate of dL (D,) of some samples alone, a mini-batch."""
        at, weights = self._at(W, rows), self._cost.weights[rows]
        share = weights / len(weights)
        if self.estimator.thermal and self.counts:
            costs, dL = at.mean_cost(), at.covariance(share)
        elif self.estimator.thermal:
            costs, dL = at.covariance(share)
        else:
            costs, dL = self._from_nudges(at, share)
        return float(np.mean(weights * costs)), np.asarray(dL, self.dtype)

    def exact(self, W: ArrayLike) -> tuple[float, Vector]:
        """L(W) and dL (D,) itself, of a system whose states are counted."""
        at, weights = self._counted(W, "exact"), self._cost.weights
        dL = at.covariance(weights / len(weights))
        return float(np.mean(weights * at.mean_cost())), dL

    def averaged(self) -> AnyPotential:
        """The potential of which an estimate from finite nudges is the exact differential.

        One-sided: (𝓕_β − 𝓕_0)/β; symmetric: (𝓕_β − 𝓕_{−β})/2β; any sum of differences likewise.
        """
        from ._free_energies import FreeEnergies

        return FreeEnergies(self)

    def nudge_jet(self, W: ArrayLike, order: int = 2) -> Vector:
        """Coefficients g (order, D) of ⟨∂E⟩_β in the nudge, from β on: g_1 is dL itself."""
        at, weights = self._counted(W, "nudge_jet"), self._cost.weights
        share = (weights / len(weights))[:, None]
        shares = at.series(_check.order(order))[1:]
        return np.array([at.covector(share * each) for each in shares])

    def bias(self, W: ArrayLike, order: int = 4) -> Vector:
        """What the estimate adds to dL, by powers β, β², … of the nudge: (order−1, D), exact.

        The first of a one-sided estimate is −(β/2T)·∇Var(C); of a symmetric one the second is
        (β²/6T²)·∇κ₃(C).
        """
        made = [] if self.estimator.thermal else self._differences(self._point(W))
        return bias_of(made, self.nudge_jet(W, order))

    def cumulants(self, W: ArrayLike) -> Vector:
        """Mean, variance and third cumulant of the cost of each sample, (m, 3)."""
        return self._counted(W, "cumulants").cumulants()

    # ---- how it is done ----

    def _from_nudges(self, at, share):
        """⟨C⟩ (m,) and Σ c·(⟨∂E⟩ at β⁺ − ⟨∂E⟩ at β⁻)."""
        means, total = {}, 0.0

        def mean(nudge):
            if nudge not in means:
                if self.counts:
                    p = at.probabilities(nudge)
                    means[nudge] = (p * at.C).sum(axis=1), at.covector(share[:, None] * p)
                else:
                    means[nudge] = at.mean_covector(nudge, share)
            return means[nudge]

        for each in self._differences(at.W):
            apart = mean(each.plus)[1] - mean(each.minus)[1]
            total = total + (each.coefficient * apart).real
        return mean(0.0)[0], total

    def _differences(self, W):
        return self.estimator.differences(self.nudge, W)

    def _at(self, W, rows=slice(None)):
        W, x = self._point(W), self._x[rows]
        if self.counts:
            return Counted(self.system, self._cost, self.temperature, W, x, rows)
        return Sampled(self.system, self._cost, self.sampling, W, x, rows)

    def _counted(self, W, name):
        if not self.counts:
            raise FlownetError(
                f"{name}() is a sum over all states, and those of {self.system!r} are sampled: "
                "take a Discrete system."
            )
        return self._at(W)

    def words(self) -> dict[str, Any]:
        """How it learns, as arguments."""
        own = {"estimator": describe(self.estimator), "nudge": self.nudge}
        return {**self.sampling._asdict(), **own}

    def __repr__(self):
        return (
            f"Thermal {self.system!r}, {self.loss!r}, {self.data!r}, temperature "
            f"{self.temperature:g}, {self.estimator!r}"
        )
