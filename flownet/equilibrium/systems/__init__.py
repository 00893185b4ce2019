"""Physical systems, ready to learn."""

from ._hopfield import Hopfield
from ._resistive import Resistive

__all__ = ["Hopfield", "Resistive"]
