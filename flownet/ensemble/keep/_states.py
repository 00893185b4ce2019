"""Parameters of each member: those at the end, or all along the way."""

from ._kept import Column, Following, Kept, Timed


def columns_of_shapes(plan, name, outer=(), coordinates=None):
    """Columns of D numbers each: one, or one for each number of parameters there is.

    `outer` are dimensions (name, length) before that of the parameters.
    """
    shapes, found = plan.shapes(), []
    for D, dtype, members in shapes:
        own = f"_{D}" if len(shapes) > 1 else ""
        dims = (*(dim for dim, _ in outer), f"parameter{own}")
        shape = (*(length for _, length in outer), D)
        of = members if own else None
        column = Column(name + own, shape, dtype, dims, coordinates or {}, members=of)
        found.append(column)
    return found


class _FollowedStates(Following):
    """Of the columns of all shapes that of the course's own."""

    def __init__(self, columns, course, at=()):
        D = course.loop.W.shape[1]
        super().__init__([c for c in columns if c.shape[-1] == D], course, at)
        (self.own,) = self.rows.values()


class Parameters(Kept):
    """W at the end; of a member that diverged its last finite one."""

    name = "parameters"

    def columns(self, plan):
        """D numbers."""
        return columns_of_shapes(plan, self.name)

    def follow(self, plan, course):
        """What follows the members of a course."""
        return _FollowedEnd(self.columns(plan), course)


class _FollowedEnd(_FollowedStates):
    def end(self):
        """The rows."""
        self.own[:] = self.course.loop.W
        return self.rows


class _FollowedPath(_FollowedStates):
    def look(self, k, members):
        """Keep W of these members."""
        if k in self.place:
            self.own[members, self.place[k]] = self.course.loop.W[members]


class Path(Timed):
    """W at every n-th iteration, up to where a member left."""

    name, otherwise, following = "trajectory", 1, _FollowedPath

    def columns(self, plan):
        """D numbers an iteration."""
        at, dim = self.along(plan), "trajectory_iteration"
        return columns_of_shapes(plan, self.name, [(dim, len(at))], {dim: at})
