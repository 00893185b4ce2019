"""What a finite step broke: promise and delivery, term by term."""

from ._breakdown import breakdown, kept, store
from ._curl import Curl, curl
from ._rod import Rod, rod
from ._series import Breakdowns
from ._terms import Breakdown

__all__ = ["Breakdown", "Breakdowns", "Curl", "Rod", "breakdown", "curl", "kept", "rod", "store"]
