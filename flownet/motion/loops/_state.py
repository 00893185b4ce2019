"""The state of a run between two steps, and what a script may change of it."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError
from ..._registry import unknown
from ...kernels.layout import Tape
from ...model._check import array
from ...model.potential import Batches
from ..mechanics import ascent_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from ..._types import Step, Vector
    from ...geometry.metric import Metric
    from ...model.potential import AnyPotential
    from ...motion.mechanics import Mechanics

_NEVER = 1 << 62  # an interval of rows that no run comes to


class State:
    """A run between two steps.

    Within `states` a script may change it, in place or by assigning: `state.W`, `state.velocity`,
    each of `state.memories`, and `state.step`. All else is read alone.

    Attributes
    ----------
    iteration : int
    time : float
    mechanics, metric
    age : int
        Steps since what the mechanics remember began: the iteration, unless a run went on with
        other ones.
    """

    iteration: int
    time: float
    mechanics: Any

    def __init__(
        self,
        iteration: int,
        time: float,
        loop: Any,
        potential: Callable[[int], AnyPotential],
        refit: Callable[[Mechanics], None] | None = None,
    ) -> None:
        vars(self).update(iteration=iteration, time=time, mechanics=loop.mechanics)
        self._W, self._potential, self._metric = loop.W, potential, loop.metric
        self._since = loop.since
        self._memory = loop.arrays.get("memory", ())
        #: checks other mechanics for the steps to come; only a script has it
        self._refit: Any = refit
        self._velocity: Any = None  # a velocity that was handed out, and what it was then

    def __setattr__(self, name, value):
        if name not in ("W", "step", "velocity") and not name.startswith("_"):
            raise FlownetError(
                f"state.{name} cannot be set: a script may change state.W, .step, .velocity and "
                ".memories[name]; for another potential, metric or mechanics begin a run at "
                "W0=state.W."
            )
        super().__setattr__(name, value)

    @property
    def W(self) -> Vector:
        """Parameters (D,), the run's own array: written to or assigned, they change the run."""
        return self._W

    @W.setter
    def W(self, given: ArrayLike) -> None:
        _write("state.W", self._W, given)

    @property
    def step(self) -> float:
        """How long the step that comes next will be, as long as W stays as it is.

        Assigned a number, a policy or its text, that is the step from here on.
        """
        policy, k = self.mechanics.policy, self.since_change
        if policy.of_state:
            return policy.of(self, k)
        if not (policy.of_jet or policy.of_loss):
            return float(policy.steps_from(k, 1, self.time)[0])
        loss, dL = self.potential.differential(self.W)
        V = -self.metric.seen_at(self.W).sharp(dL)
        return policy.choose(k, self.potential, self.W, V, loss)

    @step.setter
    def step(self, given: Step) -> None:
        self._refuse_onlookers("step")
        mechanics = self.mechanics.with_step(given)
        self._refit(mechanics)
        vars(self)["mechanics"] = mechanics

    @property
    def age(self) -> int:
        """Steps since what the mechanics remember began."""
        return self.iteration - self._since.born

    def elsewhere(self, W: Vector) -> State:
        """This state as if its parameters were W (D,)."""
        made = copy(self)
        made._W = W
        return made

    @property
    def since_change(self) -> int:
        """Steps since the run began, or last went on in another way: what schedules count."""
        return self.iteration - self._since.begun

    def without_metric(self) -> State:
        """This state for those who make its metric."""
        made = copy(self)
        made._metric = _InTheMaking()
        return made

    @property
    def metric(self) -> Metric:
        """The metric of the step that comes next."""
        return self._metric.at_step(self)

    @property
    def whole_metric(self) -> Metric:
        """The run's metric, at no time or step."""
        return self._metric

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
        """What the mechanics remember, the run's own arrays (D,) by name; assigned, written to.

        "velocity", "force" ⟨F⟩, "square" ⟨F²⟩, "centre" (the ⟨F⟩ of a fluctuation). Of complex
        parameters ⟨|F|²⟩, or with separate moments ⟨Re²F⟩ + i⟨Im²F⟩.
        """
        self.take_up()
        found = _Memories()
        for name, reals in zip(self.mechanics.remembers, self._memory):
            memory = reals.view(self.W.dtype)
            if name == "square" and self.mechanics.moments == "modulus":
                memory = memory.real
            found.update({name: memory})
        return found

    @property
    def velocity(self) -> Vector:
        """Velocity v (D,) of mechanics that have one, at the time of W.

        Within `states` written to or assigned, it is the run's from here on; an observable has a
        copy.
        """
        memory = self._velocity_memory()
        v = self.mechanics.velocity(memory, lambda: self.force, self.age)
        if self._refit is not None:
            self._velocity = v, v.copy()
        return v

    @velocity.setter
    def velocity(self, given: ArrayLike) -> None:
        self._refuse_onlookers("velocity")
        _write("state.velocity", self.velocity, given)

    def take_up(self) -> None:
        """Let the run remember the velocity as a script has left it."""
        if self._velocity is None:
            return
        (v, before), self._velocity = self._velocity, None
        if not np.array_equal(v, before, equal_nan=True):
            memory = self._velocity_memory()
            memory[:] = self.mechanics.remembered(v, lambda: self.force, self.age)
            self._velocity = v, v.copy()

    def _velocity_memory(self):
        memories = self.memories
        if "velocity" not in memories:
            raise FlownetError(f"{self.mechanics!r} remembers no velocity; Newton's mechanics do.")
        return memories["velocity"]

    def _refuse_onlookers(self, name):
        if self._refit is None:
            raise FlownetError(
                f"state.{name} is set by an observable, which only looks on: flownet.states gives "
                "states that a script may change."
            )

    def __repr__(self):
        return f"State: iteration {self.iteration}, time {self.time:g}, {self.W.size} parameters"


class _InTheMaking:
    """In place of the metric of a state of which a stiffness is read."""

    def at_step(self, state):
        """Refused."""
        raise FlownetError(
            "a stiffness of the state makes state.metric, and cannot look at it, nor at what is "
            "seen in it, such as state.force: state.potential.differential(state.W) gives dL."
        )


class _Memories(dict):
    """Arrays by name; one that is assigned is written to."""

    def __setitem__(self, name, given):
        if name not in self:
            raise FlownetError(unknown("memory", name, list(self)))
        _write(f"state.memories[{name!r}]", self[name], given)


def _write(name, own, given):
    """Write numbers into an array of the run; None of them may be of another shape or kind."""
    given = array(name, given)
    if given.shape not in ((), own.shape):
        raise FlownetError(f"{name} has shape {given.shape}; the run's is {own.shape}.")
    if given.dtype.kind not in ("biufc" if own.dtype.kind == "c" else "biuf"):
        raise FlownetError(f"{name} holds {given.dtype}; the run's numbers are {own.dtype}.")
    if not np.isfinite(given).all():
        raise FlownetError(f"{name} has to be finite numbers.")
    own[...] = given


def one_row(W, count=1):
    """Tape of `count` steps whose rows nobody keeps."""
    integers, floats = (lambda: np.zeros(count, np.int64)), (lambda: np.zeros(count))
    return Tape(
        _NEVER,
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
