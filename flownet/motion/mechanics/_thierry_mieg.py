"""The whole equation of motion, of which the other mechanics are limits (TM 25-26)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..._errors import FlownetError
from ..._registry import kind
from ...kernels.scalar import mechanics as scalar
from .. import _check
from ._adaptive import Adaptive
from ._mechanics import MOMENTS, flag, not_negative, one_of, share

if TYPE_CHECKING:
    from ..._types import NotNegative, Positive, Share, Step
    from ._mechanics import Moments


@kind("mechanics", "thierry-mieg")
class ThierryMieg(Adaptive):
    """The whole equation: m dv/dt = γ⟨F⟩ − λv, d⟨F⟩/dt = −β(⟨F⟩ − F), γ = 1/(√⟨F²⟩ + ε) (TM 25-26).

    A step remembers the force and its size, ⟨F⟩ ← β₁⟨F⟩ + (1 − β₁)F, ⟨F²⟩ ← β₂⟨F²⟩ + (1 − β₂)F²,
    then moves as Newton's mechanics under γ⟨F⟩: v ← e^{−λh/m}v + (1 − e^{−λh/m})γ⟨F⟩/λ,
    W ← W + h·v. Its limits are

    =============== ====== ========= ========= ===========
    mechanics       mass   memory1   memory2   corrected
    =============== ====== ========= ========= ===========
    Aristotle       0      0         None
    Newton          m      0         None
    RMSProp         0      0         β         False
    Adam            0      β₁        β₂        True
    =============== ====== ========= ========= ===========

    with λ = 1 but for Newton's. With a mass and memories it is Adam with inertia.

    Parameters
    ----------
    step : float, str or policy
        h.
    mass : float
        m, 0 for none: then v = γ⟨F⟩/λ.
    friction : float
        λ, 0 for none where there is a mass.
    memory1 : float
        β₁ = e^{−βh}, the share of ⟨F⟩ that a step keeps; 0 for none.
    memory2 : float, optional
        β₂, the share of ⟨F²⟩; None, by default, for γ = 1.
    epsilon : float
        Least size of a force.
    corrected : bool
        Whether both memories, which begin at 0, are taken over 1 − β^k.
    centered : bool
        γ = 1/(√(⟨F²⟩ − ⟨F⟩²) + ε), which damps the directions where F fluctuates, and those alone;
        this ⟨F⟩ forgets as ⟨F²⟩ does. Uncorrected.
    weight_decay, moments
        As of `RMSProp`.

    Raises
    ------
    FlownetError
        For numbers out of their range.
    """

    def __init__(
        self,
        step: Step,
        mass: NotNegative = 1.0,
        friction: NotNegative = 1.0,
        memory1: Share = 0.0,
        memory2: Share | None = None,
        epsilon: Positive = 1e-8,
        corrected: bool = True,
        centered: bool = False,
        weight_decay: NotNegative = 0.0,
        moments: Moments = "modulus",
    ) -> None:
        super().__init__(step, weight_decay)
        self.mass, self.friction = not_negative("mass", mass), not_negative("friction", friction)
        if not (self.mass or self.friction):
            raise FlownetError("mass and friction are both 0; one has to be above 0.")
        self.memory1 = share("memory1", memory1)
        self.memory2 = None if memory2 is None else share("memory2", memory2)
        self.epsilon = _check.positive("epsilon", epsilon)
        self.corrected, self.centered = flag("corrected", corrected), flag("centered", centered)
        self.moments = one_of("moments", moments, MOMENTS)
        if self.centered and (self.corrected or memory2 is None):
            raise FlownetError(
                "centered is True; it wants a memory2, and corrected=False: a first "
                "force does not fluctuate."
            )

    @property
    def remembers(self) -> tuple[str, ...]:  # type: ignore[override]
        """Names of the vectors (D,) it remembers."""
        return (
            *("force",) * (self.memory1 > 0),
            *("square",) * (self.memory2 is not None),
            *("centre",) * self.centered,
            *("velocity",) * (self.mass > 0),
        )

    @property
    def sizing(self) -> Any:
        """How ⟨F²⟩ is remembered: β, and whether it is corrected and centred; or None."""
        return None if self.memory2 is None else (self.memory2, self.corrected, self.centered)

    @property
    def numbers(self) -> Any:
        """What its kernels want."""
        force = self._memory(self.memory1) if self.memory1 else None
        square = None if self.memory2 is None else self._memory(self.memory2)
        return scalar.Adaptive(
            friction=self.friction,
            inertia=scalar.Inertia(self.mass, None) if self.mass else None,
            force=force,
            square=square,
            centre=self.centered or None,
            epsilon=self.epsilon,
            corrected=self.corrected and (force is not None or square is not None),
        )

    def parameters(self) -> dict[str, Any]:
        """What makes these mechanics again."""
        return {name: value for name, value in super().parameters().items() if value is not None}
