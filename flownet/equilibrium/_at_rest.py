"""A system's inputs and outputs as those of a network: what comes out when its state is at rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from .._errors import FlownetError
from ..model import _check
from ..model.network import Network
from ._relaxation import no_pull

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from .._types import Vector

_ROWS = 1024  # samples that relax at once


class AtRest(Network):
    """The map from inputs to the outputs of a free state; its parameters lie as the system's."""

    def __init__(self, system: Any, manner: Any) -> None:
        super().__init__(**system.network.describe())
        self._system, self._manner = system, manner

    def forward(self, W: ArrayLike, x: ArrayLike) -> Vector:
        """Outputs (m, n_out) at inputs x (m, n_in), of states that relax from rest."""
        system = self._system
        W = _check.vector("W", W, system.size, system.dtype)
        x = system.inputs(_check.matrix("x", x, system.n_in, system.dtype))
        found = []
        for first in range(0, len(x), _ROWS):
            some = np.ascontiguousarray(x[first : first + _ROWS])
            states = system.relaxation(len(some), self._manner)
            states.drive(W, some)
            s = states.rest()
            states.relax(s, no_pull(system.dtype), self._manner.sweeps)
            found.append(np.array(states.outputs(s)))
        return np.concatenate(found)

    def pushforward(self, W: ArrayLike, x: ArrayLike, V: ArrayLike) -> NoReturn:
        """None: the potential's `jet` says what a displacement does."""
        raise FlownetError(f"{self._system!r} has no pushforward: see the potential's jet().")

    def pullback(self, W: ArrayLike, x: ArrayLike, cotangent: ArrayLike) -> NoReturn:
        """None: the potential's `exact` is the covector."""
        raise FlownetError(f"{self._system!r} has no pullback: see the potential's exact().")

    def __repr__(self):
        return repr(self._system)
