"""Physical systems at a temperature: the covector is a covariance."""

from ._discrete import Discrete
from ._ising import Ising
from ._thermal import Thermal

__all__ = ["Discrete", "Ising", "Thermal"]
