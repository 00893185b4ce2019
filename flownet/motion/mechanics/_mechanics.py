"""Mechanics: what the force F = −g^♯dL does to the parameters (TM 23-26)."""

from __future__ import annotations

import copy
import math
from collections import namedtuple
from inspect import signature
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from ..._errors import FlownetError, shown
from ..._registry import Named, is_named, kind
from ...kernels.scalar import mechanics as scalar
from ...model._check import not_negative
from .. import _check
from ._policy import Constant, StepPolicy
from ._policy_of import policy_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..._types import NotNegative, Step, Vector
    from ...geometry.metric import Metric
    from ...model.potential import AnyPotential

#: a flow's numbers, how many vectors (D,) it integrates beside W, 1 for a clock
Rate = namedtuple("Rate", "numbers memories clock")

Moments = Literal["modulus", "separate"]
MOMENTS = get_args(Moments)  # of complex forces: ⟨|F|²⟩, or one for Re F and one for Im F


class Mechanics(Named):
    """A rule of motion with a step.

    All of them are limits of m dv/dt = γ⟨F⟩ − λv, d⟨F⟩/dt = −β(⟨F⟩ − F), of which `ThierryMieg`
    is the whole. One has to have `policy` and `numbers`; one that remembers vectors names them in
    `remembers`. `rate`, its flow, may be left out where the same numbers are those of a flow, and
    refused where there is none. The rest has defaults.

    Attributes
    ----------
    step : float or policy
        The number where every step is the same, else the policy.
    policy : policy
        What a number means, too: `Constant`.
    weight_decay : float
        κ of κ·`Parabola`, whose slope joins dL (`decay`) or, AdamW's, moves W by itself
        (`shrink`); the losses recorded stay L.
    numbers : named tuple of `kernels.scalar.mechanics`
        What its kernels want.
    remembers : tuple of str
        Names of the vectors (D,) it remembers.
    along : bool
        Whether a step goes along −g^♯dL.
    in_norm : bool
        Whether a norm that is no metric does as well: it adds no forces of several steps.
    own_loop : bool
        Whether a loop of its own takes its steps, which are not made of one dL.
    counts : tuple of str
        What its own loop records of each step beside loss and step.
    mass, temperature : float
        m of a velocity, and T of a heat bath, which may have a schedule; 0 of mechanics without.
    integrator : str or None
        Of a velocity, where there are several.
    sizing : tuple or None
        How ⟨F²⟩ is remembered: β, and whether it is corrected and centred.
    epsilon : float
        Least size √⟨F²⟩ of a force that is divided by it.
    radius : float
        ρ of an ascent before each step, `SAM`'s, to where dL is taken; 0 for none.
    kind : str or None
        Its name in files.
    """

    integrator: str | None = None
    sizing: Any = None
    remembers: tuple[str, ...] = ()
    along = own_loop = in_norm = False
    counts: tuple[str, ...] = ()
    mass = shrink = weight_decay = epsilon = radius = 0.0
    temperature: float | StepPolicy = 0.0
    moments = "separate"

    def __init__(self, step: Step, weight_decay: NotNegative = 0.0) -> None:
        self.policy = policy_of(step)
        self.weight_decay = not_negative("weight_decay", weight_decay)
        of_loss = self.policy.of_jet or self.policy.of_loss
        if of_loss and not self.along:
            raise FlownetError(
                f"step {str(self.policy)!r} reads the step off −g^♯dL, and "
                f"{type(self).__name__} does not move along it: give a number, "
                "'warmup:…' or 'cosine:…'."
            )
        if of_loss and self.weight_decay:
            raise FlownetError(
                f"step {str(self.policy)!r} reads the step off L, which knows "
                "nothing of weight_decay: add κ·Parabola to the potential instead."
            )

    @property
    def step(self) -> float | StepPolicy:
        """The number where every step is the same, else the policy."""
        return self.policy.step if isinstance(self.policy, Constant) else self.policy

    def with_step(self, step: Step) -> Mechanics:
        """The same mechanics with another step: a number, a policy, or its text."""
        words = self.parameters()
        if "step" not in words:
            raise FlownetError(f"{self!r} sizes its steps itself: it has no step to set.")
        if is_named(self):
            other = type(self)(**{**words, "step": step})
            if self.scheduled_temperature is not None:
                other.temperature = self.temperature
            return other
        other = copy.copy(self)  # of a class that may take other arguments
        other.policy = Aristotle(step).policy
        return other

    @property
    def first_temperature(self) -> float:
        """T of a heat bath; of one whose temperature has a schedule some number above 0."""
        return 1.0 if isinstance(self.temperature, StepPolicy) else self.temperature

    @property
    def scheduled_temperature(self) -> StepPolicy | None:
        """The schedule of the temperature, if it has one."""
        return self.temperature if isinstance(self.temperature, StepPolicy) else None

    @property
    def memories(self) -> int:
        """Vectors (D,) that the next step depends on, beside the parameters."""
        return len(self.remembers)

    @property
    def numbers(self) -> Any:
        """What its kernels want, the same for finite steps and flows."""
        raise NotImplementedError

    @property
    def decay(self) -> float:
        """κ of a parabola whose slope joins dL."""
        return self.weight_decay

    def own_metric(self, potential: AnyPotential) -> Metric | None:
        """The metric of a run that names none; None for the plain one."""
        return None

    @property
    def descends(self) -> bool:
        """Whether a step is −step·g^♯dL of the potential and nothing else."""
        return False

    def check(self, potential: AnyPotential, steps: int | None) -> None:
        """Refuse a potential or a number of steps (None: no end) that its schedules do not fit."""
        self.policy.check(potential, steps)
        if self.scheduled_temperature is not None:
            try:
                self.scheduled_temperature.check(potential, steps)
            except FlownetError as error:
                raise FlownetError(f"the temperature: {error}") from None

    def rule(self, pairs: Any, seed: int) -> dict[str, Any]:
        """What the kernels' `Rule` wants, beside the metric; `pairs` of reals may be complex."""
        pairs = pairs and self.moments == "modulus"
        return {
            "numbers": self.numbers,
            "decay": self.decay,
            "shrink": self.shrink,
            "pairs": True if pairs else None,
            "seed": seed,
            "radius": self.radius,
        }

    def rate(self) -> Any:
        """What its flow's kernel wants: a `Rate`; refused where there is no flow."""
        return Rate(self.numbers, self.memories, 0)

    def velocity(self, v: Vector, force: Callable[[], Vector], iteration: int) -> Vector:
        """Velocity (D,) at the time of W of the one remembered; `force()` gives F (D,) at W."""
        return v.copy()

    def remembered(self, velocity: Vector, force: Callable[[], Vector], iteration: int) -> Vector:
        """What is remembered (D,) where the velocity at the time of W is this one (D,)."""
        return velocity

    def parameters(self) -> dict[str, Any]:
        """What makes these mechanics again."""
        own = {name: value for name, value in vars(self).items() if name != "policy"}
        if own["weight_decay"] == self._usual("weight_decay"):
            del own["weight_decay"]
        if self.scheduled_temperature is not None:
            own["temperature"] = self.scheduled_temperature.plain
        return {"step": self.policy.plain, **own}

    def _usual(self, name):
        """What an argument is by default; a class of somebody's own may take others."""
        argument = signature(type(self)).parameters.get(name)
        return None if argument is None else argument.default

    def __repr__(self):
        said = self.parameters()
        if isinstance(said.get("step"), dict):
            said["step"] = self.policy
        if isinstance(said.get("temperature"), dict):
            said["temperature"] = self.temperature
        words = ", ".join(
            f"{name}={value:g}" if type(value) is float else f"{name}={value!r}"
            for name, value in said.items()
            if value != self._usual(name)
        )
        return f"{type(self).__name__}({words})"

    def _constant_step(self):
        if not isinstance(self.policy, Constant):
            raise FlownetError(
                f"{self!r} has no flow: how fast it forgets in time follows from one constant step."
            )
        return self.policy.step

    def _forgetting(self, beta):
        """ρ of β = e^{−ρh}: how fast a memory of β a step forgets in time."""
        if beta == 0:
            raise FlownetError(
                f"{self!r} has no flow: a memory of 0 is gone after every step, however short."
            )
        return -math.log(beta) / self._constant_step()

    def _memory(self, beta):
        """A memory of β a step; its rate is nan where steps vary or it is gone at once."""
        if beta > 0 and isinstance(self.policy, Constant):
            return scalar.Memory(beta, self._forgetting(beta))
        return scalar.Memory(beta, math.nan)


@kind("mechanics", "aristotle")
class Aristotle(Mechanics):
    """Aristotle's mechanics (gradient descent, SGD): velocity follows force, W ← W − step·g^♯dL.

    The step is PyTorch's `lr` where the losses are the same. Cross-entropy is; the `Quadratic` loss
    sums over outputs and halves, where `MSELoss` averages over the n outputs and does not: its
    `lr` takes the steps of a step of 2·lr/n here.

    Parameters
    ----------
    step : float, str or policy
        η δt, the finite learning step (learning rate), in units of the flow's time (TM 39): a
        number, or a policy that chooses each step, as an object or as its text. `Linearity(0.1)`,
        "linear:0.1": as long as second order is a tenth of first; `LossRate()`, "loss": L itself
        (TM 22); `Warmup(0.5, 100)`, "warmup:0.5:100"; `Cosine(0.5, 2000)`, "cosine:0.5:2000";
        `Exponential`, `Polynomial`, `OneCycle`, `Piecewise`, one `then` another; an array of steps;
        a function of the iteration, and with `Schedule` of the time or of the state.
    weight_decay : float
        κ: the steps are those of `potential + κ * Parabola(potential.size)`, and the losses
        recorded those of `potential`. `torch.optim.SGD(weight_decay=κ)`.

    Raises
    ------
    FlownetError
        For a step that is not above 0, and a text that names no policy or not all its numbers.
    """

    along = in_norm = True
    numbers = scalar.Aristotle()

    @property
    def descends(self) -> bool:
        """Whether a step is −step·g^♯dL of the potential and nothing else."""
        return self.weight_decay == 0


def share(name, value):
    """A number from 0 to below 1."""
    if not (_check.is_number(value) and 0 <= value < 1):
        raise FlownetError(f"{name} is {shown(value)}; it has to be a number from 0 to below 1.")
    return float(value)


def one_of(name, value, allowed):
    """One of a few words."""
    if not isinstance(value, str) or value not in allowed:
        raise FlownetError(
            f"{name} is {shown(value)}; it has to be {' or '.join(map(repr, allowed))}."
        )
    return value


def flag(name, value):
    """True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise FlownetError(f"{name} is {shown(value)}; it has to be True or False.")
    return bool(value)
