"""One finite step, or a recorded run, term by term."""

from ._breakdown import breakdown, kept, store
from ._series import Breakdowns
from ._terms import Breakdown
from ._verdict import Verdict

__all__ = ["Breakdown", "Breakdowns", "Verdict", "breakdown", "kept", "store"]
