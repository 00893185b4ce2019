"""Mechanics: what the force does to the parameters."""

from .._kinds import kind
from ._policy import Constant
from ._policy_of import policy_of


@kind("mechanics", "aristotle")
class Aristotle:
    """Aristotle's mechanics (gradient descent, SGD): velocity follows force, W ← W − step·g^♯dL.

    Parameters
    ----------
    step : float, str or policy
        η δt, the finite learning step (learning rate), in units of the flow's time (TM 39): a
        number, or a policy that chooses each step, as an object or as its text. `Linearity(0.1)`,
        "linear:0.1": as long as second order is a tenth of first; `LossRate()`, "loss": L itself
        (TM 22); `Warmup(0.5, 100)`, "warmup:0.5:100"; `Cosine(0.5, 2000)`, "cosine:0.5:2000".

    Attributes
    ----------
    step : float or policy
        The number where every step is the same, else the policy.
    policy : policy
        What a number means, too: `Constant`.

    Raises
    ------
    FlownetError
        For a step that is not above 0, and a text that names no policy or not all its numbers.
    """

    def __init__(self, step):
        self.policy = policy_of(step)

    @property
    def step(self):
        """The number where every step is the same, else the policy."""
        return self.policy.step if isinstance(self.policy, Constant) else self.policy

    def parameters(self):
        """What makes these mechanics again."""
        return {"step": self.policy.plain}

    def __repr__(self):
        plain = self.policy.plain
        return f"Aristotle(step={plain!r})" if isinstance(plain, str) else (
            f"Aristotle(step={plain:g})")
