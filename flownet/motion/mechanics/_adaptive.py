"""RMSProp and Adam: the force over its remembered size (TM 26)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ..._registry import kind
from ...kernels.scalar import mechanics as scalar
from .. import _check
from ._mechanics import MOMENTS, Mechanics, Rate, flag, not_negative, one_of, share
from ._newton import inertia
from ._policy import Constant

if TYPE_CHECKING:
    from ..._types import NotNegative, Positive, Share, Step
    from ._mechanics import Moments


class Adaptive(Mechanics):
    """Mechanics that take the force over its remembered size, or remember it."""

    def rate(self) -> Any:
        """What its flow's kernel wants: what forgets by β a step forgets at ρ = −ln β/step."""
        numbers = self.numbers
        if numbers.force is not None and numbers.force.beta == 0:
            numbers = numbers._replace(force=None)
        memories = [memory for memory in (numbers.force, numbers.square) if memory is not None]
        for memory in memories:
            self._forgetting(memory.beta)
        if numbers.inertia is not None and numbers.inertia.momentum is not None:
            self._constant_step()
        count = len(memories) + (numbers.centre is not None) + (numbers.inertia is not None)
        return Rate(numbers, count, int(numbers.corrected))


@kind("mechanics", "rmsprop")
class RMSProp(Adaptive):
    """RMSProp: the force over its own size, remembered, W ← W + step·F/(√⟨F²⟩ + ε) (TM 26).

    Parameters
    ----------
    step : float, str or policy
        Learning rate.
    memory : float
        β, the share of ⟨F²⟩ that a step keeps (`alpha` elsewhere).
    epsilon : float
        Least size of a force, outside the root.
    centered : bool
        Over √(⟨F²⟩ − ⟨F⟩²), the fluctuation of the force, instead.
    momentum : float
        μ: W ← W + step·v, v ← μv + F/(√⟨F²⟩ + ε).
    weight_decay : float
        κ: dL + κW for dL, the slope of `potential + κ * Parabola(potential.size)`.
    moments : str
        Of complex parameters: "modulus", ⟨|F|²⟩, which a common phase of all parameters does not
        change; "separate", one for Re F and one for Im F, as PyTorch's. Of real ones they agree.

    Raises
    ------
    FlownetError
        For numbers out of their range.
    """

    def __init__(
        self,
        step: Step,
        memory: Share = 0.99,
        epsilon: Positive = 1e-8,
        centered: bool = False,
        momentum: Share = 0.0,
        weight_decay: NotNegative = 0.0,
        moments: Moments = "modulus",
    ) -> None:
        super().__init__(step, weight_decay)
        self.memory, self.epsilon = share("memory", memory), _check.positive("epsilon", epsilon)
        self.centered, self.momentum = flag("centered", centered), share("momentum", momentum)
        self.moments = one_of("moments", moments, MOMENTS)

    @property
    def remembers(self) -> tuple[str, ...]:  # type: ignore[override]
        """Names of the vectors (D,) it remembers."""
        return ("square", *("centre",) * self.centered, *("velocity",) * (self.momentum > 0))

    @property
    def sizing(self) -> Any:
        """How ⟨F²⟩ is remembered: β, and whether it is corrected and centred."""
        return self.memory, False, self.centered

    @property
    def numbers(self) -> Any:
        """What its kernels want; mass and friction of its momentum, where steps are the same."""
        mass, friction = math.nan, 1.0
        if self.momentum and isinstance(self.policy, Constant):
            mass, friction = inertia(self.policy.step, self.momentum)
        return scalar.Adaptive(
            friction=friction,
            inertia=scalar.Inertia(mass, self.momentum) if self.momentum else None,
            force=None,
            square=self._memory(self.memory),
            centre=self.centered or None,
            epsilon=self.epsilon,
            corrected=False,
        )


@kind("mechanics", "adam")
class Adam(Adaptive):
    """Adam: the remembered force over its remembered size, both over 1 − β^k (TM 26).

    Parameters
    ----------
    step : float, str or policy
        Learning rate.
    memory1, memory2 : float
        β₁ and β₂, the shares of ⟨F⟩ and ⟨F²⟩ that a step keeps.
    epsilon : float
        Least size of a force, outside the root.
    weight_decay : float
        κ: dL + κW for dL, the slope of `potential + κ * Parabola(potential.size)`, so that Adam
        takes the decay, too, over its size; `AdamW` does not.
    moments : str
        Of complex parameters: "modulus", ⟨|F|²⟩, which a common phase of all parameters does not
        change; "separate", one for Re F and one for Im F, as PyTorch's. Of real ones they agree.

    Raises
    ------
    FlownetError
        For numbers out of their range.
    """

    remembers = ("force", "square")

    def __init__(
        self,
        step: Step,
        memory1: Share = 0.9,
        memory2: Share = 0.999,
        epsilon: Positive = 1e-8,
        weight_decay: NotNegative = 0.0,
        moments: Moments = "modulus",
    ) -> None:
        super().__init__(step, weight_decay)
        self.memory1, self.memory2 = share("memory1", memory1), share("memory2", memory2)
        self.epsilon = _check.positive("epsilon", epsilon)
        self.moments = one_of("moments", moments, MOMENTS)

    @property
    def sizing(self) -> Any:
        """How ⟨F²⟩ is remembered: β, and whether it is corrected and centred."""
        return self.memory2, True, False

    @property
    def numbers(self) -> Any:
        """What its kernels want."""
        return scalar.Adaptive(
            friction=1.0,
            inertia=None,
            force=self._memory(self.memory1),
            square=self._memory(self.memory2),
            centre=None,
            epsilon=self.epsilon,
            corrected=True,
        )


@kind("mechanics", "adamw")
class AdamW(Adam):
    """AdamW: Adam's step of L, and beside it Aristotle's of κ·Parabola, W ← W − step·κ·g^♯W.

    Parameters
    ----------
    step, memory1, memory2, epsilon, moments
        As of `Adam`.
    weight_decay : float
        κ. The decay is not divided by the force's size, as it is in Adam of `L + κ·Parabola`.

    Raises
    ------
    FlownetError
        For numbers out of their range.
    """

    decay = 0.0

    def __init__(
        self,
        step: Step,
        memory1: Share = 0.9,
        memory2: Share = 0.999,
        epsilon: Positive = 1e-8,
        weight_decay: NotNegative = 0.01,
        moments: Moments = "modulus",
    ) -> None:
        super().__init__(step, memory1, memory2, epsilon, moments=moments)
        self.weight_decay = not_negative("weight_decay", weight_decay)

    @property
    def shrink(self) -> float:  # type: ignore[override]
        """κ of a parabola that moves W by itself."""
        return self.weight_decay
