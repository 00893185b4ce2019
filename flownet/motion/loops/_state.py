"""The state of a run, and a run as a generator of states."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError
from ...kernels.layout import Tape
from ...model.potential import Batches
from ..mechanics import ascent_of
from ..mechanics._start import initial_parameters, start
from ._loop import make_loop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import ArrayLike

    from ..._types import MetricLike, Vector
    from ...geometry.metric import Metric
    from ...model.potential import AnyPotential
    from ...motion.mechanics import Mechanics


class State:
    """A run between two steps.

    Attributes
    ----------
    iteration : int
    time : float
    W : ndarray (D,)
        Change it in place to change the run.
    mechanics, metric
    """

    def __init__(
        self, iteration: int, time: float, loop: Any, potential: Callable[[int], AnyPotential]
    ) -> None:
        self.iteration, self.time, self.W, self._potential = iteration, time, loop.W, potential
        self.mechanics, self._metric = loop.mechanics, loop.metric
        self._memory = loop.arrays.get("memory", ())

    def elsewhere(self, W: Vector) -> State:
        """This state as if its parameters were W (D,)."""
        made = copy(self)
        made.W = W
        return made

    @property
    def metric(self) -> Metric:
        """The metric of the step that comes next."""
        return self._metric.at(self.time)

    def metric_at(self, time: float) -> Metric:
        """The run's metric at a time."""
        return self._metric.at(time)

    @property
    def potential(self) -> AnyPotential:
        """The potential of the step that comes next: that of its mini-batch."""
        return self._potential(self.iteration)

    @property
    def loss(self) -> float:
        """Loss of the state on that potential."""
        return self.potential.value(self.W)

    @property
    def force(self) -> Vector:
        """F = −g^♯dL (D,) on that potential, with the slope of a weight decay that joins it.

        Of SAM that of the point uphill.
        """
        potential, W = self.potential, self.W
        dL = potential.differential(W)[1]
        if self.mechanics.radius:
            dL = potential.differential(W + ascent_of(self.metric, dL, self.mechanics.radius))[1]
        return -self.metric.sharp(dL + self.mechanics.decay * self.W)

    @property
    def memories(self) -> dict[str, Vector]:
        """What the mechanics remember, the run's own arrays (D,) by name.

        "velocity", "force" ⟨F⟩, "square" ⟨F²⟩, "centre" (the ⟨F⟩ of a fluctuation). Of complex
        parameters ⟨|F|²⟩, or with separate moments ⟨Re²F⟩ + i⟨Im²F⟩.
        """
        found = {}
        for name, reals in zip(self.mechanics.remembers, self._memory):
            found[name] = reals.view(self.W.dtype)
            if name == "square" and self.mechanics.moments == "modulus":
                found[name] = found[name].real
        return found

    @property
    def velocity(self) -> Vector:
        """Velocity v (D,) of mechanics that have one, at the time of W."""
        memories = self.memories
        if "velocity" not in memories:
            raise FlownetError(f"{self.mechanics!r} remembers no velocity; Newton's mechanics do.")
        return self.mechanics.velocity(memories["velocity"], lambda: self.force, self.iteration)

    def __repr__(self):
        return f"State: iteration {self.iteration}, time {self.time:g}, {self.W.size} parameters"


def states(
    potential: AnyPotential,
    mechanics: Mechanics,
    *,
    steps: int | None = None,
    W0: ArrayLike | None = None,
    seed: int = 0,
    metric: MetricLike | None = None,
    batch_size: int | None = None,
) -> Iterator[State]:
    """A run one step at a time: yields its states, the initial one first.

    The same bits as `train`; a script may stop it, inspect a state, and change `state.W` in place.

    Parameters
    ----------
    potential, mechanics, W0, seed, metric, batch_size
        As in `train`.
    steps : int, optional
        Where to end; never by default, unless the run diverges.

    Yields
    ------
    State
        Each with the run's own array W: copy what is to stay.

    Examples
    --------
    >>> import flownet as fn
    >>> for state in fn.states(fn.Parabola(1), fn.Aristotle(0.1), W0=[1.0], steps=100):
    ...     if state.loss < 0.01:
    ...         break
    >>> print(state.iteration)
    19
    """
    potential, metric = start(potential, mechanics, metric, batch_size, steps, seed)
    return _walk(potential, mechanics, steps, W0, seed, metric, batch_size)


def _walk(potential, mechanics, steps, W0, seed, metric, batch_size):
    W = initial_parameters(potential, W0, seed)
    loop = make_loop(potential, mechanics, metric, W, 0.0, batch_size, seed)
    tape = one_row(W)
    at = potential_of(potential, batch_size, seed)
    iteration, finite = 0, True
    while finite:
        yield State(iteration, loop.time, loop, at)
        if iteration == steps:
            return
        done, _, finite = loop.advance(iteration, 1, tape)
        iteration += done


def one_row(W):
    """Tape that keeps one step and forgets it."""
    integers, floats = (lambda: np.zeros(1, np.int64)), (lambda: np.zeros(1))
    return Tape(
        1,
        np.zeros((1, W.size), W.dtype),
        integers(),
        floats(),
        floats(),
        integers(),
        floats(),
        floats(),
    )


def potential_of(potential, batch_size, seed):
    """Function iteration → potential of that step."""
    if not batch_size:
        return lambda iteration: potential
    batches = Batches(potential.data.m, batch_size, seed)
    return lambda iteration: potential.on(batches.rows(iteration))
