"""Mechanics: what the force F = −g^♯dL does to the parameters (TM 23-26)."""

import math

import numpy as np

from .._errors import FlownetError, shown
from .._kinds import kind
from ..kernels import mechanics as kernel
from . import _check
from ._policy import Constant
from ._policy_of import policy_of


class Mechanics:
    """A rule of motion with a step.

    Attributes
    ----------
    step : float or policy
        The number where every step is the same, else the policy.
    policy : policy
        What a number means, too: `Constant`.
    code, memories : int
        Of its kernel, and how many vectors (D,) it remembers.
    """

    def __init__(self, step):
        self.policy = policy_of(step)
        if self.memories and (self.policy.of_jet or self.policy.of_loss):
            raise FlownetError(f"step {str(self.policy)!r} reads the step off −g^♯dL, and "
                               f"{type(self).__name__} does not move along it: give a number, "
                               "'warmup:…' or 'cosine:…'.")

    @property
    def step(self):
        """The number where every step is the same, else the policy."""
        return self.policy.step if isinstance(self.policy, Constant) else self.policy

    @property
    def memories(self):
        """Vectors (D,) that the next step depends on, beside the parameters."""
        return kernel.MEMORIES[self.code]

    @property
    def numbers(self):
        """What its finite steps' kernel wants."""
        return np.zeros(0)

    @property
    def rates(self):
        """What its flow's kernel wants."""
        return self.numbers

    def parameters(self):
        """What makes these mechanics again."""
        own = {name: value for name, value in vars(self).items() if name != "policy"}
        return {"step": self.policy.plain, **own}

    def __repr__(self):
        words = ", ".join(f"{name}={value!r}" if isinstance(value, str) else f"{name}={value:g}"
                          for name, value in self.parameters().items())
        return f"{type(self).__name__}({words})"

    def _forgetting(self, beta):
        """ρ of β = e^{−ρh}: how fast a memory of β a step forgets in time."""
        if not isinstance(self.policy, Constant):
            raise FlownetError(f"{self!r} has no flow: how fast it forgets in time follows from "
                               "one constant step.")
        return -math.log(beta) / self.policy.step if beta > 0 else math.inf


@kind("mechanics", "aristotle")
class Aristotle(Mechanics):
    """Aristotle's mechanics (gradient descent, SGD): velocity follows force, W ← W − step·g^♯dL.

    Parameters
    ----------
    step : float, str or policy
        η δt, the finite learning step (learning rate), in units of the flow's time (TM 39): a
        number, or a policy that chooses each step, as an object or as its text. `Linearity(0.1)`,
        "linear:0.1": as long as second order is a tenth of first; `LossRate()`, "loss": L itself
        (TM 22); `Warmup(0.5, 100)`, "warmup:0.5:100"; `Cosine(0.5, 2000)`, "cosine:0.5:2000".

    Raises
    ------
    FlownetError
        For a step that is not above 0, and a text that names no policy or not all its numbers.
    """

    code = kernel.ARISTOTLE


@kind("mechanics", "newton")
class Newton(Mechanics):
    """Newton's mechanics (momentum, heavy ball): force changes velocity, m dv/dt = F − λv (TM 25).

    A step takes the friction exactly, v ← e^{−λδt/m}v + (1 − e^{−λδt/m})F/λ, then W ← W + δt·v.

    Parameters
    ----------
    step : float, str or policy
        δt; the time of such a run is Σδt, and that of Aristotle's flow t/λ.
    mass : float
        m.
    friction : float
        λ, 0 for none.

    Raises
    ------
    FlownetError
        For numbers out of their range.
    """

    code = kernel.NEWTON

    def __init__(self, step, mass=1.0, friction=1.0):
        super().__init__(step)
        self.mass = _check.positive("mass", mass)
        if not (_check.is_number(friction) and friction >= 0):
            raise FlownetError(f"friction is {shown(friction)}; it has to be a number from 0 up.")
        self.friction = float(friction)

    @classmethod
    def from_momentum(cls, lr, beta):
        """The same steps as `torch.optim.SGD(lr, momentum=beta)`: of mass 1.

        β = e^{−λδt} and lr = δt(1 − β)/λ give δt² = lr·(−ln β)/(1 − β) and λ = −ln β/δt.
        """
        lr = _check.positive("lr", lr)
        if not (_check.is_number(beta) and 0 < beta <= 1):
            raise FlownetError(f"beta is {shown(beta)}; it has to be a number above 0, 1 at most.")
        x = -math.log(beta)
        step = math.sqrt(lr * (x / -math.expm1(-x) if x > 0 else 1.0))
        return cls(step, friction=x / step)

    @property
    def numbers(self):
        """What its kernels want."""
        return np.array([self.mass, self.friction])


@kind("mechanics", "rmsprop")
class RMSProp(Mechanics):
    """RMSProp: the force over its own size, remembered, W ← W + step·F/(√⟨F²⟩ + ε) (TM 26).

    Parameters
    ----------
    step : float, str or policy
        Learning rate.
    memory : float
        β, the share of ⟨F²⟩ that a step keeps (`alpha` elsewhere).
    epsilon : float
        Least size of a force.

    Raises
    ------
    FlownetError
        For numbers out of their range.
    """

    code = kernel.RMSPROP

    def __init__(self, step, memory=0.99, epsilon=1e-8):
        super().__init__(step)
        self.memory, self.epsilon = _share("memory", memory), _check.positive("epsilon", epsilon)

    @property
    def numbers(self):
        """What its finite steps' kernel wants."""
        return np.array([self.memory, self.epsilon])

    @property
    def rates(self):
        """What its flow's kernel wants: it forgets at ρ = −ln β/step."""
        return np.array([*self.numbers, self._forgetting(self.memory)])


@kind("mechanics", "adam")
class Adam(Mechanics):
    """Adam: the remembered force over its remembered size, both over 1 − β^k (TM 26).

    Parameters
    ----------
    step : float, str or policy
        Learning rate.
    memory1, memory2 : float
        β₁ and β₂, the shares of ⟨F⟩ and ⟨F²⟩ that a step keeps.
    epsilon : float
        Least size of a force.

    Raises
    ------
    FlownetError
        For numbers out of their range.
    """

    code = kernel.ADAM

    def __init__(self, step, memory1=0.9, memory2=0.999, epsilon=1e-8):
        super().__init__(step)
        self.memory1, self.memory2 = _share("memory1", memory1), _share("memory2", memory2)
        self.epsilon = _check.positive("epsilon", epsilon)

    @property
    def numbers(self):
        """What its finite steps' kernel wants."""
        return np.array([self.memory1, self.memory2, self.epsilon])

    @property
    def rates(self):
        """What its flow's kernel wants: it forgets at ρ = −ln β/step."""
        return np.array([*self.numbers, self._forgetting(self.memory1),
                         self._forgetting(self.memory2)])


def _share(name, value):
    if not (_check.is_number(value) and 0 <= value < 1):
        raise FlownetError(f"{name} is {shown(value)}; it has to be a number from 0 to below 1.")
    return float(value)
