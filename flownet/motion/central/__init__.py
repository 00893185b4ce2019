"""Central flows of mechanics: the middle line of runs that oscillate at the edge of stability."""

from ._central_flow import central_flow
from ._result import CentralFlow

__all__ = ["CentralFlow", "central_flow"]
