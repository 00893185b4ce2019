"""Policies of many numbers: piecewise constant ones, arrays, and several policies in a row."""

from __future__ import annotations

import math
from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError, shown
from ..._registry import kind
from .. import _check
from ._policy import Composed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..._types import Count, NotNegative, Positive, Step, Vector
    from ...model.potential import AnyPotential


@kind("step policy", "piecewise")
class Piecewise(Composed):
    """Piecewise constant steps: steps[0] at first, steps[i] from iteration at[i−1] on.

    Parameters
    ----------
    steps : sequence of float
        One more than there are changes.
    at : sequence of int
        Iterations of the changes, ascending and above 0.

    Raises
    ------
    FlownetError
        Unless the changes ascend and there is one step more than changes.
    """

    of_time = True

    def __init__(self, steps: Sequence[Positive], at: Sequence[Count]) -> None:
        self.sizes = [_check.positive("a step", step) for step in _listed("steps", steps)]
        self.changes = _ascending(at)
        if len(self.sizes) != len(self.changes) + 1:
            raise FlownetError(
                f"{len(self.sizes)} steps and {len(self.changes)} changes between them; there has "
                "to be one step more."
            )

    def at(self, iteration: int) -> float:
        """The step at an iteration."""
        return self.sizes[bisect_right(self.changes, iteration)]

    def parameters(self) -> dict[str, Any]:
        """What makes this policy again."""
        return {"steps": self.sizes, "at": self.changes}


@kind("step policy", "table")
class Tabulated(Composed):
    """An array of steps, one for each iteration; what a list or an array of numbers means.

    A run of more steps is refused. The array is kept whole in the run's file.

    Parameters
    ----------
    values : array (N,)
        Numbers from 0 up.

    Raises
    ------
    FlownetError
        For what is no such array.
    """

    def __init__(self, values: Sequence[NotNegative] | Vector) -> None:
        try:
            self.values = np.array(values, np.float64)
        except (TypeError, ValueError, OverflowError):
            self.values = np.zeros(0)
        wrong = ~(np.isfinite(self.values) & (self.values >= 0))
        if self.values.ndim != 1 or not self.values.size or wrong.any():
            raise FlownetError(
                f"an array of steps is {shown(values)}; it has to hold one number from 0 up for "
                "each iteration."
            )

    def at(self, iteration: int) -> float:
        """The step at an iteration; the last one has no successor."""
        if iteration >= len(self.values):
            raise FlownetError(
                f"{self!r} has no step for iteration {iteration}; it holds {len(self.values)}."
            )
        return float(self.values[iteration])

    def steps(self, first: int, count: int) -> Vector:
        """A part of the array."""
        self.at(first + count - 1)
        return self.values[first : first + count].copy()

    @property
    def last(self) -> int | None:
        """That of its last number."""
        return len(self.values) - 1

    def check(self, potential: AnyPotential, steps: int | None) -> None:
        """Refuse a run that is longer than the array."""
        if steps is None or steps > len(self.values):
            raise FlownetError(
                f"the array of steps holds {len(self.values)}, and the run "
                + ("has no end: name its steps." if steps is None else f"takes {steps}.")
            )

    def __repr__(self):
        return f"an array of {len(self.values)} steps from {self.values[0]:g} to " + (
            f"{self.values[-1]:g}"
        )


@kind("step policy", "chain")
class Chain(Composed):
    """Policies one after another, each counting from its own beginning: warm-up, then cosine.

    `Warmup(0.5, 100).then(Cosine(0.5, 900))` makes one.

    Parameters
    ----------
    parts : sequence of float, str or policy
        What a step may be, each.
    at : sequence of int
        Iterations at which the second and the later parts begin, ascending and above 0.

    Raises
    ------
    FlownetError
        Unless the iterations ascend and there is one part more.
    """

    def __init__(self, parts: Sequence[Step], at: Sequence[Count]) -> None:
        from ._policy_of import policy_of  # which knows of chains, too

        self.parts = [policy_of(part) for part in _listed("parts", parts)]
        self.changes = _ascending(at)
        if len(self.parts) != len(self.changes) + 1:
            raise FlownetError(
                f"a chain of {len(self.parts)} parts has {len(self.changes)} changes; there has to "
                "be one part more."
            )
        losses = {part.of_loss for part in self.parts}
        self.of_loss = losses == {True}
        self.of_jet = any(part.of_jet for part in self.parts) or len(losses) > 1
        self.of_time = all(part.of_time for part in self.parts)
        self.of_state = any(part.of_state for part in self.parts)

    def _part(self, iteration):
        """The part of an iteration, and where it begins."""
        i = bisect_right(self.changes, iteration)
        return self.parts[i], [0, *self.changes][i]

    def at(self, iteration: int) -> float:
        """The step at an iteration."""
        part, begin = self._part(iteration)
        return part.at(iteration - begin)

    def steps_from(self, first: int, count: int, time: float) -> Vector:
        """Steps of `count` iterations from `first` on (count,), the first of them at a time."""
        found: list[Any] = []
        while len(found) < count:
            k = first + len(found)
            part, begin = self._part(k)
            left = next((end for end in self.changes if end > k), math.inf) - k
            more = part.steps_from(k - begin, int(min(left, count - len(found))), time)
            found.extend(more)
            time = float(np.add.accumulate([time, *more])[-1])
        return np.array(found, np.float64)

    def numbers(self, first: int, times: Vector) -> Vector:
        """Numbers of iterations from `first` on, at their times (count,)."""
        return np.array(
            [
                part.numbers(first + i - begin, times[i : i + 1])[0]
                for i in range(len(times))
                for part, begin in [self._part(first + i)]
            ]
        )

    def choose(self, iteration, potential, W, V, loss):
        """That of the part whose turn it is."""
        part, begin = self._part(iteration)
        return part.choose(iteration - begin, potential, W, V, loss)

    def of(self, state: Any, iteration: int) -> float:
        """That of the part whose turn it is."""
        part, begin = self._part(iteration)
        return part.of(state, iteration - begin)

    def check(self, potential: AnyPotential, steps: int | None) -> None:
        """What each part refuses of the steps that are its own."""
        for part, begin, end in zip(self.parts, [0, *self.changes], [*self.changes, math.inf]):
            if steps is None or steps > begin:
                own = None if steps is None and end == math.inf else min(end, steps or end) - begin
                part.check(potential, own)

    def then(self, policy: Step, at: int | None = None) -> Chain:
        """This chain and one more part, from an iteration on."""
        begin, last = super().then(policy, at).changes[0], policy
        return Chain([*self.parts, last], [*self.changes, begin])

    @property
    def ends(self) -> int | None:
        """Iteration at which the last part has done its work, if it says so."""
        last = self.parts[-1].ends
        return None if last is None else [0, *self.changes][-1] + last

    @property
    def last(self) -> int | None:
        """That of its last part."""
        last = self.parts[-1].last
        return None if last is None else self.changes[-1] + last

    def parameters(self) -> dict[str, Any]:
        """What makes this policy again."""
        return {"parts": [part.plain for part in self.parts], "at": self.changes}

    def __repr__(self):
        return f"Chain({self.parts!r}, at={self.changes})"


def _listed(name, given):
    """A list of what is given as a sequence."""
    if isinstance(given, str) or not np.iterable(given):
        raise FlownetError(f"{name} is {shown(given)}; it has to be a list.")
    return list(given)


def _ascending(at):
    changes = [_check.whole("at", k, 1) for k in _listed("at", at)]
    if any(a >= b for a, b in pairwise(changes)):
        raise FlownetError(f"at is {shown(at)}; the iterations have to ascend.")
    return changes
