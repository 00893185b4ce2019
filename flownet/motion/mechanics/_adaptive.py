"""RMSProp and Adam: the force over its remembered size (TM 26)."""

import numpy as np

from ..._registry import kind
from ...kernels.cpu.motion import mechanics as kernel
from .. import _check
from ._mechanics import MOMENTS, Mechanics, Rate, flag, not_negative, one_of, share
from ._newton import inertia


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

    code = kernel.RMSPROP

    def __init__(
        self,
        step,
        memory=0.99,
        epsilon=1e-8,
        centered=False,
        momentum=0.0,
        weight_decay=0.0,
        moments="modulus",
    ):
        super().__init__(step, weight_decay)
        self.memory, self.epsilon = share("memory", memory), _check.positive("epsilon", epsilon)
        self.centered, self.momentum = flag("centered", centered), share("momentum", momentum)
        self.moments = one_of("moments", moments, MOMENTS)

    @property
    def remembers(self):
        """Names of the vectors (D,) it remembers."""
        return ("square", *("centre",) * self.centered, *("velocity",) * (self.momentum > 0))

    @property
    def sizing(self):
        """How ⟨F²⟩ is remembered: β, and whether it is corrected and centred."""
        return self.memory, False, self.centered

    @property
    def numbers(self):
        """What its finite steps' kernel wants."""
        return np.array([self.memory, self.epsilon, self.centered, self.momentum])

    def rate(self, pairs=False):
        """What its flow's kernel wants: it forgets at ρ = −ln β/step."""
        forget = self._forgetting(self.memory)
        if not (pairs or self.centered or self.momentum):
            return Rate(self.code, np.array([self.memory, self.epsilon, forget]), 1, 0)
        mass, friction = (
            inertia(self._constant_step(), self.momentum) if self.momentum else (0.0, 1.0)
        )
        return family_rate(self, mass, friction, kernel.BARE, forget, False, self.centered, pairs)


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

    code = kernel.ADAM
    remembers = ("force", "square")

    def __init__(
        self, step, memory1=0.9, memory2=0.999, epsilon=1e-8, weight_decay=0.0, moments="modulus"
    ):
        super().__init__(step, weight_decay)
        self.memory1, self.memory2 = share("memory1", memory1), share("memory2", memory2)
        self.epsilon = _check.positive("epsilon", epsilon)
        self.moments = one_of("moments", moments, MOMENTS)

    @property
    def sizing(self):
        """How ⟨F²⟩ is remembered: β, and whether it is corrected and centred."""
        return self.memory2, True, False

    @property
    def numbers(self):
        """What its finite steps' kernel wants."""
        return np.array([self.memory1, self.memory2, self.epsilon])

    def rate(self, pairs=False):
        """What its flow's kernel wants: it forgets at ρ = −ln β/step."""
        forgets = [
            self._forgetting(self.memory1) if self.memory1 else kernel.BARE,
            self._forgetting(self.memory2),
        ]
        if pairs or not self.memory1:
            return family_rate(self, 0.0, 1.0, *forgets, True, False, pairs)
        return Rate(kernel.ADAM, np.array([*self.numbers, *forgets]), 2, 1)


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
        self, step, memory1=0.9, memory2=0.999, epsilon=1e-8, weight_decay=0.01, moments="modulus"
    ):
        super().__init__(step, memory1, memory2, epsilon, moments=moments)
        self.weight_decay = not_negative("weight_decay", weight_decay)

    @property
    def shrink(self):
        """κ of a parabola that moves W by itself."""
        return self.weight_decay


def family_rate(mechanics, mass, friction, forget1, forget2, corrected, centered, pairs):
    """`Rate` of the whole equation TM 26; `forget` is `BARE` for what is not remembered."""
    numbers = np.array(
        [mass, friction, forget1, forget2, mechanics.epsilon, corrected, centered, pairs]
    )
    memories = (forget1 != kernel.BARE) + (forget2 != kernel.BARE) + centered + (mass > 0)
    return Rate(kernel.FAMILY, numbers, memories, int(corrected))
