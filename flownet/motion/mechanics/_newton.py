"""Newton's mechanics: force changes velocity (TM 25)."""

from __future__ import annotations

import math
from inspect import signature
from typing import TYPE_CHECKING, Any, Literal

from ..._errors import FlownetError, shown
from ..._registry import kind
from ...kernels.scalar import mechanics as scalar
from .. import _check
from ._mechanics import Mechanics, Rate, not_negative, one_of, share
from ._policy import Constant
from ._policy_of import number_or_policy, policy_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..._types import NotNegative, Positive, Share, Step, Temperature, Vector

Integrator = Literal["semi-implicit", "leapfrog", "explicit"]
INTEGRATORS: dict[str | None, int] = {
    "semi-implicit": scalar.SEMI_IMPLICIT,
    "leapfrog": scalar.LEAPFROG,
    "explicit": scalar.EXPLICIT,
}


@kind("mechanics", "newton")
class Newton(Mechanics):
    """Newton's mechanics (momentum, heavy ball): force changes velocity, m dv/dt = F − λv (TM 25).

    A step takes the friction exactly, v ← e^{−λδt/m}v + (1 − e^{−λδt/m})F/λ, then W ← W + δt·v.

    Parameters
    ----------
    step : float, str or policy
        δt; the time of such a run is Σδt, and that of Aristotle's flow t/λ. The leapfrog wants one
        constant step.
    mass : float
        m.
    friction : float
        λ, 0 for none.
    integrator : str
        "semi-implicit": as above, of first order. "leapfrog": half a kick (force and friction), a
        drift, half a kick; of second order, and its frictionless steps keep a shadow energy. The
        two halves between two drifts are one, so that it costs one differential a step too.
        "explicit": the friction of the step's beginning, v ← (1 − λδt/m)v + δt·F/m: heavy ball of
        β = 1 − λδt/m and learning rate δt²/m, stable below a curvature (4 − 2λδt/m)·m/δt².
    temperature : float
        T of a heat bath: what friction takes from v, noise gives back, so that E g(v, v) = T/m for
        each parameter without a force. With τ = λδt/m and c = (τ/2)·coth(τ/2), the variance on a
        parabola of curvature κ is (T/κ)·c/(1 − κδt²/(4mc)). Keyed by the run's seed.
    weight_decay : float
        κ: the steps are those of `potential + κ * Parabola(potential.size)`, and the losses
        recorded those of `potential`.
    momentum : float, optional
        β, in place of mass and friction: v ← βv + F, W ← W + step·v, `torch.optim.SGD(lr=step,
        momentum=β)` also where the step has a schedule. Where all steps are the same, its mass is
        step·(1 − β)/(−ln β) and its friction 1 − β.

    Raises
    ------
    FlownetError
        For numbers out of their range.
    """

    remembers = ("velocity",)

    def __init__(
        self,
        step: Step,
        mass: Positive = 1.0,
        friction: NotNegative = 1.0,
        integrator: Integrator = "semi-implicit",
        temperature: Temperature = 0.0,
        weight_decay: NotNegative = 0.0,
        momentum: Share | None = None,
    ) -> None:
        super().__init__(step, weight_decay)
        self.mass = _check.positive("mass", mass)
        self.friction = not_negative("friction", friction)
        self.integrator = one_of("integrator", integrator, INTEGRATORS)
        self.temperature = number_or_policy("temperature", temperature)
        self.momentum = None if momentum is None else share("momentum", momentum)
        if integrator == "leapfrog" and not isinstance(self.policy, Constant):
            raise FlownetError(
                f"step {str(self.policy)!r}: the leapfrog keeps its order and its "
                "energy with one constant step alone; give a number."
            )
        if self.temperature and not self.friction:
            raise FlownetError(
                f"temperature is {shown(temperature)} without friction; a heat bath "
                "needs friction above 0."
            )
        if momentum is not None:
            self._only_momentum()

    def _only_momentum(self):
        """Refuse what a share of the velocity would leave out."""
        usual = signature(type(self)).parameters
        for name in ("mass", "friction", "integrator", "temperature"):
            if (value := vars(self)[name]) != usual[name].default:
                raise FlownetError(
                    f"{name} is {shown(value)} beside momentum={self.momentum:g}, which takes the "
                    "place of mass and friction: leave one of them out."
                )
        if isinstance(self.policy, Constant) and self.momentum:
            self.mass, self.friction = inertia(self.policy.step, self.momentum)
        else:
            self.mass, self.friction = 0.0, 1 - self.momentum

    @classmethod
    def from_momentum(cls, lr: Step, beta: float, weight_decay: NotNegative = 0.0) -> Newton:
        """The same steps as `torch.optim.SGD(lr, momentum=beta, weight_decay=…)`: of mass 1.

        β = e^{−λδt} and lr = δt(1 − β)/λ give δt² = lr·(−ln β)/(1 − β) and λ = −ln β/δt. The first
        step is lr·F, as theirs: v begins at 0. A β of 0, plain descent, is that of the "explicit"
        friction 1/δt. Where lr is a schedule, `Newton(lr, momentum=beta)` takes the same steps as
        theirs.
        """
        if not isinstance(lr, (int, float)):
            policy = policy_of(lr)
            if not isinstance(policy, Constant):
                return cls(policy, momentum=beta, weight_decay=weight_decay)
            lr = policy.step
        lr = _check.positive("lr", lr)
        if not (_check.is_number(beta) and 0 <= beta <= 1):
            raise FlownetError(f"beta is {shown(beta)}; it has to be a number from 0 to 1.")
        if beta == 0:
            step = math.sqrt(lr)
            return cls(step, friction=1 / step, integrator="explicit", weight_decay=weight_decay)
        x = -math.log(beta)
        step = math.sqrt(lr * (x / -math.expm1(-x) if x > 0 else 1.0))
        return cls(step, friction=x / step, weight_decay=weight_decay)

    @property
    def numbers(self) -> Any:
        """What its kernels want."""
        if self.momentum is not None:
            return scalar.Adaptive(
                friction=1.0,
                inertia=scalar.Inertia(math.nan, self.momentum),
                force=None,
                square=None,
                centre=None,
                epsilon=0.0,
                corrected=False,
            )
        return scalar.Newton(
            self.mass, self.friction, INTEGRATORS[self.integrator], self.first_temperature
        )

    def rate(self) -> Any:
        """What its flow's kernel wants; that of a heat bath is no flow."""
        if self.temperature:
            raise FlownetError(
                f"{self!r} has no flow: thermal noise makes its path rough; temperature=0 has one."
            )
        if self.momentum is None:
            return super().rate()
        if self.momentum == 0:
            return Rate(scalar.Aristotle(), 0, 0)
        self._constant_step()
        return Rate(scalar.Newton(self.mass, self.friction, scalar.SEMI_IMPLICIT, 0.0), 1, 0)

    def parameters(self) -> dict[str, Any]:
        """What makes these mechanics again."""
        own = super().parameters()
        if own["momentum"] is None:
            del own["momentum"]
            return own
        return {name: value for name, value in own.items() if name not in ("mass", "friction")}

    def velocity(self, v: Vector, force: Callable[[], Vector], iteration: int) -> Vector:
        """Velocity (D,) at the time of W; what the leapfrog remembers is half a step old.

        `force()` gives F (D,) at W. In a heat bath it is the one remembered.
        """
        if not self._is_late(iteration):
            return v.copy()
        decay, gain = self._half_kick
        return decay * v + gain * force()

    def remembered(self, velocity: Vector, force: Callable[[], Vector], iteration: int) -> Vector:
        """What is remembered (D,) where the velocity at the time of W is this one (D,)."""
        if not self._is_late(iteration):
            return velocity
        decay, gain = self._half_kick
        return (velocity - gain * force()) / decay

    def with_step(self, step: Step) -> Mechanics:
        """The same mechanics with another step; the leapfrog keeps its own."""
        if self.integrator == "leapfrog":
            raise FlownetError(
                f"{self!r} remembers a velocity of half a step ago: its step stays as it is."
            )
        return super().with_step(step)

    def _is_late(self, iteration):
        """Whether the velocity remembered is half a step old."""
        return self.integrator == "leapfrog" and iteration > 0 and not self.temperature

    @property
    def _half_kick(self):
        return scalar.friction_of(self.policy.step / 2, self.mass, self.friction, False)


@kind("mechanics", "nesterov")
class Nesterov(Mechanics):
    """Nesterov's momentum: a step by the velocity that comes next, v ← βv + F, W ← W + η(F + βv).

    `torch.optim.SGD(lr, momentum, nesterov=True)`. In the time Ση its flow is Newton's of friction
    1 − β and mass η(1 − β)/(−ln β). On a parabola it is stable below a curvature
    (2 + 2β)/((1 + 2β)η).

    Parameters
    ----------
    step : float, str or policy
        η, learning rate.
    momentum : float
        β, the share of the velocity that a step keeps.
    weight_decay : float
        As of `Newton`.

    Raises
    ------
    FlownetError
        For numbers out of their range.
    """

    remembers = ("velocity",)

    def __init__(self, step: Step, momentum: Share = 0.9, weight_decay: NotNegative = 0.0) -> None:
        super().__init__(step, weight_decay)
        self.momentum = share("momentum", momentum)

    @property
    def numbers(self) -> Any:
        """What its kernels want; its flow is Newton's, where steps are all the same."""
        constant = self.momentum > 0 and isinstance(self.policy, Constant)
        flow = inertia(self.policy.step, self.momentum) if constant else (math.nan, math.nan)
        return scalar.Nesterov(self.momentum, *flow)

    def rate(self) -> Any:
        """What its flow's kernel wants."""
        if self.momentum == 0:
            return Rate(scalar.Aristotle(), 0, 0)
        self._constant_step()
        return super().rate()


def inertia(step, beta):
    """Mass and friction of v ← βv + F, W ← W + step·v in the time Σ step."""
    return step * (1 - beta) / -math.log(beta), 1 - beta
