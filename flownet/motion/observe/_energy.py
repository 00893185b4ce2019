"""Energy: what Newton's mechanics keep without friction, and what friction takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from ..._errors import FlownetError
from ..._registry import kind
from ..mechanics import one_of
from ._of_potential import OfPotential

if TYPE_CHECKING:
    from ...model.potential import AnyPotential
    from ...motion.loops import State

Part = Literal["total", "kinetic", "potential", "power"]
PARTS = get_args(Part)


@kind("observable", "energy")
class Energy(OfPotential):
    """Energy ½m g(v, v) + L of Newton's mechanics; friction takes it at the rate λ g(v, v).

    The velocity is the one at the time of W (`State.velocity`); `weight_decay` counts as the
    potential energy that it is, ½κ‖W‖².

    Parameters
    ----------
    potential : Potential
        L, the run's own.
    part : str
        "total", "kinetic", "potential", or "power", d(energy)/dt = −λ g(v, v).

    Raises
    ------
    FlownetError
        For another part, and in a run whose mechanics have no mass.
    """

    words = ("part",)
    of_all_terms = True

    def __init__(self, potential: AnyPotential, part: Part = "total") -> None:
        super().__init__(potential)
        self.part = one_of("part", part, PARTS)

    def __call__(self, state: State) -> Any:
        mass, v2 = _mass(state), state.metric.norm2(state.velocity)
        if self.part == "power":
            return -state.mechanics.friction * v2
        kinetic = 0.5 * mass * v2 if self.part != "potential" else 0.0
        return kinetic + (self._potential(state) if self.part != "kinetic" else 0.0)

    def _potential(self, state):
        decay = 0.5 * state.mechanics.decay
        return self.potential.value(state.W) + decay * float(np.vdot(state.W, state.W).real)

    def parameters(self) -> dict[str, Any]:
        """What makes this observable again, beside its potential."""
        return {"part": self.part}


@kind("observable", "shadow-energy")
class ShadowEnergy(OfPotential):
    """Energy that the frictionless leapfrog keeps to O(h⁴), where it keeps `Energy` to O(h²).

    ½m g(v, v) + L + h²·(H(v, v)/12 − ‖dL‖²/(24m)), H the Hessian and ‖dL‖ in the metric: the next
    term of the potential whose exact motion the steps h are (Hairer, Lubich & Wanner, Geometric
    Numerical Integration, IX).

    Parameters
    ----------
    potential : Potential
        L, the run's own, with jets.

    Raises
    ------
    FlownetError
        In a run of other mechanics than `Newton(step, friction=0, integrator="leapfrog")`.
    """

    of_all_terms = True

    def __init__(self, potential: AnyPotential) -> None:
        super().__init__(potential)
        self._energy = Energy(potential)

    def __call__(self, state: State) -> Any:
        mechanics, v, W = state.mechanics, state.velocity, state.W
        if mechanics.integrator != "leapfrog" or mechanics.friction:
            raise FlownetError(
                f"{mechanics!r} keeps no shadow energy; the leapfrog without friction does."
            )
        kappa = mechanics.decay
        bend = 2 * self.potential.jet(W, v, 2)[2] + kappa * np.vdot(v, v).real
        dL = self.potential.differential(W)[1] + kappa * W
        slope2 = -np.vdot(dL, state.force).real / mechanics.mass
        return self._energy(state) + mechanics.step**2 * (bend / 12 - slope2 / 24)


def _mass(state):
    mass = state.mechanics.mass
    if not mass:
        raise FlownetError(
            f"{state.mechanics!r} has no mass, and so no energy of motion; Newton's mechanics have."
        )
    return mass
