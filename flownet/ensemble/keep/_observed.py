"""An observable of each member, at chosen iterations."""

from collections.abc import Mapping

import numpy as np

from ..._errors import FlownetError
from ...motion.observe import as_observable
from ._kept import Column, Following, Timed

FUNCTION = "function"  # the kind of what no file can say


class Forgotten:
    """A function that was kept of members, and that the file of the sweep only names."""

    def __init__(self, name):
        self._name = name

    def __call__(self, state):
        """Refuse to say what only its user knows."""
        raise FlownetError(
            f"keep {self._name!r} is a function of yours; pass it on again: "
            f"resume(functions={{{self._name!r}: function}})."
        )


def _read(observable, state, memory):
    """An observable's value; one with a memory is asked with that too."""
    return np.asarray(observable(state, *([] if memory is None else [memory])), np.float64)


class _FollowedObservable(Following):
    def __init__(self, columns, course, kept):
        super().__init__(columns, course, kept.at(course.steps))
        self._once, self._rows = not columns[0].coordinates, self.rows[kept.name]
        self._observables = [kept.of(course.family, of.metric) for of in course.starts]
        pairs = zip(self._observables, course.starts)
        self._memories = [observable.memory(of.W) for observable, of in pairs]

    def look(self, k, members):
        """Ask of each of these members."""
        if k not in self.place:
            return
        for r in members:
            value = _read(self._observables[r], self.course.state(r), self._memories[r])
            self._rows[r if self._once else (r, self.place[k])] = value


class Observed(Timed):
    """An observable: the library's by its table, as in an experiment's `[observe]`, or a function.

    Parameters
    ----------
    name : str
    times : int, list of int or None
        Every n-th iteration, those of a list, or the last one.
    what : dict, Observable, potential or function of the state
    """

    def __init__(self, name, times, what):
        self.name, self._what = name, what
        super().__init__(times)
        self._shape = None

    def columns(self, plan):
        """What a look at the first member gives, at each iteration."""
        if self._shape is None:
            course = plan.first_course()
            observable = self.of(course.family, course.starts[0].metric)
            memory = observable.memory(course.starts[0].W)
            self._shape = _read(observable, course.state(0), memory).shape
        at = self.along(plan)
        dims = tuple(f"{self.name}_{i}" for i in range(len(self._shape)))
        if self.times.plain is True:
            return [Column(self.name, self._shape, np.float64, dims)]
        along = f"{self.name}_iteration"
        shape, dims = (len(at), *self._shape), (along, *dims)
        return [Column(self.name, shape, np.float64, dims, {along: at})]

    def table(self):
        """Its iterations and what it is; a function is a program."""
        own = self._what
        return {
            "at": self.times.plain,
            **(own if isinstance(own, Mapping) else {"kind": FUNCTION, "text": repr(own)}),
        }

    def of(self, family, metric):
        """The observable of one of a family's members."""
        if isinstance(self._what, Mapping):
            return family.observed(self._what, self.name, metric)
        return as_observable(self._what, f"keep {self.name!r}")

    def follow(self, plan, course):
        """What follows the members of a course."""
        return _FollowedObservable(self.columns(plan), course, self)
