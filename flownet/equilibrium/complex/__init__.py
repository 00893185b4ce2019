"""Physical systems whose states and parameters are complex numbers."""

from ._energy import ComplexEnergy
from ._hopfield import ComplexHopfield

__all__ = ["ComplexEnergy", "ComplexHopfield"]
