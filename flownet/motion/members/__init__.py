"""Many runs at once: in the lanes of one kernel, or one member a thread."""

from ._lanes import MembersLoop, fit_lanes, has_lanes, in_lanes, rule_of, structure
from ._threads import SinglesLoop

__all__ = [
    "MembersLoop",
    "SinglesLoop",
    "fit_lanes",
    "has_lanes",
    "in_lanes",
    "rule_of",
    "structure",
]
