"""How a finite run leaves its flow: distances, curves, curl, action."""

from ._action_gap import ActionGap, action_gap, straight_gap
from ._curl import Curl, curl
from ._curves import curve_distance
from ._departure import Departure
from ._file import store_departure
from ._measure import departure
from ._of_flow import FlowDeparture
from ._of_steps import StepDepartures
from ._power import Power, departure_power
from ._rod import Rod, rod

__all__ = [
    "ActionGap",
    "Curl",
    "Departure",
    "FlowDeparture",
    "Power",
    "Rod",
    "StepDepartures",
    "action_gap",
    "curl",
    "curve_distance",
    "departure",
    "departure_power",
    "rod",
    "store_departure",
    "straight_gap",
]
