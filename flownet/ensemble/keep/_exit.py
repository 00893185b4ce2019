"""The exit of each member: which minimum it comes to."""

import numpy as np

from ..._errors import FlownetError
from ...linearization.exits import compare_minima, minimum
from .._verdict import DIVERGED
from ._kept import Column, Following, Kept

_LOSS_RTOL = 1e-6  # minima whose losses differ by more are not the same


class Exit(Kept):
    """The minimum that the flow from a member's last W comes to, numbered over all members.

    Minima are the same where symmetries of hidden units map one to the other (`compare_minima`);
    the number counts them in the order of the members. Members that diverged, and those from whose
    ends no flow comes to a minimum, have none.
    """

    name = "exit"

    def columns(self, plan):
        """The minimum, its loss, and its number, which is known at the very end."""
        if len(plan.families()) > 1:
            raise FlownetError("keep 'exit' compares minima of one potential; an axis changes it.")
        ((D, dtype, _),) = plan.shapes()
        return [
            Column("exit", (), np.int64, filled=-1, late=True),
            Column("exit_loss", (), np.float64),
            Column("exit_parameters", (D,), dtype, ("parameter",)),
        ]

    def follow(self, plan, course):
        """What follows the members of a course."""
        return _FollowedExit(self.columns(plan), course)

    def conclude(self, rows):
        """Number the minima of all members."""
        losses = rows.array("exit_loss").reshape(-1)
        ends = rows.array("exit_parameters").reshape(len(losses), -1)
        family, metric = rows.plan.family_of(0), rows.plan.start(0).metric
        number, known = np.full(len(losses), -1), []
        for r in np.flatnonzero(np.isfinite(losses)):
            for i, other in known:
                near = abs(losses[r] - losses[other]) <= _LOSS_RTOL * (1 + abs(losses[other]))
                if (
                    near
                    and compare_minima(family.potential, ends[other], ends[r], metric=metric).same
                ):
                    number[r] = i
                    break
            else:
                number[r] = len(known)
                known.append((len(known), r))
        return {"exit": number}


class _FollowedExit(Following):
    def end(self):
        """Follow the flow from where each member that stayed bounded has ended."""
        course = self.course
        for r in np.flatnonzero(course.verdict != DIVERGED):
            try:
                point = minimum(
                    course.family.potential,
                    course.loop.W[r],
                    metric=course.starts[r].metric,
                    progress=False,
                )
            except FlownetError:  # there is none at a finite distance
                continue
            if point.kind != "not reached":
                self.rows["exit_loss"][r] = point.loss
                self.rows["exit_parameters"][r] = point.W
        return self.rows
