"""The potential of a physical system: L(W) = C(s₀), and dL from a few relaxations of its state."""

from __future__ import annotations

import math
from copy import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from .._errors import FlownetError, shown
from .._registry import describe, kind, unknown
from ..model import _check
from ..model.potential import AnyPotential
from ._at_rest import AtRest
from ._averaged import Averaged
from ._cost import cost_of
from ._energy import System
from ._estimators import estimator_of
from ._jets import nudge_jet, step_jets
from ._learning import Learning
from ._meters import Meters, meters
from ._nudge import bias_of, nudge_of
from ._phases import FORCES, Phases
from ._relaxation import ORDERS, Manner

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from .._types import Count, NotNegative, Positive, Vector
    from ..data import Dataset
    from ..model.potential._loss import Loss
    from ._estimators import Estimator

_WORDS = (
    "nudge", "force", "order", "nudged_order", "tolerance", "sweeps", "nudged_sweeps", "fixed",
    "step", "carry",
)  # fmt: skip
_SETTLED = 64  # a state has settled where no unit changes by more than so many units of rounding


@kind("learning system", "equilibrium")
class Equilibrium(Learning):
    """A physical system that learns by equilibrium propagation: L(W) = C(s₀), as a potential.

    The state s₀ makes the energy E(W, x, s) stationary. Nudged by a cost it settles at s_β, where
    F = E + βC is stationary, and (Scellier and Bengio, 1602.05179)

        dL = d/dβ ∂E/∂W(s_β) at β = 0.

    `differential` is an estimate of it from states at finite nudges; `exact` the covector itself,
    by implicit differentiation. Estimates that do not draw their nudge are the exact differential
    of another potential, `averaged()`.

    Parameters
    ----------
    system : Hopfield, Resistive, …, or an `Energy` of your own
    cost : Quadratic or CrossEntropy
        C. Under Quadratic each output has a spring to its truth: an `output_metric` is diagonal.
    data : Dataset
    nudge : float or str
        β, not 0; negative for a one-sided estimate from the other side. "bias:0.01" chooses it anew
        at each W, so that the leading power of the bias is a hundredth of dL.
    estimator : str, dict or Estimator
        "one-sided", "random-sign", "symmetric", "richardson", "contour"; or one of its relatives,
        which estimate something else: "contrastive", "coupled", "agnostic".
    force : str
        "moving": the cost itself pulls; "frozen": its force at the free state, ⟨c(s₀), s⟩.
    order : str
        In which layers settle: "odd-even" or "even-odd", each after the other (asynchronous: the
        energy falls at every sweep), "upwards", "downwards", or "at-once" (synchronous); "flow":
        Euler steps of ṡ = −∂F/∂s, of all units at once.
    nudged_order : str, optional
        That of nudged relaxations, if it is another one.
    tolerance : float, optional
        A relaxation ends where no unit changes by more in a sweep; by default where rounding is all
        that is left.
    sweeps, nudged_sweeps : int
        Sweeps at most of the free and of each nudged relaxation.
    fixed : bool
        Whether all these sweeps are made, whatever changes, as published programs do.
    step : float, optional
        Of the flow, by default the system's own.
    carry : bool
        Whether a run keeps the free state of each sample, to begin there when it meets the sample
        again; it is part of every checkpoint. Anything else begins at rest.

    Attributes
    ----------
    size : int
        D, the number of parameters.
    phases : Phases
        Its relaxations; `phases.relaxed` says how the last ones ended.

    Raises
    ------
    FlownetError
        For data that do not fit the system, another cost, a nudge that is 0, and an estimator that
        the system does not allow.

    Examples
    --------
    >>> import flownet as fn
    >>> data = fn.data.load("xor")
    >>> potential = fn.Equilibrium(fn.Hopfield([2, 4, 1], "tanh"), fn.Quadratic(), data, nudge=0.1)
    >>> loss, dL = potential.differential(potential.init(seed=0))
    """

    def __init__(
        self,
        system: System,
        cost: Loss,
        data: Dataset,
        *,
        nudge: float | str,
        estimator: str | dict[str, Any] | Estimator = "symmetric",
        force: str = "moving",
        order: str = "odd-even",
        nudged_order: str | None = None,
        tolerance: NotNegative | None = None,
        sweeps: Count = 2000,
        nudged_sweeps: Count | None = None,
        fixed: bool = False,
        step: Positive | None = None,
        carry: bool = False,
    ) -> None:
        if not isinstance(system, System):
            raise FlownetError(
                f"system is {shown(system)}; it has to be one such as flownet.Hopfield, or an "
                "Energy of your own."
            )
        self._hold(system, cost, data, cost_of)
        for each in (order, nudged_order or order):
            if each not in ORDERS:
                raise FlownetError(unknown("order", each, ORDERS))
            system.check_order(each)
        if force not in FORCES:
            raise FlownetError(unknown("force", force, FORCES))
        self._nudge, self.estimator, self.force = nudge_of(nudge), estimator_of(estimator), force
        self.nudge = self._nudge.said
        self.estimator.check(system, force)
        self.order, self.nudged_order = order, nudged_order
        self.tolerance, self.fixed, self.step = tolerance, fixed, step
        self.sweeps, self.nudged_sweeps = sweeps, nudged_sweeps
        self.carry = _check.yes_or_no("carry", carry)
        self._carried: Vector | None = None
        self.carried = (data.m, system.columns) if carry else ()
        least = _SETTLED * float(np.finfo(self.dtype).eps)
        stop = -1.0 if fixed else least if tolerance is None else float(tolerance)
        orders = ORDERS[order], ORDERS[nudged_order or order]
        step = system.step if step is None else _check.positive("step", step)
        manner = Manner(*orders, sweeps, nudged_sweeps or sweeps, stop, step)
        self.network = None if system.network is None else AtRest(system, manner)
        if system.has_series:
            self.jet_order = math.inf
        self.phases = Phases(system, self._cost, self._x, manner, force)

    # ---- the potential ----

    def sample_losses(self, W: ArrayLike) -> Vector:
        """C(s₀) of each sample (m,) in float64."""
        with self.phases.at(W) as at:
            return at.losses(at.free)

    def differential_on(self, rows: Any, W: ArrayLike, *, lowest: int = 0) -> tuple[float, Vector]:
        """L(W) and the estimate of dL (D,) of some samples alone, a mini-batch."""
        with self.phases.at(W, rows, self._carried) as at:
            dL = self.estimator.estimate(at, self._nudge.at(at, self.estimator))
            losses = at.losses(at.free)
            return float(np.add.reduce(losses) / len(losses)), dL  # np.mean, but quicker

    def carrying(self, states: Vector) -> Equilibrium:
        """The same potential whose differentials begin at states (m, n), and leave theirs there.

        Its free states alone are carried; L(W) stays a function of W.
        """
        bound = copy(self)
        bound._carried = states
        return bound

    def exact(self, W: ArrayLike) -> tuple[float, Vector]:
        """L(W) and dL (D,) itself: dL = −(∂_s∂_W E)·v with H·v = ∂C/∂s, no inverse of H taken."""
        with self.phases.at(W) as at:
            dL = at.exact()
            return float(np.mean(at.losses(at.free))), dL

    def jet(self, W: ArrayLike, V: ArrayLike, order: int = 2) -> Vector:
        """Taylor coefficients c (order+1,) of s ↦ L(W + sV): what a finite step does.

        Exact where the states have a Taylor series, else by differences of the exact covector.
        """
        if not self.system.has_series:
            return super().jet(W, V, order)
        return self.sample_jets(W, V, order).mean(axis=0)

    def jet_error(self, W: ArrayLike, V: ArrayLike, order: int = 2) -> Vector:
        """By how much its method may put each coefficient of `jet` (order+1,) off."""
        exact = self.system.has_series
        return np.zeros(order + 1) if exact else super().jet_error(W, V, order)

    def sample_jets(self, W: ArrayLike, V: ArrayLike, order: int = 2) -> Vector:
        """Those of each sample (m, order+1)."""
        V = _check.vector("V", V, self.size, self.dtype)
        with self.phases.at(W) as at:
            return step_jets(at, V, _check.order(order))

    def nudge_jet(self, W: ArrayLike, order: int = 2) -> Vector:
        """Coefficients g (order, D) of the covector in the nudge.

        ∂E/∂W(s_β) = ∂E/∂W(s₀) + Σ_{k≥1} g_k β^k, and g_1 is dL itself. They come from the Taylor
        series of the states, without differencing; of systems that have none, from a polynomial
        through real nudges, the best of some spans as g_1 beside dL shows.

        Raises
        ------
        FlownetError
            Where no such polynomial comes near dL: the states jump, or do not arrive.
        """
        with self.phases.at(W) as at:
            return nudge_jet(at, _check.order(order))

    def bias(self, W: ArrayLike, order: int = 4) -> Vector:
        """What the estimate adds to dL, by powers β, β², … of the nudge: (order−1, D).

        One-sided β·g_2 + β²·g_3 + …; symmetric β²·g_3 + …; Richardson −β⁴·g_5/4 + …; see
        `nudge_jet`.
        """
        with self.phases.at(W) as at:
            nudge, g = self._nudge.at(at, self.estimator), nudge_jet(at, _check.order(order))
            return bias_of(self.estimator.differences(nudge, at.W), g)

    def nudge_at(self, W: ArrayLike) -> float:
        """The nudge at W: that of "bias:0.01", or the number that it always is."""
        with self.phases.at(W) as at:
            return self._nudge.at(at, self.estimator)

    def relax(self, W: ArrayLike, *, nudge: float = 0.0) -> list[Vector]:
        """States (m, n_l) of each layer at a nudge; those of a system without layers as one."""
        with self.phases.at(W) as at:
            return [np.array(layer) for layer in at.states.layers(at.nudged(float(nudge)))]

    def meters(self, W: ArrayLike, *, seed: int = 0) -> Meters:
        """How much the nudge falsifies at W, and how far its states can be trusted."""
        return meters(self, _check.vector("W", W, self.size, self.dtype), seed)

    def averaged(self, *, points: Count = 8) -> AnyPotential:
        """The potential L̄ of which the estimate is the exact differential.

        One-sided: L̄ = (1/β)∫₀^β C(s_b)db; symmetric: L̄ = (1/2β)∫₋β^β C(s_b)db; Richardson and
        contour: sums of such. Its value by Gauss rules of so many points.
        """
        return Averaged(self, points)

    # ---- the contract of a potential ----

    def changed(self, **other: Any) -> Equilibrium:
        """The same potential with other words, such as `nudge=0.1` or `data=test`."""
        return super().changed(**{"estimator": self.estimator, **other})

    def words(self) -> dict[str, Any]:
        """How it learns, as arguments."""
        made = {name: getattr(self, name) for name in _WORDS}  # words are names of attributes
        return {**made, "estimator": describe(self.estimator)}

    def __repr__(self):
        return (
            f"Equilibrium of {self.system!r}, {self.loss!r}, {self.data!r}, nudge {self.nudge}, "
            f"{self.estimator!r}"
        )
