"""Step policies: how long each finite step is.

A step is a function of the iteration and of the state alone, never of the steps before it: a run
that is resumed takes the same steps, bit for bit.
"""

from __future__ import annotations

import math
from inspect import signature
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError, shown
from ..._registry import Named, describe, is_named, kind, program
from .. import _check

if TYPE_CHECKING:
    from ..._types import Positive, Step, Vector
    from ...model.potential import AnyPotential
    from ..loops import State
    from ._composed import Chain

_SLACK = 25  # from the step on a parabola that touches 0 to the longest one without `most`


class StepPolicy(Named):
    """What every step policy offers; one has to have `at(iteration)`, or else `choose`.

    A policy with a `kind`, whose numbers are its attributes, has a text too: "kind:number:…".

    Attributes
    ----------
    of_loss : bool
        Whether `at(iteration)` counts in units of the loss.
    of_jet : bool
        Whether the step is read off the potential, by `choose`: such runs go step by step in
        Python.
    of_state : bool
        Whether the step is read off the run's `State`, by `of`: such runs go one step a call.
    of_time : bool
        Whether `at` has a number between two iterations too, and can be read at a time.
    ends : int or None
        Number of steps in which it has done its work, if there is one.
    kind : str or None
        Its name in texts and files.
    """

    of_loss = of_jet = of_state = of_time = False

    @property
    def ends(self) -> int | None:
        """Number of steps in which it has done its work, if there is one."""
        return None

    @property
    def last(self) -> int | None:
        """The last iteration that it has a number for, of one that does not go on for ever."""
        return None

    def __init_subclass__(cls, **words: Any) -> None:
        """What a class says anew is what its runs follow, whatever the class above it says."""
        super().__init_subclass__(**words)
        own = vars(cls)
        if "at" in own and "steps" not in own:
            cls.steps = StepPolicy.steps  # type: ignore[method-assign]
        if "choose" in own and "of_jet" not in own:
            cls.of_jet = True

    def at(self, iteration: int) -> float:
        """Step at an iteration, a float above 0."""
        raise NotImplementedError

    def steps(self, first: int, count: int) -> Vector:
        """`at` of `count` iterations from `first` on (count,)."""
        return np.fromiter(map(self.at, range(first, first + count)), np.float64, count)

    def steps_from(self, first: int, count: int, time: float) -> Vector:
        """`steps` whose first is taken at a time, for policies that know the time."""
        return self.steps(first, count)

    def numbers(self, first: int, times: Vector) -> Vector:
        """`at` of iterations from `first` on, whose times (count,) are known."""
        return self.steps(first, len(times))

    def of(self, state: State, iteration: int) -> float:
        """Step from a state, so many iterations after the beginning of its mechanics."""
        return self.at(iteration)

    def then(self, policy: Step, at: int | None = None) -> Chain:
        """This policy, and another one from iteration `at` on; by default after its own steps.

        The other counts from its own beginning.
        """
        from ._composed import Chain  # whose parts are policies

        at = self.ends if at is None else at
        if at is None:
            raise FlownetError(f"{self!r} has no end of its own: say where, then(policy, at=…).")
        return Chain([self, policy], [at])

    def choose(
        self, iteration: int, potential: AnyPotential, W: Vector, V: Vector, loss: float
    ) -> float:
        """Step from parameters W (D,) along V = −g^♯dL (D,), where the loss is L."""
        return self.at(iteration) * loss if self.of_loss else self.at(iteration)

    def check(self, potential: AnyPotential, steps: int | None) -> None:
        """Refuse a potential or a number of steps (None: no end) that the policy cannot serve."""

    def parameters(self) -> dict[str, Any]:
        """What makes this policy again."""
        return {name: value for name, value in vars(self).items() if value is not None}

    @property
    def plain(self) -> Any:
        """The policy as experiment files write it: a number, a text "linear:0.1", or a table.

        Of a class that no file can name a program.
        """
        return str(self) if is_named(self) else program(self)

    def __str__(self):
        if self.kind is None:
            return repr(self)
        wanted, mine = signature(type(self)).parameters, self.parameters()
        given = [name for name in mine if mine[name] != wanted[name].default]
        numbers = list(mine.values())[: 1 + list(mine).index(given[-1])] if given else []
        return ":".join([self.kind, *map(_short, numbers)])

    def __repr__(self):
        words = ", ".join(f"{name}={_short(value)}" for name, value in self.parameters().items())
        return f"{type(self).__name__}({words})"


class Composed(StepPolicy):
    """A policy of more than a few numbers: a table in files, and no text."""

    @property
    def plain(self) -> Any:
        """The policy as experiment files write it, a table."""
        return describe(self) if is_named(self) else program(self)

    def __str__(self):
        return repr(self)


@kind("step policy", "constant")
class Constant(StepPolicy):
    """Constant learning rate: every step the same; what a number means.

    Parameters
    ----------
    step : float
        η δt, in units of the flow's time (TM 39).
    """

    of_time = True

    def __init__(self, step: Positive) -> None:
        self.step = _check.positive("step", step)

    def at(self, iteration: int) -> float:
        """The step."""
        return self.step

    def steps(self, first: int, count: int) -> Vector:
        """The step, `count` times."""
        return np.full(count, self.step)

    @property
    def plain(self) -> Any:
        """The number."""
        return self.step


@kind("step policy", "linear")
class Linearity(StepPolicy):
    """As long as second order stays a given fraction of first: h = fraction·|c₁|/|c₂|.

    c are the Taylor coefficients of s ↦ L(W + sV) along V = −g^♯dL, on the potential of the step's
    batch: first order is c₁h, what the linearization promises, and second order c₂h² (TM §3.6).
    A fraction of 1 is the critical step.

    Where c₂ passes through 0 this h has no bound. By default none is longer than
    100·fraction·L/|c₁|, 25 times the step on the parabola of this loss and slope that touches 0;
    on a quadratic potential h stays at or below that parabola's own. `most` sets another bound in
    its place. A bounded step has less second order than its fraction, never more. Where dL = 0 the
    step is 0 and the run stands still.

    Such a run goes step by step in Python, with one jet for each step: several times the work of
    a run of constant steps.

    Parameters
    ----------
    fraction : float
        |second order| / |first order|.
    most : float, optional
        Longest step. A potential that subtracts a term needs it: without losses from 0 up there
        is no default.

    Raises
    ------
    FlownetError
        For numbers that are not above 0.
    """

    of_jet = True

    def __init__(self, fraction: Positive, most: Positive | None = None) -> None:
        self.fraction = _check.positive("fraction", fraction)
        self.most = None if most is None else _check.positive("most", most)

    def choose(
        self, iteration: int, potential: AnyPotential, W: Vector, V: Vector, loss: float
    ) -> float:
        """Step h with |c₂|h² = fraction·|c₁|h, or the longest one."""
        if not V.any():
            return 0.0
        _, exponent = math.frexp(np.abs(V).max())  # V by a power of 2: no square underflows
        _, c1, c2 = np.abs(potential.jet(W, np.ldexp(V, -exponent), 2)).astype(np.float64)
        if not np.isfinite(c1 + c2):
            return math.nan
        with np.errstate(all="ignore"):
            h, most = np.ldexp([c1 / c2, 4 * _SLACK * loss / c1 if loss > 0 else np.inf], -exponent)
            return float(np.minimum(self.fraction * h, self.most or self.fraction * most))

    def check(self, potential: AnyPotential, steps: int | None) -> None:
        """Refuse a potential without jets, and one whose loss gives no bound where none is set."""
        if not potential.offers("jet"):
            raise FlownetError(
                f"step {str(self)!r} wants a potential with jet(W, V, order) -> c; "
                f"a {potential.name} offers none."
            )
        if self.most is None and any(scale < 0 for scale, _ in potential.atoms()):
            raise FlownetError(
                f"step {str(self)!r} on a potential that subtracts a term, whose "
                f"loss may fall below 0: name the longest step, '{self}:MOST'."
            )


@kind("step policy", "loss")
class LossRate(StepPolicy):
    """η(t) = factor·L(t): the step in units of the loss, which makes the flow that of ½L² (TM 22).

    Below 0 the step is negative: ½L² is least at L = 0.

    Parameters
    ----------
    factor : float
        δt, the step in the time of that flow.

    Raises
    ------
    FlownetError
        For a factor that is not above 0.
    """

    of_loss = True

    def __init__(self, factor: Positive = 1.0) -> None:
        self.factor = _check.positive("factor", factor)

    def at(self, iteration: int) -> float:
        """The factor."""
        return self.factor

    def steps(self, first: int, count: int) -> Vector:
        """The factor, `count` times."""
        return np.full(count, self.factor)


def refuse_to_stand_still(policy, steps):
    """Refuse a run of more steps than a policy with the floor 0 has."""
    if policy.floor == 0 and steps is not None and steps > policy.over:
        raise FlownetError(
            f"step {str(policy)!r} is 0 after {policy.over} steps, and the run has "
            f"{steps}: give a floor above 0, or fewer steps."
        )


def floor_of(floor, step):
    """A floor from 0 to the step."""
    if not (_check.is_number(floor) and 0 <= floor <= step):
        raise FlownetError(
            f"floor is {shown(floor)}; it has to be a number from 0 to the step {step:g}."
        )
    return float(floor)


def _short(number):
    """Short text of a number that gives back every bit; a whole number stays one."""
    if isinstance(number, (list, tuple)):
        return repr(number)
    if not _check.is_number(number):
        return shown(number)
    short = str(number) if isinstance(number, int) else f"{number:g}"
    return short if float(short) == number else repr(number)
