"""The continuous flow and the fields that explain finite runs, integrated under error control."""

from ._central import Central, Oscillation
from ._complementarity import complementary
from ._field import Field, as_field, is_field
from ._flow import MAX_GRADIENTS, MAX_STEPS, flow, resume_flow
from ._geodesic import Geodesic, geodesic
from ._integrate import STUCK, Integration, integrate
from ._kinked import kinked_network
from ._modified import Modified
from ._principal import Principal
from ._system import System

__all__ = [
    "MAX_GRADIENTS",
    "MAX_STEPS",
    "STUCK",
    "Central",
    "Field",
    "Geodesic",
    "Integration",
    "Modified",
    "Oscillation",
    "Principal",
    "System",
    "as_field",
    "complementary",
    "flow",
    "geodesic",
    "integrate",
    "is_field",
    "kinked_network",
    "resume_flow",
]
