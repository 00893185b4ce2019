"""Training by adaptive Runge–Kutta steps: fast in shallow regions, slow over cliffs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError, shown
from ..._registry import kind
from ...kernels.layout import Trace
from ...kernels.scalar.mechanics import Aristotle
from .. import _check
from ..flow import STUCK, Integration, System
from ..mechanics import Mechanics, StepPolicy
from ._python_loop import START

if TYPE_CHECKING:
    from ..._types import Positive


class Adaptive(StepPolicy):
    """Steps by the error of each; there is nothing to choose."""

    def at(self, iteration: int) -> float:
        """Refused: nobody knows it before the step."""
        raise FlownetError("Runge-Kutta steps are as long as their errors let them be.")


@kind("mechanics", "runge-kutta")
class RungeKutta(Mechanics):
    """Aristotle's mechanics by adaptive Runge–Kutta steps: the run keeps to the flow (TM §3.6).

    Each step is one of `flow`'s: six gradients, or as many stages as a stiff valley needs; refused
    tries cost as much. What a step took is the observable `evaluations`: the loss against their sum
    is what compares with plain descent, one gradient a step. Full batches alone.

    Parameters
    ----------
    rtol, atol : float
        Error of a step, relative to each parameter and absolute.

    Raises
    ------
    FlownetError
        For tolerances out of their range.
    """

    policy = Adaptive()
    numbers = Aristotle()
    own_loop = True
    counts = ("evaluations",)

    def __init__(self, rtol: Positive = 1e-3, atol: Positive = 1e-6) -> None:
        if not (_check.is_number(rtol) and 1e-13 <= rtol <= 0.5):
            raise FlownetError(f"rtol is {shown(rtol)}; it has to be a number from 1e-13 to 0.5.")
        self.rtol, self.atol = float(rtol), _check.positive("atol", atol)

    def rate(self) -> Any:
        """There is none of its own."""
        raise FlownetError(
            f"mechanics is {self!r}, whose steps follow the plain flow: leave it out to have that."
        )

    def parameters(self) -> dict[str, Any]:
        """What makes these mechanics again."""
        return {"rtol": self.rtol, "atol": self.atol}

    def __repr__(self):
        return f"RungeKutta(rtol={self.rtol:g}, atol={self.atol:g})"


class RungeKuttaLoop:
    """One accepted step of the integration at a time."""

    def __init__(
        self, potential, mechanics, metric, W, time, batch_size, seed, pairs=False, since=START
    ):
        if batch_size:
            raise FlownetError(
                "a Runge-Kutta step follows the flow of one potential: it takes no batch_size."
            )
        if metric.moves:
            raise FlownetError(
                "a Runge-Kutta step follows the flow of one metric; in one that "
                "depends on time take flownet.flow or another mechanics."
            )
        self._potential, self.mechanics, self.metric = potential, mechanics, metric
        self.since, self.extra = since, dict.fromkeys(mechanics.counts, ())
        self._integration = Integration(
            System(potential, metric, W.dtype, wants_meters=False).field,
            W,
            math.inf,
            mechanics.rtol,
            mechanics.atol,
        )
        self._integration.begin_at(time)
        self.W = y = self._integration.s.y
        self.arrays = {"parameters": self.W, **self._integration.state}
        del self.arrays["solution"]
        self._known = self.W.copy()  # a script may change W in between
        one = lambda: np.zeros(1)  # noqa: E731
        self._trace = Trace(
            None, np.zeros((1, y.size), y.dtype), one(), one(), None, one(), one(), one(), one()
        )

    @property
    def time(self):
        """Time of the state W."""
        return self._integration.time

    def advance(self, first, count, tape, evaluations=None):
        """Steps from iteration `first` on: steps taken, rows kept, and whether all is finite."""
        rows = 0
        for i in range(count):
            k, time, W = first + i, self.time, self.W.copy()
            if i == 0 and not np.array_equal(W, self._known):
                self._integration.begin_anew()
            loss, before = self._potential.value(W), self._integration.calls
            if self._integration.advance(self._trace, 1)[2] == STUCK:
                return i, rows, False
            if k % tape.every == 0:
                tape.parameters[rows], tape.row_iteration[rows], tape.row_time[rows] = W, k, time
                rows += 1
            tape.iteration[i], tape.time[i] = k, time
            tape.loss[i], tape.step[i] = loss, self._trace.step[0]
            if evaluations is not None:
                evaluations[i] = self._integration.calls - before
            self._known[:] = self.W
        return count, rows, True
