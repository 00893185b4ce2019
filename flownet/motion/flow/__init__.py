"""The continuous flow and the fields that explain finite runs, integrated under error control."""

from ._central import Central, Oscillation
from ._flow import flow, resume_flow
from ._geodesic import Geodesic, geodesic
from ._integrate import STUCK, Integration, integrate
from ._modified import Modified
from ._principal import Principal
from ._system import System

__all__ = [
    "STUCK",
    "Central",
    "Geodesic",
    "Integration",
    "Modified",
    "Oscillation",
    "Principal",
    "System",
    "flow",
    "geodesic",
    "integrate",
    "resume_flow",
]
