"""A tile: some members of one family, worked on together, here or on another machine."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..._errors import FlownetError
from ._course import Course
from ._family import LANES


def run_tile(plan: Any, members: Any) -> dict[str, np.ndarray]:
    """Rows (n, …) of some members of one family, by the name of the column."""
    family, starts = plan.family_of(members[0]), []
    for member in members:
        try:
            starts.append(plan.start(member))
        except FlownetError as error:
            raise FlownetError(f"the member {_named(plan, member)}: {error}") from None
    made: dict[str, Any] = {}
    for loop, which in family.loops(starts, plan.kernel):
        part = Course(plan, family, [starts[i] for i in which], loop).run()
        for name, rows in part.items():
            shape = (len(members), *rows.shape[1:])
            made.setdefault(name, np.empty(shape, rows.dtype))[which] = rows
    return made


def _named(plan, member):
    """What a member's settings are, in words."""
    return ", ".join(f"{key} = {value}" for key, value in plan.settings(member).items())


def tile_size(plan: Any, member: int) -> int:
    """Members that a first tile of a member's family has: as its device wants them."""
    family = plan.family_of(member)
    kernels, dtype = family.potential.kernels, family.potential.dtype or np.float64
    if family.kernel_for(plan.start(member), plan.kernel) == LANES:
        return kernels.members_of_tile(family.potential.size, dtype)
    return kernels.lanes_of(dtype) * kernels.allowed()
