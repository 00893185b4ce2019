"""What one keeps of each member: the columns it fills, and when it looks."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..._errors import FlownetError, shown

#: a number, or an array of `shape`, that is kept of each member; `dims` names its dimensions and
#: `coordinates` gives the values along them; `filled` stands where there is nothing; `words` say
#: what its whole numbers mean. It is of all members, or of those of one shape, `members`; one that
#: is `late` is known when every member is done
Column = namedtuple(
    "Column",
    "name shape dtype dims coordinates filled words members late",
    defaults=((), {}, np.nan, (), None, False),
)


class Kept:
    """A quantity that is kept of each member.

    Attributes
    ----------
    name : str
    every_loss : bool
        Whether what follows the members wants to `see` the loss of every step.
    """

    name: str
    every_loss = False

    def columns(self, plan: Any) -> list[Column]:
        """Its columns in a sweep."""
        raise NotImplementedError

    def at(self, steps: int) -> Sequence[int]:
        """Iterations at which it looks, of a run of so many steps."""
        return ()

    def follow(self, plan: Any, course: Any) -> Following:
        """What follows the members of a course."""
        raise NotImplementedError

    def table(self) -> Any:
        """Its options, as files say them."""
        return True

    def conclude(self, rows: Any) -> dict[str, Any]:
        """Columns (R, …) that are known once every member is done."""
        return {}


class Following:
    """Rows (n, …) of the members of a course, filled as they go."""

    def __init__(self, columns: list[Column], course: Any, at: Sequence[int] = ()) -> None:
        n = len(course.starts)
        self.course = course
        self.rows = {c.name: np.full((n, *c.shape), c.filled, c.dtype) for c in columns}
        self.place = {k: i for i, k in enumerate(at)}

    def look(self, k: int, members: Sequence[int]) -> None:
        """See the states of members at an iteration."""

    def see(self, first: int, loss: Any) -> None:
        """See losses (n, count) of the steps from an iteration on."""

    def end(self) -> dict[str, Any]:
        """The rows, by name."""
        return self.rows


class Times:
    """Every n-th iteration, or those of a list; by default the last one alone."""

    def __init__(self, name: str, given: Any, otherwise: Any = None) -> None:
        given = otherwise if given is None or given is True else given
        self.every: int | None = None
        self.listed: list[int] | None = None
        if given is None:
            return
        if isinstance(given, (int, np.integer)) and not isinstance(given, bool) and given > 0:
            self.every = int(given)
            return
        try:
            self.listed = sorted({int(k) for k in given})
        except (TypeError, ValueError, OverflowError):
            self.listed = [-1]
        if min(self.listed, default=-1) < 0:
            raise FlownetError(
                f"keep {name!r}: {shown(given)} is neither an interval, as 10, nor a list of "
                "iterations, as [0, 100]."
            )

    def of(self, steps: int) -> list[int]:
        """Iterations of a run of so many steps."""
        if self.every is not None:
            return list(range(0, steps + 1, self.every))
        return [steps] if self.listed is None else [k for k in self.listed if k <= steps]

    @property
    def plain(self) -> Any:
        """As files say it."""
        return self.every or self.listed or True


class Timed(Kept):
    """A quantity that looks at chosen iterations.

    Attributes
    ----------
    otherwise : int, list of int or None
        When it looks unless it is told.
    of_steps : bool
        Whether it looks at the steps from there, of which the last iteration has none.
    following : type
        What follows the members of a course.
    """

    otherwise: Any = None
    of_steps = False
    following: type = Following

    def __init__(self, times: Any = None) -> None:
        self.times = Times(self.name, times, self.otherwise)

    def iterations(self, steps: int) -> list[int]:
        """Those that it keeps something of, in a run of so many steps."""
        return [k for k in self.times.of(steps) if k < steps or not self.of_steps]

    def at(self, steps: int) -> Sequence[int]:
        """Iterations at which it looks: all of them."""
        return self.iterations(steps)

    def along(self, plan: Any) -> np.ndarray:
        """The iterations (T,) of the members that take most steps: a coordinate."""
        return np.array(self.iterations(plan.longest), np.int64)

    def table(self) -> Any:
        """Its iterations."""
        return self.times.plain

    def follow(self, plan: Any, course: Any) -> Following:
        """What follows the members of a course."""
        return self.following(self.columns(plan), course, self.iterations(course.steps))
