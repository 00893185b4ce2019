"""Many runs at once: in the lanes of one kernel, or one member a thread."""

from ._block import Block
from ._lanes import MembersLoop, has_lanes, in_lanes
from ._rules import metric_form, moving_form
from ._shared import Shared
from ._threads import SinglesLoop

__all__ = [
    "Block",
    "MembersLoop",
    "Shared",
    "SinglesLoop",
    "has_lanes",
    "in_lanes",
    "metric_form",
    "moving_form",
]
