"""Observables of a physical system: its states, and what its nudge falsifies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..._registry import kind
from ._of_potential import OfPotential

if TYPE_CHECKING:
    from ...equilibrium import Equilibrium
    from ...motion.loops import State


@kind("observable", "free-states")
class FreeStates(OfPotential):
    """Free states (m, n) of a physical system at the state's W, one sample a row.

    Layer by layer, outputs last, as `Equilibrium.relax` gives them: each relaxes from rest. Of
    complex states (m, 2n), real and imaginary parts in turn.

    Parameters
    ----------
    potential : Equilibrium
        The run's own, or the same system on other data.
    """

    needs = ("relax",)
    own_loss = False

    def __init__(self, potential: Equilibrium) -> None:
        super().__init__(potential)

    def __call__(self, state: State) -> Any:
        s = np.concatenate(self.potential.relax(state.W), axis=1)
        return s.view(s.real.dtype)


@kind("observable", "nudge-meters")
class NudgeMeters(OfPotential):
    """Meters (7,) of a physical system at the state's W, those of `Equilibrium.meters` in order.

    Bias share, curl, softness λ_min, first kink, radius, sweeps, residual; NaN for what a system
    does not have.

    Parameters
    ----------
    potential : Equilibrium
        The run's own, or the same system on other data.
    """

    needs = ("meters",)

    def __init__(self, potential: Equilibrium) -> None:
        super().__init__(potential)

    def __call__(self, state: State) -> Any:
        return self.potential.meters(state.W).values()
