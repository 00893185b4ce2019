"""What a finite step broke: promise and delivery, term by term, and departure from the flow."""

from ._action_gap import ActionGap, action_gap
from ._breakdown import breakdown, kept, store
from ._compare import Comparison, compare_minima
from ._curl import Curl, curl
from ._curves import curve_distance
from ._departed import Departure
from ._departure import departure
from ._departure_file import store_departure
from ._departure_power import Power, departure_power
from ._exit_step import COLUMNS as EXIT_COLUMNS
from ._exit_step import ExitSteps, exit_step
from ._exits import Exits, exits
from ._flow_departure import FlowDeparture
from ._minimum import CriticalPoint, minimum
from ._rod import Rod, rod
from ._series import Breakdowns
from ._step_departure import StepDepartures
from ._terms import Breakdown

__all__ = [
    "ActionGap", "Breakdown", "Breakdowns", "Comparison", "CriticalPoint", "Curl", "Departure",
    "EXIT_COLUMNS", "ExitSteps", "Exits", "FlowDeparture", "Power", "Rod", "StepDepartures",
    "action_gap", "breakdown", "compare_minima", "curl", "curve_distance", "departure",
    "departure_power", "exit_step", "exits", "kept", "minimum", "rod", "store", "store_departure",
]
