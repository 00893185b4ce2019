"""A tile: some members of one family, worked on together, here or on another machine."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..._errors import FlownetError
from ._course import Course


def run_tile(plan: Any, members: Any) -> dict[str, np.ndarray]:
    """Rows (n, …) of some members of one family, by the name of the column."""
    family, starts = plan.family_of(members[0]), _starts(plan, members)
    made: dict[str, Any] = {}
    for loop, which in family.loops(starts, plan.kernel):
        part = Course(plan, family, starts[which], loop).run()
        for name, rows in part.items():
            shape = (len(members), *rows.shape[1:])
            made.setdefault(name, np.empty(shape, rows.dtype))[which] = rows
    return made


def _starts(plan, members):
    """`Starts` of members; where one of them cannot begin it is named."""
    try:
        return plan.starts(members)
    except FlownetError:
        for member in members:
            try:
                plan.start(member)
            except FlownetError as error:
                words = (f"{key} = {value}" for key, value in plan.settings(member).items())
                raise FlownetError(f"the member {', '.join(words)}: {error}") from None
        raise


def tile_size(plan: Any, member: int) -> int:
    """Members that a first tile of a member's family has: as its device wants them."""
    family = plan.family_of(member)
    kernels, dtype = family.potential.kernels, family.potential.dtype or np.float64
    if family.lanes(plan.starts([member]), plan.kernel)[0] >= 0:
        return kernels.members_of_tile(family.potential.size, dtype)
    return kernels.lanes_of(dtype) * kernels.allowed()
