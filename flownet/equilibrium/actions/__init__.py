"""Systems whose action is stationary: paths between two ends, and orbits that come back."""

from ._echo import Echo
from ._mechanical import Mechanical
from ._neural import NeuralForce
from ._oscillators import Oscillators
from ._path import LeastAction
from ._verlet import Verlet

__all__ = ["Echo", "LeastAction", "Mechanical", "NeuralForce", "Oscillators", "Verlet"]
