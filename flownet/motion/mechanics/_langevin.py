"""Langevin's mechanics: Aristotle's in a heat bath."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..._errors import FlownetError
from ..._registry import kind
from ...kernels.scalar import mechanics as scalar
from ._mechanics import Mechanics
from ._policy_of import number_or_policy

if TYPE_CHECKING:
    from ..._types import NotNegative, Step, Temperature


@kind("mechanics", "langevin")
class Langevin(Mechanics):
    """Langevin's mechanics (SGLD): descent in a heat bath, W ← W − h·g^♯dL + √(2hT)·g^{−1/2}ξ.

    ξ are standard normal numbers keyed by the run's seed, the iteration and the parameter: a run
    that is resumed takes the same ones. Ever smaller steps visit W as often as e^{−L/T} says;
    finite steps on a parabola ½W² have the variance T/(1 − h/2).

    Parameters
    ----------
    step : float, str or policy
        h.
    temperature : float or schedule
        T, in units of the loss; one that falls is simulated annealing.
    weight_decay : float
        As of `Aristotle`.

    Raises
    ------
    FlownetError
        For numbers out of their range.
    """

    def __init__(
        self, step: Step, temperature: Temperature, weight_decay: NotNegative = 0.0
    ) -> None:
        super().__init__(step, weight_decay)
        self.temperature = number_or_policy("temperature", temperature)

    @property
    def numbers(self) -> Any:
        """What its kernel wants."""
        return scalar.Langevin(self.first_temperature)

    def rate(self) -> Any:
        """There is none."""
        raise FlownetError(
            f"{self!r} has no flow: thermal noise makes its path rough; that of "
            "temperature 0 is Aristotle's."
        )
