"""What steps of each member promised and delivered, term by term."""

import numpy as np

from ...linearization.breakdown import breakdown
from ._kept import Column, Following, Timed

#: a number of `Breakdown` each
_TERMS = {
    "linear": lambda b: b.linear,
    "second": lambda b: b.second,
    "third": lambda b: b.third,
    "actual": lambda b: b.actual,
    "second_self": lambda b: b.second_self,
    "second_pairs": lambda b: b.second_pairs,
    "critical_step": lambda b: b.critical_step,
}


class _FollowedSteps(Following):
    def look(self, k, members):
        """Break down the step that each of these members takes now."""
        if k not in self.place:
            return
        for r, (potential, W, delta, metric) in self.course.steps_from(members):
            found = breakdown(potential, W, displacement=delta, metric=metric)
            for name, term in _TERMS.items():
                self.rows[f"breakdown_{name}"][r, self.place[k]] = term(found)


class Broken(Timed):
    """The breakdown of steps, each the displacement that a member took; the first by default."""

    name, otherwise, of_steps, following = "breakdown", [0], True, _FollowedSteps

    def columns(self, plan):
        """A number a term and iteration."""
        at, dim = self.along(plan), "breakdown_iteration"
        return [Column(f"breakdown_{n}", at.shape, np.float64, (dim,), {dim: at}) for n in _TERMS]
